"""Static files under names with a hash of their content, imported modules included."""

from functools import lru_cache
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Also rewrites imports of modules, so that a browser cannot mix two releases."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Every page names the same few, and the manifest is read once.
        self.url = lru_cache(maxsize=100)(super().url)
