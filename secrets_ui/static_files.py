"""Static files under names that hold a hash of their content, the modules that a script imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise tells no types
    """Without this, modules would import each other by plain names, and a browser could mix two releases."""

    support_js_module_import_aggregation = True
