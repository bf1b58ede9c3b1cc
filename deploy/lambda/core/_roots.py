"""Which certificate authorities count: the system's check of certificate and host name, with the few roots that AWS uses in the place of all.

Loading all of them takes longer than anything else on a cold start. A server that the few do not vouch for is checked against the system's
own, so that a change at AWS's end costs time and no outage.
"""

from __future__ import annotations

import os
import ssl

ROOTS = os.path.join(os.path.dirname(__file__), "amazon-roots.pem")  # build_layer.py puts it there
_made: list[
    tuple[ssl.SSLContext, bool]
] = []  # context, and whether it knows the few roots alone; the last one is in use


def context() -> ssl.SSLContext:
    """The one in use. Where somebody set SSL_CERT_FILE or SSL_CERT_DIR, or the file of the few is not there, the system's."""
    if not _made:
        chosen = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
        narrow = not chosen and os.path.exists(ROOTS)
        _made.append((ssl.create_default_context(cafile=ROOTS if narrow else None), narrow))
    return _made[-1][0]


def wider_than(tried: ssl.SSLContext) -> ssl.SSLContext | None:
    """The system's, from now on for every connection; None if `tried` was that."""
    current, narrow = _made[-1]
    if current is not tried:
        return current  # another thread has widened it meanwhile
    if narrow:
        _made.append((ssl.create_default_context(), False))
        return _made[-1][0]
    return None
