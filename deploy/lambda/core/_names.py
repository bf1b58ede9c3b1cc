"""Validates names before AWS is asked. Errors say which name is wrong and why."""

from __future__ import annotations

from ._errors import InvalidInput

ENVIRONMENTS = ("dev", "staging", "prod")
SECRETS = ("api-keys", "config")
# A name, or an ARN:
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
# Sets and not regular expressions: compiling those takes longer than all the checks.
_ALPHANUMERIC = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_IN_PROJECT = _ALPHANUMERIC | frozenset("-_")
_IN_ID = _IN_PROJECT | frozenset("/+=.@:")
_IN_REGION = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
# BatchGetSecretValue's own limit, kept on every way.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
MOST_AT_ONCE = 20


def secret_names(project: str, environment: str) -> list[str]:
    """Return the two secrets of an environment. Raises InvalidInput."""
    if not (
        isinstance(project, str) and 0 < len(project) <= 64 and _IN_PROJECT.issuperset(project)
    ):
        raise InvalidInput(
            "project_name: expected letters, digits, hyphens and underscores, got "
            f"{_shown(project)}."
        )
    if not isinstance(environment, str) or environment not in ENVIRONMENTS:
        raise InvalidInput(
            f"environment: expected one of {', '.join(ENVIRONMENTS)}, got "
            f"{_shown(environment)}. Nothing was loaded."
        )
    return [f"{project}/{environment}/{name}" for name in SECRETS]


def ensure_secret_id(secret_id: object) -> None:
    """Raises InvalidInput."""
    if not (
        isinstance(secret_id, str) and 0 < len(secret_id) <= 2048 and _IN_ID.issuperset(secret_id)
    ):
        raise InvalidInput(
            "secret_id: expected a secret's name or ARN (letters, digits and /_+=.@-), got "
            f"{_shown(secret_id)}."
        )
    if secret_id.startswith("arn:") and not _is_secret_arn(secret_id.split(":")):
        raise InvalidInput(
            "secret_id: expected arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, got "
            f"{_shown(secret_id)}."
        )


def _is_secret_arn(parts: list[str]) -> bool:
    """Whether it has an ARN's parts. Its Region becomes a part of a host's name."""
    return (
        len(parts) == 7
        and (parts[2], parts[5]) == ("secretsmanager", "secret")
        and 0 < len(parts[3]) <= 63
        and _IN_REGION.issuperset(parts[3])
    )


def ensure_secret_ids(secret_ids: object) -> None:
    """Raises InvalidInput. A text is refused: it would count as a collection of letters."""
    if not isinstance(secret_ids, (list, tuple)) or not 0 < len(secret_ids) <= MOST_AT_ONCE:
        raise InvalidInput(
            f"secret_ids: expected a list or tuple of 1 to {MOST_AT_ONCE} names or ARNs, got "
            f"{len(secret_ids) if isinstance(secret_ids, (list, tuple)) else _shown(secret_ids)}."
        )
    for secret_id in secret_ids:
        ensure_secret_id(secret_id)


def ensure_version(version_id: object, version_stage: object) -> None:
    """Raises InvalidInput. The lengths are those of GetSecretValue's parameters."""
    for name, given, least, most in (
        ("version_id", version_id, 32, 64),
        ("version_stage", version_stage, 1, 256),
    ):
        if given is not None and not (isinstance(given, str) and least <= len(given) <= most):
            raise InvalidInput(
                f"{name}: expected {least} to {most} characters, or None, got {_shown(given)}."
            )


def ensure_account_id(account_id: object) -> None:
    """Raises InvalidInput."""
    if not (
        isinstance(account_id, str)
        and len(account_id) == 12
        and account_id.isascii()
        and account_id.isdecimal()
    ):
        raise InvalidInput(
            "account_id: expected the 12 digits of an AWS account as text, got "
            f"{_shown(account_id)}."
        )


def ensure_max_age(max_age: object) -> None:
    """Raises InvalidInput."""
    is_number = isinstance(max_age, (int, float)) and not isinstance(max_age, bool)
    if max_age is not None and not (is_number and max_age >= 0):  # type: ignore[operator]
        raise InvalidInput(
            f"max_age: expected seconds, a number from 0, or None, got {_shown(max_age)}."
        )


def ensure_key_names(names: object, what: str) -> None:
    """Raises InvalidInput. A text is refused: it would count as a collection of letters."""
    if not isinstance(names, (list, tuple, set, frozenset)) or not all(
        isinstance(name, str) for name in names
    ):
        raise InvalidInput(
            f"{what}: expected a list, tuple or set of key names, got {_shown(names)}."
        )


def _shown(given: object) -> str:
    """Shorten a text for a message. Only the type of anything else is shown: it may be a value."""
    return repr(given[:60]) if isinstance(given, str) else type(given).__name__
