"""Asks, for one environment or several at once, how often secrets are read, what rings, and what there is to pay for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings

from ...aws.cloudwatch import CloudWatchGateway
from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Evidence, Known, unlearnt
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret
from ...domain.session_scope import USAGE
from ...domain.usage.usage import Usage, asked_from, metrics_of
from ..aws_access import begin, secrets_manager, sessions

T = TypeVar("T")


def look_at_usage(
    environments: Iterable[Environment], actor: Actor, *, with_alarms: bool = True
) -> list[Usage]:
    """All side by side: one GetMetricData, one DescribeAlarms and a walk through ListSecrets for each. What AWS refuses is part of
    the answer, so nothing is raised."""
    now = datetime.now(UTC)
    asked = [(place, _ask(place, actor, now, with_alarms=with_alarms)) for place in environments]
    return [
        Usage(
            place,
            now,
            namespace=_namespace(place),
            **{name: _told(future) for name, future in futures.items()},
        )
        for place, futures in asked
    ]


def _ask(
    environment: Environment, actor: Actor, now: datetime, *, with_alarms: bool
) -> dict[str, Future[Known[Any]]]:
    client = sessions().client(environment, "cloudwatch", actor.session_name, USAGE)
    cloudwatch, secrets = (
        CloudWatchGateway(client, environment),
        secrets_manager(environment, actor, USAGE),
    )
    metrics = metrics_of(_namespace(environment))
    questions: dict[str, Callable[[], Known[Any]]] = {
        "metrics": lambda: cloudwatch.get_metric_data(metrics, asked_from(now), now),
        "secrets": lambda: _every_secret(secrets),
    }
    if with_alarms:
        questions["alarms"] = lambda: cloudwatch.describe_alarms(environment.alarm_prefix)
    return {name: begin(question) for name, question in questions.items()}


def _namespace(environment: Environment) -> str:
    """One for each environment, since several may share an account."""
    return f"{settings.METRICS_NAMESPACE}/{environment.name}"


def _every_secret(gateway: SecretsManagerGateway) -> Known[tuple[Secret, ...]]:
    found: list[Secret] = []
    token, is_first = "", True
    while token or is_first:
        page = gateway.list_secrets(token=token)
        found += page.secrets
        token, is_first = page.next_token, False
    return Known(
        tuple(found), replace(gateway.about("ListSecrets", gateway.environment.prefix), cli="")
    )


def _told(future: Future[Known[T]]) -> Evidence[T]:
    try:
        return future.result()
    except AwsError as error:
        return unlearnt(error)
