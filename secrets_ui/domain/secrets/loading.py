"""The one rule for what the Lambda can load: what a secret's JSON may hold to become variables.

The console imports this file, and the loader ships it in its layer (`core/_loading.py` is a
link to it), so that both give one answer in the same words. It needs the standard library
alone, and none of its slow modules: every cold start pays for what is imported here.
docs/decisions/0017-one-rule-for-loading.md says why.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

# Whoever may write a secret must not be able to send the function elsewhere, or let it run
# something else.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html lists what Lambda keeps
# for itself.
RESERVED = frozenset((
    "PATH", "_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_CA_BUNDLE", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN",
    "SSLKEYLOGFILE",
))  # fmt: skip
RESERVED_STARTS = (
    "AWS_LAMBDA", "AWS_ENDPOINT_URL", "AWS_CONTAINER", "AWS_WEB_IDENTITY", "LD_", "PYTHON",
    "SSL_CERT_", "MIYABI_SECRETS_",
)  # fmt: skip

UNFIT_NAME = "is no name for a variable: letters, digits and underscores, and no digit first"
RESERVED_NAME = (
    "is a variable that Lambda, Python or AWS's tools read themselves, which no secret may set"
)
NUL = "holds a NUL character, which no environment variable can hold"
HALF_CHARACTER = "holds half of a character (a lone surrogate), which no variable can hold"
_NO_TEXT = {"null": "null", "object": "an object", "list": "a list"}


class Number(str):
    """A number as the document spells it: 1.10 stays 1.10, whatever its size."""

    __slots__ = ()


class NotStrict(ValueError):
    """What Python's json takes and other readers do not. The text holds no value."""


def problem_of(name: str, kind: str, text: str = "") -> str:
    """Return why a key cannot be loaded, to be read after its name; "" when it can.

    `kind` is the JSON type: string, number, boolean, null, object or list. `text` is what a
    string holds.
    """
    return name_problem(name) or value_problem(kind, text)


def name_problem(name: str) -> str:
    """Return why no variable can have this name, or ""."""
    if not (name.isascii() and name.isidentifier()):
        return UNFIT_NAME
    if name in RESERVED or name.startswith(RESERVED_STARTS):
        return RESERVED_NAME
    return ""


def value_problem(kind: str, text: str = "") -> str:
    """Return why a value cannot be the text of a variable, or ""."""
    if kind in _NO_TEXT:
        return f"holds {_NO_TEXT[kind]}, and a variable holds text"
    if "\x00" in text:
        return NUL
    try:
        text.encode()
    except UnicodeEncodeError:
        return HALF_CHARACTER
    return ""


def kind_of(value: object) -> str:
    """Return the JSON type of what the decoder read."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (Number, int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "list"


def as_text(value: object) -> str:
    """Return the text of a variable: a string's own, and of all else what the document has."""
    return str(value) if isinstance(value, str) else json.dumps(value)


def make_decoder() -> json.JSONDecoder:
    """Make the decoder of documents. It raises NotStrict for a key twice, NaN and Infinity.

    RFC 8259 leaves open what a key that stands twice means, and AWS's clients differ in it.
    """
    return json.JSONDecoder(
        object_pairs_hook=_without_doubles,
        parse_constant=_refuse_constant,
        parse_float=Number,
        parse_int=Number,
    )


def key_twice(name: str) -> str:
    return f"the key {name[:100]} stands twice"


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise NotStrict(key_twice(name))
        result[name] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise NotStrict(f"{name} is not JSON")
