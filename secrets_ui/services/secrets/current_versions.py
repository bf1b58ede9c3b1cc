"""Which version of each secret was last seen to be current."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from django.db import connection

from ...domain.environment import Environment
from ...domain.secrets.secret import AWSCURRENT, Secret
from ...models import CurrentVersion


def last_known_versions(environment: Environment, names: Iterable[str]) -> dict[str, str]:
    """The version that was last seen to be current, by secret name."""
    found = CurrentVersion.objects.filter(environment=environment.name, name__in=names)
    return dict(found.values_list("name", "version_id"))


# As one object: there may be thousands, and to fetch each by itself takes longer.
_AS_OBJECT = {
    "sqlite": "json_group_object(name, version_id)",
    "postgresql": "json_object_agg(name, version_id)::text",
}


def all_known_versions(environments: Iterable[Environment]) -> dict[str, dict[str, str]]:
    """The version of each secret that was last seen to be current, by environment and secret name.
    One query."""
    found: dict[str, dict[str, str]] = {environment.name: {} for environment in environments}
    places = ", ".join(["%s"] * len(found))
    query = f"""
        SELECT environment, {_AS_OBJECT[connection.vendor]} FROM {CurrentVersion._meta.db_table}
        WHERE environment IN ({places}) GROUP BY environment
    """  # noqa: S608  nothing from outside is in it
    with connection.cursor() as cursor:
        cursor.execute(query, list(found))
        return found | {environment: json.loads(text) for environment, text in cursor.fetchall()}


def known_secrets(environment: Environment) -> dict[str, Secret]:
    """The secrets that AWS last reported, by name, with their current versions alone. One query, no
    AWS call."""
    rows = CurrentVersion.objects.filter(environment=environment.name)
    return {
        name: Secret(arn, name, versions={version: (AWSCURRENT,)} if version else {})
        for name, arn, version in rows.values_list("name", "arn", "version_id")
    }


def note_current_versions(environment: Environment, secrets: Iterable[Secret]) -> None:
    """Remembers which version is current, for comparisons from other environments; writes only what
    is new."""
    listed = {secret.name: secret for secret in secrets if secret.current}
    keep_news(environment, listed.values(), last_known_versions(environment, listed))


def keep_news(
    environment: Environment, secrets: Iterable[Secret], known: Mapping[str, str]
) -> None:
    """Remembers which version is current where `known`, by secret name, does not tell yet."""
    news = [s for s in secrets if s.current and known.get(s.name) != s.current]
    keep_current_versions(environment, news)


def keep_current_versions(environment: Environment, secrets: Sequence[Secret]) -> None:
    """A secret without a current version is kept too: it says that there is nothing to compare
    with."""
    if not secrets:
        return
    CurrentVersion.objects.bulk_create(
        [
            CurrentVersion(
                environment=environment.name,
                name=secret.name,
                arn=secret.arn,
                version_id=secret.current,
                read_at=datetime.now(UTC),
            )
            for secret in secrets
        ],
        update_conflicts=True,
        unique_fields=["environment", "name"],
        update_fields=["arn", "version_id", "read_at"],
    )
