"""The AWS Parameters and Secrets Lambda Extension: a cache on localhost that Lambda runs beside the function.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
"""

from __future__ import annotations

import json
import os
from contextlib import closing

from . import _https
from ._errors import InvalidInput
from ._held import Held, held_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._deadline import Deadline

PORT_SETTING = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
PORT = 2773  # the extension's own default
# Left as they are in the query; what else a name or an ARN may hold is written as %XX.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")


def port() -> int:
    """Raises InvalidInput."""
    text = os.environ.get(PORT_SETTING) or str(PORT)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65_536):
        raise InvalidInput(f"{PORT_SETTING}: expected a port, 1 to 65535, got {text[:20]!r}.")
    return int(text)


def get_secret_value(name: str, deadline: Deadline) -> Held | None:
    """None where it does not answer with a secret: it is not ready while a function is set up, and tells AWS's errors in words of its
    own. AWS itself is asked then, and tells them better."""
    number = port()
    headers = {
        "Host": f"localhost:{number}",
        "X-Aws-Parameters-Secrets-Token": os.environ.get("AWS_SESSION_TOKEN", ""),
    }
    try:
        with closing(_https.connect("localhost", number, deadline)) as connection:
            line = f"GET /secretsmanager/get?secretId={_quoted(name)} HTTP/1.1"
            answer = _https.exchange(connection, line, headers, b"", deadline)
        told = json.loads(answer.body) if answer.status == 200 else None
    except (OSError, ValueError, RecursionError, _https.NotUnderstood):
        return None
    return held_from(name, told) if isinstance(told, dict) and "ARN" in told else None


def _quoted(name: str) -> str:
    """urllib.parse.quote without urllib.parse, which takes longer to load than the call takes."""
    return "".join(c if c in _PLAIN else f"%{ord(c):02X}" for c in name)  # names are ASCII
