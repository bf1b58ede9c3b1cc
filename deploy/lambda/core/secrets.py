"""Miyabi's secrets in a Lambda function.

    from core.secrets import load_secrets_to_env, get_secret

    load_secrets_to_env(project_name="miyabi", environment="prod")  # on a cold start
    get_secret("miyabi/prod/api-keys", "GITHUB_TOKEN")

docs/lambda-loader.md describes the rest.
"""

from __future__ import annotations

import os
import threading
from time import time

from . import _names, _reading
from ._deadline import make_deadline
from ._environ import Merger
from ._errors import (
    CannotDecrypt,
    CredentialsRefused,
    InvalidInput,
    KeyNotFound,
    NoAccess,
    ScheduledForDeletion,
    SecretNotFound,
    SecretsError,
    Throttled,
    TimedOut,
    Unreachable,
    UnusableSecret,
    WrongAccount,
)
from ._held import Held, is_stale
from ._log import logger
from ._route import in_lambda

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

__all__ = [
    "CannotDecrypt",
    "CredentialsRefused",
    "InvalidInput",
    "KeyNotFound",
    "NoAccess",
    "ScheduledForDeletion",
    "SecretNotFound",
    "SecretsError",
    "Throttled",
    "TimedOut",
    "Unreachable",
    "UnusableSecret",
    "WrongAccount",
    "get_secret",
    "held_versions",
    "load_secrets_to_env",
]

_held: dict[str, Held] = {}
_lock = threading.Lock()
_merge_lock = threading.Lock()
# By the first secret's name: what set its variables, and the versions that were merged.
_merged: dict[str, tuple[Merger, list[str]]] = {}


def _renew_locks() -> None:
    """Make new locks in a forked child: whichever thread held the old ones is not in it."""
    global _lock, _merge_lock
    _lock, _merge_lock = threading.Lock(), threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_locks)


def load_secrets_to_env(
    project_name: str,
    environment: str,
    *,
    override: bool = True,
    required: Collection[str] = (),
    account_id: str | None = None,
    max_age: float | None = None,
    refresh: bool = False,
    timeout: float | None = None,
    context: Any = None,
) -> dict[str, str]:
    """Merge `{project_name}/{environment}/api-keys` and `…/config` into os.environ.

    Outside AWS Lambda it changes nothing.

    `override`: replace existing variables (True) or keep them (False). `required`: keys without
    which nothing is set. `account_id`: the account that must own the secrets. Secrets are kept once
    read; `max_age` in seconds, or `refresh`, reads them again. `timeout` is in seconds, 8 by
    default; with Lambda's `context` it is never more than the function has left.

    Returns the version id of each secret, {} outside Lambda. Raises InvalidInput before AWS is
    asked and SecretsError afterwards; os.environ is then unchanged.
    """
    names = _names.secret_names(project_name, environment)
    _names.ensure_key_names(required, "required")
    if account_id is not None:
        _names.ensure_account_id(account_id)
    if not in_lambda():
        logger().info("Not running in AWS Lambda, skipping Secrets Manager")
        return {}
    _current(names, max_age, refresh, timeout, context)
    with _merge_lock:
        # Another thread may have read newer ones meanwhile.
        secrets = [_held[name] for name in names]
        _ensure_complete(secrets, tuple(required), account_id)
        _merge(secrets, override)
    return {held.name: held.version for held in secrets}


def _merge(secrets: list[Held], override: bool) -> None:
    """Merge, once for each set of versions."""
    # Kept before anything is set: the child of a fork in mid-merge knows what was set by then.
    merger, before = _merged.setdefault(secrets[0].name, (Merger(), []))
    versions = [held.version for held in secrets]
    if before == versions:
        return
    for name in merger.merge(secrets, override=override):
        logger().warning("%s is in more than one secret; that of %s counts", name, secrets[0].name)
    _merged[secrets[0].name] = merger, versions
    logger().info(
        "Successfully loaded secrets from %s", " and ".join(held.name for held in secrets)
    )
    logger().info("Versions held: %s", ", ".join(f"{held.name} {held.version}" for held in secrets))


def _ensure_complete(
    secrets: list[Held], required: tuple[str, ...], account_id: str | None
) -> None:
    for held in secrets:
        account = held.arn.split(":")[4] if held.arn.count(":") > 4 else ""
        if account_id and account != account_id:
            raise WrongAccount(
                held.name, f"It is in {account or 'an unknown account'}, not in {account_id}"
            )
    present = {name for held in secrets for name in held.keys}
    if missing := [name for name in required if name not in present]:
        raise KeyNotFound(
            " and ".join(held.name for held in secrets), f"Missing: {', '.join(missing)}"
        )


def get_secret(
    secret_id: str,
    key: str | None = None,
    max_age: float | None = None,
    refresh: bool = False,
    timeout: float | None = None,
    context: Any = None,
) -> Any:
    """Return all keys of a secret as a dict that is read-only throughout, or one `key`'s value.

    Secrets are kept once read: see load_secrets_to_env. Raises InvalidInput and SecretsError;
    KeyNotFound if the secret has no such key.
    """
    # Without a star in the signature: keyword-only defaults are looked up one by one, which took a
    # third of this call.
    try:
        held = _held[secret_id]
        if not refresh and (max_age is None or 0.0 <= time() - held.read_at <= max_age):
            return held.keys if key is None else held.keys[key]
    except (KeyError, TypeError):  # whatever is wrong is found out, and told, below
        pass
    return _read_one(secret_id, key, max_age, refresh, timeout, context)


def _read_one(
    secret_id: str,
    key: str | None,
    max_age: float | None,
    refresh: bool,
    timeout: float | None,
    context: Any,
) -> Any:
    _names.ensure_secret_id(secret_id)
    if key is not None:
        _names.ensure_key_names([key], "key")
    [held] = _current([secret_id], max_age, refresh, timeout, context)
    if key is None:
        return held.keys
    if key not in held.keys:
        raise KeyNotFound(
            held.name, f"It has no key {key[:60]!r}; it has {', '.join(held.keys) or 'none'}"
        )
    return held.keys[key]


def held_versions() -> dict[str, str]:
    """Return the version id of each secret that this instance holds.

    The console uses it to see whether the Lambda has picked up a new version.
    """
    return {name: held.version for name, held in list(_held.items())}


def _current(
    names: list[str], max_age: float | None, refresh: bool, timeout: float | None, context: Any
) -> list[Held]:
    """Return the secrets, reading those that are absent or too old.

    One thread reads; others wait and find the result.
    """
    _names.ensure_max_age(max_age)
    deadline = make_deadline(timeout, context)
    lock = _lock
    if not lock.acquire(timeout=deadline.left()):
        raise TimedOut(
            " and ".join(names), "Another thread was still reading", code="ReadTimeoutError"
        )
    try:
        stale = [name for name in names if refresh or is_stale(_held.get(name), max_age)]
        if stale:
            fresh = refresh or any(name in _held for name in stale)
            _held.update(zip(stale, _reading.read(stale, deadline, fresh=fresh), strict=True))
        return [_held[name] for name in names]
    finally:
        lock.release()


def forget() -> None:
    """Forget all secrets, as in a new instance. os.environ stays unchanged. For tests."""
    with _lock, _merge_lock:
        _held.clear()
        _merged.clear()
