"""Which certificate authorities are trusted.

Certificate and host name are checked as usual, but against the few roots that AWS uses: loading all
of the system's takes longer than anything else on a cold start. If the few do not vouch for a
server, the system's are used, so that a change at AWS costs time but causes no outage.
"""

from __future__ import annotations

import os
import ssl

# build_layer.py puts the file there.
ROOTS = os.path.join(os.path.dirname(__file__), "amazon-roots.pem")
# Each context, and whether it trusts the few roots only. The last one is in use.
_made: list[tuple[ssl.SSLContext, bool]] = []


def context() -> ssl.SSLContext:
    """Return the context in use.

    It is the system's if SSL_CERT_FILE or SSL_CERT_DIR is set, or if the file is missing.
    """
    if not _made:
        chosen = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
        narrow = not chosen and os.path.exists(ROOTS)
        _made.append((ssl.create_default_context(cafile=ROOTS if narrow else None), narrow))
    return _made[-1][0]


def wider_than(tried: ssl.SSLContext) -> ssl.SSLContext | None:
    """Switch all connections to the system's roots; None if `tried` used them already."""
    current, narrow = _made[-1]
    if current is not tried:
        # Another thread has switched meanwhile.
        return current
    if narrow:
        _made.append((ssl.create_default_context(), False))
        return _made[-1][0]
    return None
