"""Sets os.environ from secrets. Everything is validated first; on any error nothing is set."""

from __future__ import annotations

import json
import os

from ._errors import UnusableSecret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Any

    from ._held import Held, Keys

# Whoever may write a secret must not be able to send the function elsewhere, or let it run
# something else.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html lists what Lambda keeps
# for itself.
_RESERVED = frozenset((
    "PATH", "_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_CA_BUNDLE", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN",
    "SSLKEYLOGFILE",
))  # fmt: skip
_RESERVED_STARTS = (
    "AWS_LAMBDA", "AWS_ENDPOINT_URL", "AWS_CONTAINER", "AWS_WEB_IDENTITY", "LD_", "PYTHON",
    "SSL_CERT_", "MIYABI_SECRETS_",
)  # fmt: skip


class Merger:
    """Remembers what it set, to replace changed keys and remove deleted ones."""

    def __init__(self, environ: MutableMapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._ours: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Merger of {', '.join(self._ours) or 'nothing'}>"

    def merge(self, secrets: list[Held], *, override: bool) -> list[str]:
        """Set a variable for each key.

        For a key in two secrets the first one counts; its name is returned. With `override`,
        existing variables are replaced; otherwise they stay. Raises UnusableSecret, and then
        nothing was changed.
        """
        for held in secrets:
            ensure_fit(held)
        wanted: dict[str, Any] = {}
        for held in reversed(secrets):
            wanted.update(held.keys)
        mine = {name for name, text in self._ours.items() if self._environ.get(name) == text}
        for name in mine - set(wanted):
            del self._environ[name]
        names = [name for name in wanted if override or name in mine or name not in self._environ]
        self._ours = {name: as_text(wanted[name]) for name in names}
        self._environ.update(self._ours)
        return _in_several(secrets)


def ensure_fit(held: Held) -> None:
    """Check that every key can name a variable and every value can be its text.

    Raises UnusableSecret, which names only the key.
    """
    for name in held.keys:
        if problem := _problem(name, held.keys):
            raise UnusableSecret(held.name, f"Its key {name[:60]!r} {problem}")


def _problem(name: str, keys: Keys) -> str:
    value = keys[name]
    if not (name.isascii() and name.isidentifier()):
        return "is no name for a variable: letters, digits and underscores, and no digit first"
    if name in _RESERVED or name.startswith(_RESERVED_STARTS):
        return (
            "is a variable that Lambda, Python or AWS's tools read themselves, which no secret "
            "may set"
        )
    if value is None or isinstance(value, (dict, list)):
        kind = "null" if value is None else "an object" if isinstance(value, dict) else "a list"
        return f"holds {kind}, and a variable holds text"
    if isinstance(value, str) and ("\x00" in value or not _is_utf8(value)):
        return "holds a character that no variable can hold"
    return ""


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(value: Any) -> str:
    """Return a text unchanged, and a number or a Boolean as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _in_several(secrets: Iterable[Held]) -> list[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for held in secrets:
        twice += [name for name in held.keys if name in seen]
        seen |= set(held.keys)
    return twice
