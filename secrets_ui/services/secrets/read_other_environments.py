"""Learns the facts of the same secrets in other environments, once, to compare them."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from ...domain.access.evidence import Evidence, Known, Missing
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.secret import Secret
from ...domain.session_scope import DESCRIBE
from ...models import CurrentVersion
from .. import configuration
from ..aws_access import gateways, learn_all
from .current_versions import keep_current_versions
from .version_facts import Wanted, known_facts, read_and_derive


def read_other_environments(
    environment: Environment, actor: Actor, comparable: Iterable[Environment]
) -> None:
    """`comparable` are the environments that the person may see. One query when all of them are
    known; a secret that cannot be read is not compared, and says so. Raises AuditUnavailable.
    """
    others = [other for other in comparable if other.name != environment.name]
    specs = [
        spec
        for spec in configuration.catalog().secrets.values()
        if any(key.between_environments != "any" for key in spec.keys.values())
    ]
    names = {other.prefix + spec.name for other in others for spec in specs}
    known = set(CurrentVersion.objects.filter(name__in=names).values_list("environment", "name"))
    for other in others:
        missing = [spec for spec in specs if (other.name, other.prefix + spec.name) not in known]
        if missing:
            _read(other, actor, missing)


def _read(other: Environment, actor: Actor, specs: list[SecretSpec]) -> None:
    describe = gateways(other, actor, DESCRIBE).secrets_manager.describe_secret
    names = [other.prefix + spec.name for spec in specs]
    answers = learn_all(partial(describe, name) for name in names)
    found = [_described(name, answer) for name, answer in zip(names, answers, strict=True)]
    secrets = [secret for secret in found if secret is not None]
    wanted = [
        Wanted(s.name, s.arn, s.current, configuration.spec_of(other, s.name))
        for s in secrets
        if s.current
    ]
    known = known_facts(wanted)
    read_and_derive(other, actor, [item for item in wanted if item.arn not in known])
    keep_current_versions(other, secrets)


def _described(name: str, answer: Evidence[Secret]) -> Secret | None:
    """None where AWS gave no answer. A secret that is not there, or that nobody can read, counts as
    one without a version.
    """
    if isinstance(answer, Missing):
        return Secret("", name)
    if not isinstance(answer, Known):
        return None
    return replace(answer.value, versions={}) if answer.value.deleted else answer.value
