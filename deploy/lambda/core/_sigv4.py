"""AWS Signature Version 4 of a request to the path / without a query.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from hashlib import sha256

TYPE_CHECKING = False  # importing typing takes longer than signing
if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"


def authorization(
    headers: Mapping[str, str],
    body: bytes,
    *,
    region: str,
    service: str,
    key_id: str,
    secret_key: str,
    method: str = "POST",
) -> str:
    """Return the Authorization header. It signs all of `headers`, with Host and X-Amz-Date."""
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    signed = ";".join(name for name, _ in lines)
    canonical = "\n".join(
        [
            method,
            "/",
            "",
            *(f"{name}:{value}" for name, value in lines),
            "",
            signed,
            sha256(body).hexdigest(),
        ]
    )
    moment = dict(lines)["x-amz-date"]
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(signing_key(secret_key, scope), text).hex()
    return f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={signature}"


def signing_key(secret_key: str, scope: str) -> bytes:
    """Return the key for a scope `date/region/service/aws4_request`."""
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
