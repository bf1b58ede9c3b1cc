"""Checks that `manage.py check` runs, and what the start itself refuses."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured

from .domain.errors import ConfigurationError
from .services import estate


def ensure_cache_is_shared() -> None:
    """A per-process cache under several workers counts limits once for each of them."""
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.WEB_CONCURRENCY > 1 and backend.endswith("LocMemCache"):
        raise ImproperlyConfigured(
            "CACHES uses LocMem with several workers: limits would count once for each. Use the database cache."
        )


def ensure_groups_give_known_roles(known: Collection[str]) -> None:
    """A misspelt role would give nothing, and nobody would know why. Raises ConfigurationError."""
    for name, environment in estate.environments().items():
        for group, roles in environment.groups:
            if unknown := next((role for role in roles if role not in known), None):
                raise ConfigurationError(
                    f'{settings.ENVIRONMENTS_FILE}: environments.{name}.groups."{group}": {unknown} is no role; '
                    f"expected some of {', '.join(known)}."
                )


@register()
def no_transaction_spans_a_request(app_configs: Any, **kwargs: Any) -> list[Error]:
    """An intent must be committed before its call, so no transaction may span a request."""
    if settings.DATABASES["default"].get("ATOMIC_REQUESTS"):
        return [
            Error("ATOMIC_REQUESTS is on: intents would not be committed before the call.", id="miyabi.E001")
        ]
    return []
