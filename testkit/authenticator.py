"""An authenticator app, as small as can be (RFC 6238)."""

import base64
import hashlib
import hmac
import re
import struct
import time


def code_of(seed: str, *, steps: int = 0) -> str:
    """The code that the app shows now, or so many half minutes from now."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def seed_on(page: str) -> str:
    """The key that the enrolment page shows."""
    found = re.search(r'<code class="key"[^>]*>([A-Z2-7]+)</code>', page)
    return found[1]


def codes_on(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r'<li><code translate="no">(\d{10})</code></li>', page)
