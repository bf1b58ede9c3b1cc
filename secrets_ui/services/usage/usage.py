"""Asks AWS how often secrets are read, which alarms are on, and what there is to pay for."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Known, learn
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret
from ...domain.session_scope import USAGE
from ...domain.usage.usage import Usage, asked_from, metrics_of
from ..aws_access import begin, gateways


def read_usage(
    environments: Iterable[Environment], actor: Actor, *, with_alarms: bool = True
) -> list[Usage]:
    """All side by side: one GetMetricData, one DescribeAlarms and all pages of ListSecrets for
    each. Raises nothing: what AWS refuses is part of the answer.
    """
    now = datetime.now(UTC)
    asked = [
        (environment, _ask(environment, actor, now, with_alarms=with_alarms))
        for environment in environments
    ]
    return [
        Usage(
            environment,
            now,
            namespace=_namespace(environment),
            **{name: learn(future.result) for name, future in futures.items()},
        )
        for environment, futures in asked
    ]


def _ask(
    environment: Environment, actor: Actor, now: datetime, *, with_alarms: bool
) -> dict[str, Future[Known[Any]]]:
    aws = gateways(environment, actor, USAGE)
    cloudwatch, metrics = aws.cloudwatch, metrics_of(_namespace(environment))
    questions: dict[str, Callable[[], Known[Any]]] = {
        "metrics": partial(cloudwatch.get_metric_data, metrics, asked_from(now), now),
        "secrets": partial(_every_secret, aws.secrets_manager),
    }
    if with_alarms:
        questions["alarms"] = partial(cloudwatch.describe_alarms, environment.alarm_prefix)
    return {name: begin(question) for name, question in questions.items()}


def _namespace(environment: Environment) -> str:
    """One for each environment, since several may share an account."""
    return f"{settings.METRICS_NAMESPACE}/{environment.name}"


def _every_secret(gateway: SecretsManagerGateway) -> Known[tuple[Secret, ...]]:
    pages = list(gateway.secret_pages())
    return Known(tuple(s for page in pages for s in page.value.secrets), pages[0].call)
