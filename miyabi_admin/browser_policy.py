"""What a browser may do on the console's pages: Content Security Policy and Permissions Policy."""

from collections.abc import Iterable

from csp.constants import NONE, SELF

_REFUSED_FEATURES = (
    *("camera", "display-capture", "geolocation", "microphone", "payment"),
    *("usb", "serial", "hid", "midi", "screen-wake-lock"),
)
PERMISSIONS_POLICY: dict[str, list[str]] = {feature: [] for feature in _REFUSED_FEATURES}


def content_security_policy(provider_origins: Iterable[str]) -> dict[str, object]:
    """Return django-csp's setting: everything from this origin only, and no inline scripts."""
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF],
            "style-src": [SELF],
            "img-src": [SELF],
            "connect-src": [SELF],
            # A form's redirect to the identity provider counts as its action.
            "form-action": [SELF, *provider_origins],
            "frame-ancestors": [NONE],
            "base-uri": [NONE],
            "require-trusted-types-for": ["'script'"],
            "trusted-types": [NONE],
        }
    }
