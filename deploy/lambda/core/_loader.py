"""The loader: reads secrets, holds them, and sets variables from them."""

from __future__ import annotations

from time import time

from . import _environ, _names
from ._asked import Asked
from ._environ import Merger
from ._errors import KeyNotFound, UnusableSecret
from ._log import logger
from ._route import in_lambda
from ._store import Store, Terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any, overload

    from ._value import SecretValue
else:

    def overload(function):
        """For type checkers alone; loading typing takes longer than signing a request."""
        return function


class Loader:
    """Reads secrets and holds what it read. core.secrets has one, whose methods are its functions.

    `client`: boto3's client of Secrets Manager, or anything with its get_secret_value, which is
    asked instead: of another account, with an endpoint of its own, or a test's. It brings its own
    time limits, and is used by several threads at once.
    """

    __slots__ = ("_held", "_keys", "_merged", "_values")

    def __init__(self, client: Any = None) -> None:
        self._keys, self._values = Store(client), Store(client)
        self._held: dict[Any, SecretValue] = self._keys.held
        # By the first secret's name: what set its variables.
        self._merged: dict[str, Merger] = {}

    def load_secrets_to_env(
        self,
        project_name: str,
        environment: str,
        *,
        override: bool = True,
        required: Collection[str] = (),
        account_id: str | None = None,
        max_age: float | None = None,
        refresh: bool = False,
        strict: bool = False,
        timeout: float | None = None,
        context: Any = None,
    ) -> dict[str, str]:
        """Merge `{project_name}/{environment}/api-keys` and `…/config` into os.environ.

        Outside AWS Lambda it changes nothing.

        `override`: replace variables that were there before (True) or keep them (False). What the
        application changed after a load is its own. `required`: keys without which nothing is set.
        `account_id`: the account that must own the secrets. Secrets are kept once read; `max_age`
        in seconds, or `refresh`, reads them again. Where that fails after `max_age`, everything
        stays and a warning is logged; with `strict` the error is raised, as it is with `refresh`.
        `timeout` is in seconds, 8 by default and 3 where what is held will do; with Lambda's
        `context` it is never more than the function has left.

        Returns the version id of each secret that is set, {} outside Lambda. Raises InvalidInput
        before AWS is asked and SecretsError afterwards; os.environ is then unchanged.
        """
        names = _names.secret_names(project_name, environment)
        _names.ensure_key_names(required, "required")
        if account_id is not None:
            _names.ensure_account_id(account_id)
        terms = Terms(max_age, refresh, strict, timeout, context)
        if not in_lambda():
            logger().info("Not running in AWS Lambda, skipping Secrets Manager")
            return {}
        self._keys.current([Asked(name, as_keys=True) for name in names], terms)
        return self._set(names, override, required, account_id, terms.may_fall_back)

    def _set(
        self,
        names: list[str],
        override: bool,
        required: Collection[str],
        account_id: str | None,
        falls_back: bool,
    ) -> dict[str, str]:
        merger = self._merged.setdefault(names[0], Merger())
        with _environ.lock:
            # Another thread may have read newer ones meanwhile.
            secrets = [self._held[name] for name in names]
            outcome = merger.merge(
                secrets,
                override=override,
                required=required,
                account_id=account_id,
                falls_back=falls_back,
            )
            versions = dict(merger.versions)
        # Outside of the lock, which a fork waits for: logging has locks of its own.
        _tell(outcome, secrets)
        return versions

    @overload
    def get_secret(
        self,
        secret_id: str,
        key: None = None,
        max_age: float | None = None,
        refresh: bool = False,
        timeout: float | None = None,
        context: Any = None,
        strict: bool = False,
    ) -> dict[str, Any]: ...

    @overload
    def get_secret(  # noqa: F811 - ruff does not see that it is an overload
        self,
        secret_id: str,
        key: str,
        max_age: float | None = None,
        refresh: bool = False,
        timeout: float | None = None,
        context: Any = None,
        strict: bool = False,
    ) -> str | Any: ...

    def get_secret(  # noqa: F811
        self,
        secret_id: str,
        key: str | None = None,
        max_age: float | None = None,
        refresh: bool = False,
        timeout: float | None = None,
        context: Any = None,
        strict: bool = False,
    ) -> Any:
        """Return all keys of a secret as a dict that is read-only throughout, or one `key`'s value.

        Secrets are kept once read: see load_secrets_to_env. Raises InvalidInput and SecretsError;
        KeyNotFound if the secret has no such key.
        """
        # Without a star in the signature: keyword-only defaults are looked up one by one, which
        # took a third of this call.
        try:
            held = self._held[secret_id]
            if not refresh and (max_age is None or 0.0 <= time() - held.read_at <= max_age):
                return held.parsed if key is None else held.parsed[key]  # type: ignore[index]
        except (KeyError, TypeError):  # whatever is wrong is found out, and told, below
            pass
        return self._read_keys(secret_id, key, Terms(max_age, refresh, strict, timeout, context))

    def _read_keys(self, secret_id: str, key: str | None, terms: Terms) -> Any:
        _names.ensure_secret_id(secret_id)
        if key is not None:
            _names.ensure_key_names([key], "key")
        [secret] = self._keys.current([Asked(secret_id, as_keys=True)], terms)
        if key is None:
            return secret.keys
        if key not in secret.keys:
            raise KeyNotFound(
                secret.name,
                f"It has no key {key[:60]!r}; it has {', '.join(secret.keys) or 'none'}",
            )
        return secret.keys[key]

    def get_secret_value(
        self,
        secret_id: str,
        *,
        version_id: str | None = None,
        version_stage: str | None = None,
        max_age: float | None = None,
        refresh: bool = False,
        strict: bool = False,
        timeout: float | None = None,
        context: Any = None,
    ) -> SecretValue:
        """Return one version of a secret: text, bytes or keys, with its version id and stages.

        The current one, unless `version_id` or `version_stage` (AWSPREVIOUS, AWSPENDING, …) names
        another. It is held apart from what get_secret holds. Raises as get_secret does.
        """
        _names.ensure_secret_id(secret_id)
        _names.ensure_version(version_id, version_stage)
        terms = Terms(max_age, refresh, strict, timeout, context)
        [value] = self._values.current([Asked(secret_id, version_id, version_stage)], terms)
        return value

    def get_secret_values(
        self,
        secret_ids: list[str] | tuple[str, ...],
        *,
        max_age: float | None = None,
        refresh: bool = False,
        strict: bool = False,
        timeout: float | None = None,
        context: Any = None,
    ) -> dict[str, SecretValue]:
        """Return the current versions of up to 20 secrets, by secret id, read side by side.

        One failure fails the whole, and its text names the others. Raises as get_secret does.
        """
        _names.ensure_secret_ids(secret_ids)
        terms = Terms(max_age, refresh, strict, timeout, context)
        several = [Asked(secret_id) for secret_id in dict.fromkeys(secret_ids)]
        values = self._values.current(several, terms)
        return {asked.secret_id: value for asked, value in zip(several, values, strict=True)}

    def held_versions(self) -> dict[str, str]:
        """Return the version id of each current secret that is held, by the id it was asked by.

        The console uses it to see whether the Lambda has picked up a new version.
        """
        values = {
            key[0]: value
            for key, value in list(self._values.held.items())
            if isinstance(key, tuple) and key[1:] == (None, None)
        }
        return {key: value.version_id for key, value in (values | dict(self._held)).items()}

    def forget(self) -> None:
        """Forget all secrets, as in a new instance. os.environ stays unchanged. For tests."""
        self._keys.forget()
        self._values.forget()
        self._merged.clear()


def _tell(outcome: list[str] | UnusableSecret | None, secrets: list[SecretValue]) -> None:
    """Log what a merge did. A value is never logged."""
    if outcome is None:
        return
    if isinstance(outcome, UnusableSecret):
        logger().warning("A new version cannot be set; the variables stay as they are. %s", outcome)
        return
    for name in outcome:
        logger().warning("%s is in more than one secret; that of %s counts", name, secrets[0].name)
    logger().info(
        "Successfully loaded secrets from %s", " and ".join(secret.name for secret in secrets)
    )
    logger().info(
        "Versions held: %s", ", ".join(f"{secret.name} {secret.version_id}" for secret in secrets)
    )
