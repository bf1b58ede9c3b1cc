"""Checks that `manage.py check` runs, and checks at start-up."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from .domain.errors import ConfigurationError
from .domain.memory import shortage
from .services import configuration


def ensure_cache_is_shared() -> None:
    """Refuse a cache per process with several workers: each would count limits for itself."""
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.WEB_CONCURRENCY > 1 and backend.endswith("LocMemCache"):
        raise ImproperlyConfigured(
            "CACHES uses LocMem with several workers: limits would count once for each. "
            "Use the database cache."
        )


def ensure_groups_give_known_roles(known: Collection[str]) -> None:
    """Refuse unknown roles, which would silently grant nothing. Raises ConfigurationError."""
    for name, environment in configuration.environments().items():
        for group, roles in environment.groups:
            if unknown := next((role for role in roles if role not in known), None):
                raise ConfigurationError(
                    f'{settings.ENVIRONMENTS_FILE}: environments.{name}.groups."{group}": '
                    f"{unknown} is no role; "
                    f"expected some of {', '.join(known)}."
                )


def ensure_webhooks_are_of_environments() -> None:
    """Refuse unknown environments, whose webhook would get nothing. Raises ConfigurationError."""
    for name in settings.STATUS_WEBHOOK_URLS:
        if name not in configuration.environments():
            raise ConfigurationError(f"STATUS_WEBHOOK_URLS: {name} is no environment.")


def ensure_trials_ask_somebody_else() -> None:
    """Refuse an address of GitHub's API that no token may be sent to, and hosts that are none.

    Raises ConfigurationError.
    """
    if settings.CREDENTIAL_CHECKS:
        from .services.secrets import trials  # needs the models, which load after this file

        trials.github_api()
        trials.ensure_hosts_are_named()


@register()
def no_transaction_spans_a_request(app_configs: Any, **kwargs: Any) -> list[Error]:
    """An intent must be committed before its call, so no transaction may span a request."""
    if settings.DATABASES["default"].get("ATOMIC_REQUESTS"):
        return [
            Error(
                "ATOMIC_REQUESTS is on: intents would not be committed before the call.",
                id="miyabi.E001",
            )
        ]
    return []


@register()
def memory_is_enough(app_configs: Any, **kwargs: Any) -> list[Warning]:
    """Relate workers, hashes of passwords and the container's memory; gunicorn says it as well."""
    warning = shortage(
        settings.WEB_CONCURRENCY,
        settings.WEB_THREADS,
        settings.HASHES_AT_ONCE,
        settings.CONTAINER_MIB,
    )
    return [Warning(warning, id="miyabi.W001")] if warning else []


@register(Tags.database)
def audit_key_sealed_the_last_record(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[Error]:
    """Check that the current AUDIT_KEY continues the audit chain. `migrate` runs this too."""
    from .services.audit.verify import last_record  # needs the models, which load after this file

    if not databases or "secrets_ui_auditrecord" not in connection.introspection.table_names():
        return []
    sequence, is_ours = last_record()
    if is_ours:
        return []
    return [
        Error(
            f"Audit record {sequence}, the last one, is not sealed with AUDIT_KEY.",
            hint=(
                "Set the AUDIT_KEY that the console had; or, to change it, see "
                "docs/operations.md; or verify_audit says what was changed."
            ),
            id="miyabi.E002",
        )
    ]
