"""The AWS Parameters and Secrets Lambda Extension: a cache on localhost that Lambda runs beside the
function.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
"""

from __future__ import annotations

import json
import os
from contextlib import closing

from . import _https
from ._errors import InvalidInput
from ._value import SecretValue, value_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._asked import Asked
    from ._deadline import Deadline

PORT_SETTING = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
PORT = 2773  # the extension's own default
# Left as they are in the query; what else a name or an ARN may hold is written as %XX.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")


def port() -> int:
    """Return the extension's port. Raises InvalidInput."""
    text = os.environ.get(PORT_SETTING) or str(PORT)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65_536):
        raise InvalidInput(f"{PORT_SETTING}: expected a port, 1 to 65535, got {text[:20]!r}.")
    return int(text)


def get_secret_value(asked: Asked, deadline: Deadline) -> SecretValue | None:
    """Return the secret, or None if the extension does not answer with one.

    It is not ready while a function is initialised, and rewords AWS's errors. In both cases AWS
    itself is asked next, and reports errors better.
    """
    number = port()
    headers = {
        "Host": f"localhost:{number}",
        "X-Aws-Parameters-Secrets-Token": os.environ.get("AWS_SESSION_TOKEN", ""),
    }
    try:
        with closing(_https.connect("localhost", number, deadline)) as connection:
            line = f"GET /secretsmanager/get?{_query(asked)} HTTP/1.1"
            answer = _https.exchange(connection, line, headers, b"", deadline)
        document = json.loads(answer.body) if answer.status == 200 else None
    except (OSError, ValueError, RecursionError, _https.NotUnderstood):
        return None
    return value_from(asked, document) if isinstance(document, dict) and "ARN" in document else None


def _query(asked: Asked) -> str:
    """The extension's parameters are AWS's, with a small letter first."""
    return "&".join(
        f"{name[0].lower()}{name[1:]}={_quoted(value)}" for name, value in asked.parameters.items()
    )


def _quoted(text: str) -> str:
    """Quote as urllib.parse.quote does. Loading urllib.parse takes longer than the call."""
    return "".join(chr(b) if chr(b) in _PLAIN else f"%{b:02X}" for b in text.encode())
