"""Starts the app: what it cannot run with stops it here, in one clear line."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate


class SecretsUiConfig(AppConfig):
    name = "secrets_ui"
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import system_checks
        from .domain.errors import ConfigurationError
        from .domain.people.roles import ROLES
        from .services import configuration

        try:
            configuration.environments()
            configuration.catalog()
            system_checks.ensure_groups_give_known_roles(ROLES)
            system_checks.ensure_webhooks_are_of_environments()
            system_checks.ensure_trials_ask_somebody_else()
        except ConfigurationError as error:
            raise ImproperlyConfigured(error.message) from None
        system_checks.ensure_cache_is_shared()
        post_migrate.connect(_care_for_the_log, sender=self)


def _care_for_the_log(**_: object) -> None:
    """After `migrate` the log is append-only, and what an earlier release wrote is found."""
    from django.db import connection

    from .models import AuditStretch
    from .services.audit import append_only, index

    if AuditStretch._meta.db_table in connection.introspection.table_names():
        append_only.put_back()
        index.catch_up()


class EvaluatorAlone(AppConfig):
    """For manage.py's pure commands: the evaluator needs no environments, catalogue or cache."""

    name = "secrets_ui"
    default_auto_field = "django.db.models.BigAutoField"
