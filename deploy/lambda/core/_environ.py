"""Sets os.environ from secrets. Everything is validated first; on any error nothing is set."""

from __future__ import annotations

import os
import threading

from ._errors import KeyNotFound, UnusableSecret, WrongAccount
from ._loading import as_text, kind_of, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from ._value import SecretValue

# Held while variables are set, and over a fork: no child finds half of a merge.
lock = threading.Lock()


def _renew_lock() -> None:
    global lock
    lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(
        before=lambda: lock.acquire(),
        after_in_parent=lambda: lock.release(),
        after_in_child=_renew_lock,
    )


class Merger:
    """Remembers what it set, to replace changed keys and remove deleted ones.

    `versions` are the version ids of what is set, by secret id.
    """

    def __init__(self) -> None:
        self._set: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self.versions: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Merger of {', '.join(self._set) or 'nothing'}>"

    def merge(
        self,
        secrets: list[SecretValue],
        *,
        override: bool,
        required: Collection[str] = (),
        account_id: str | None = None,
        falls_back: bool = False,
    ) -> list[str] | UnusableSecret | None:
        """Set a variable for each key, once for each set of versions.

        For a key in two secrets the first one counts; its name is returned. Raises UnusableSecret,
        and then nothing was changed. With `falls_back` versions that cannot be set leave those
        that are: the error is returned, once. Returns None when nothing was done.
        """
        versions = {secret.name: secret.version_id for secret in secrets}
        try:
            ensure_complete(secrets, required, account_id)
            if versions == self.versions:
                return None
            for secret in secrets:
                ensure_fit(secret)
        except UnusableSecret as error:
            if not falls_back or self.versions in ({}, versions):
                raise
            is_known, self._refused = versions == self._refused, versions
            return None if is_known else error
        self._set_all(secrets, override)
        self.versions = versions
        return _in_several(secrets)

    def _set_all(self, secrets: list[SecretValue], override: bool) -> None:
        wanted: dict[str, Any] = {}
        for secret in reversed(secrets):
            wanted.update(secret.members)
        for name in [name for name in self._set if name not in wanted and self._is_ours(name)]:
            del os.environ[name], self._set[name]
        for name, value in wanted.items():
            if self._may_set(name, override):
                os.environ[name] = self._set[name] = as_text(value)

    def _may_set(self, name: str, override: bool) -> bool:
        """What was set here and changed or removed since is the application's own.

        `override` is about what was there before.
        """
        if name in self._set:
            return self._is_ours(name)
        return override or name not in os.environ

    def _is_ours(self, name: str) -> bool:
        return os.environ.get(name) == self._set[name]


def ensure_complete(
    secrets: list[SecretValue], required: Collection[str], account_id: str | None
) -> None:
    """Raises WrongAccount and KeyNotFound."""
    for secret in secrets:
        account = secret.arn.split(":")[4] if secret.arn.count(":") > 4 else ""
        if account_id and account != account_id:
            raise WrongAccount(
                secret.name, f"It is in {account or 'an unknown account'}, not in {account_id}"
            )
    present = {name for secret in secrets for name in secret.members}
    if missing := [name for name in required if name not in present]:
        raise KeyNotFound(
            " and ".join(secret.name for secret in secrets), f"Missing: {', '.join(missing)}"
        )


def ensure_fit(secret: SecretValue) -> None:
    """Check that every key can name a variable and every value can be its text.

    Raises UnusableSecret, which names only the key.
    """
    for name in secret.members:
        if problem := _problem(name, secret.members):
            raise UnusableSecret(secret.name, f"Its key {name[:60]!r} {problem}")


def _problem(name: str, members: dict[str, Any]) -> str:
    """Not a part of the caller, whose frame an error shows: it must hold no value."""
    kind = kind_of(members[name])
    return problem_of(name, kind, members[name] if kind == "string" else "")


def _in_several(secrets: Iterable[SecretValue]) -> list[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for secret in secrets:
        twice += [name for name in secret.members if name in seen]
        seen |= set(secret.members)
    return twice
