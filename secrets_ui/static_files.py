"""Static files under names with a hash of their content, imported modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Also rewrites imports of modules, so that a browser cannot mix two releases."""

    support_js_module_import_aggregation = True
