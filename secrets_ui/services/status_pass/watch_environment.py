"""One environment, looked at by a pass: what AWS tells of its secrets and of what is around them. Judges nothing.

The list of secrets comes by the page; a secret is described only where the list shows news, or where the catalogue asks for a full check.
No value of a known version is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from django.conf import settings

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Evidence, Known, Missing, NotAsked, learn, unlearnt
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.secrets.secret import Secret
from ...domain.session_scope import WATCH
from ...domain.status.outside_changes import Sight, document_hash
from ...models import StatusSnapshot
from .. import configuration
from ..access.share import SharedEvidence
from ..aws_access import gateways, learn_all
from .outside_changes import find_outside_changes
from .seen import RUNNER, Seen, SeenSecret
from .watch_facts import look_at_facts

AT_ONCE = 50  # calls between two steps
T = TypeVar("T")


def watch_environment(environment: Environment, step: Callable[[], None] = lambda: None) -> Seen:
    """`step` is called between the parts of the work, at least every fifty calls. Raises DatabaseError."""
    rows = StatusSnapshot.objects.filter(environment=environment.name).values_list(
        "secret", "remembered"
    )
    before = {name: json.loads(text) for name, text in rows}
    seen = Seen(environment, datetime.now(UTC), before, NotAsked("the list"), step=step)
    names = [environment.prefix + short for short in configuration.catalog().secrets]
    seen.shared = SharedEvidence(environment, RUNNER, names[0]) if names else None
    _list(seen)
    for name in names:
        step()
        _walk(seen, name)
    _confirm(seen, names)
    look_at_facts(seen)
    _read_policies(seen)
    _look_around(seen)
    find_outside_changes(seen)
    return seen


def _list(seen: Seen) -> None:
    gateway = _gateway(seen)
    try:
        for page in gateway.secret_pages():
            seen.secrets |= {
                s.name: SeenSecret(
                    s.name,
                    Known(s, gateway.describe_call("ListSecrets", s.name)),
                    is_first_sight=s.name not in seen.before,
                )
                for s in page.value.secrets
            }
            seen.listed = Known(len(seen.secrets), page.call)
            seen.step()
    except AwsError as error:
        seen.listed = unlearnt(error)


def _gateway(seen: Seen) -> SecretsManagerGateway:
    return gateways(seen.environment, RUNNER, WATCH).secrets_manager


def _walk(seen: Seen, name: str) -> None:
    """A full gathering for a secret of the catalogue. Where AWS tells nothing at all of it, the last result stays and grows old."""
    if seen.shared is None:
        return
    evidence = (
        seen.shared.first if name == seen.shared.first.secret_name else seen.shared.of_another(name)
    )
    if not isinstance(evidence.secret, Known | Missing) and not isinstance(seen.listed, Known):
        return
    known = seen.secrets.get(name)
    secret = (
        evidence.secret
        if isinstance(evidence.secret, Known | Missing) or known is None
        else known.secret
    )
    now = seen.at.isoformat(timespec="seconds")
    seen.secrets[name] = SeenSecret(
        name, secret, evidence, policy=evidence.resource_policy, policy_at=now, policy_of=_changed(secret),
        is_first_sight="sight" not in seen.before.get(name, {}),
    )  # fmt: skip


def _changed(secret: Evidence[Secret]) -> str:
    changed = secret.value.last_changed if isinstance(secret, Known) else None
    return changed.isoformat() if changed else ""


def _confirm(seen: Seen, walked: list[str]) -> None:
    """A list may be five minutes old: before news is told of a secret, the secret itself is asked."""
    gateway = _gateway(seen)
    news = [s.name for s in seen.secrets.values() if s.name not in walked and _is_news(seen, s)]
    answers = _in_steps(seen, [partial(gateway.describe_secret, name) for name in news])
    for name, answer in zip(news, answers, strict=True):
        if isinstance(answer, Known):
            seen.secrets[name].secret = answer


def _in_steps(seen: Seen, calls: list[Callable[[], Known[T]]]) -> list[Evidence[T]]:
    answers: list[Evidence[T]] = []
    for start in range(0, len(calls), AT_ONCE):
        seen.step()
        answers += learn_all(calls[start : start + AT_ONCE])
    return answers


def _is_news(seen: Seen, item: SeenSecret) -> bool:
    before = seen.before.get(item.name, {}).get("sight")
    if not before or not isinstance(item.secret, Known):
        return False
    was, now = Sight.from_json(before), Sight.of(item.secret.value, before["policy"])
    return was != now


def _read_policies(seen: Seen) -> None:
    """Resource policies of the others: those of secrets that were changed since, then the oldest, so many in a pass."""
    due = []
    for item in seen.secrets.values():
        if (
            item.evidence is not None
            or not isinstance(item.secret, Known)
            or item.secret.value.deleted
        ):
            continue
        kept = seen.before.get(item.name, {}).get("policy", {})
        if kept:
            item.policy = Known(
                kept["text"], _gateway(seen).describe_call("GetResourcePolicy", item.name)
            )
            item.policy_at, item.policy_of = kept["at"], kept["of"]
        due.append((bool(kept) and kept["of"] == _changed(item.secret), item.policy_at, item.name))
    names = [name for _, _, name in sorted(due)[: settings.STATUS_POLICIES_PER_PASS]]
    answers = _in_steps(seen, [partial(_gateway(seen).get_resource_policy, name) for name in names])
    for name, answer in zip(names, answers, strict=True):
        item = seen.secrets[name]
        item.policy = answer
        if isinstance(answer, Known):
            item.policy_at, item.policy_of = (
                seen.at.isoformat(timespec="seconds"),
                _changed(item.secret),
            )


def _look_around(seen: Seen) -> None:
    environment = seen.environment
    aws = gateways(environment, RUNNER, WATCH)
    seen.alarms = learn(partial(aws.cloudwatch.describe_alarms, environment.alarm_prefix))
    if seen.shared is None:
        return
    unasked = seen.shared.ask_about_keys(secret.kms_key_id for secret in seen.known().values())
    problems = []
    for name, key in seen.shared.keys.items():
        if isinstance(key.key, Known) and isinstance(key.policy, Known):
            seen.keys[key.key.value.key_id] = document_hash(key.policy.value)
        elif not isinstance(key.policy, NotAsked):
            problems.append(f"the policy of key {name} could not be read")
    seen.unread_keys = tuple(problems + [f"key {name} was not asked about" for name in unasked])
    alias, key_found = seen.shared.first.alias, seen.shared.first.key
    seen.alias = alias.value.arn if isinstance(alias, Known) else ""
    seen.decrypts = (
        seen.shared.first.denials if not isinstance(seen.shared.first.denials, Known) else None
    )
    if (
        isinstance(key_found, Known) and seen.decrypts is None
    ):  # what CloudTrail refused once it is not asked again
        seen.decrypts = learn(partial(aws.cloudtrail.lookup_decrypts, key_found.value.arn))
