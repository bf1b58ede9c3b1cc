"""Fifth stage: what is around the secrets: alarms, KMS keys and their policies, decryptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from ...domain.access.evidence import AccessEvidence, Evidence, Known, NotAsked, learn
from ...domain.secrets.rollout import FunctionLog
from ...domain.session_scope import WATCH
from ...domain.status.outside_changes import document_hash
from ...domain.status.watched import TrailEvent
from ...domain.usage.alarm import Alarm
from ..access.share import SharedEvidence
from ..aws_access import gateways
from ..secrets.function_log import read_function_log
from .policies import WithPolicies
from .stage import RUNNER, extend

LOOKED_FOR = timedelta(days=7)  # since a secret of the catalogue was changed
LOG_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class WithSurroundings(WithPolicies):
    """`keys` are hashes of key policies by key id; `unread_keys` say why others are not among them.

    `alias` is the ARN that the environment's alias has, "" where it is not known. `readable` is
    the evidence for the evaluator, of the secrets outside the catalogue. `log` is the function's,
    read where a secret of the catalogue was changed lately.
    """

    alarms: Evidence[tuple[Alarm, ...]]
    keys: Mapping[str, str]
    unread_keys: tuple[str, ...]
    alias: str
    decrypts: Evidence[tuple[TrailEvent, ...]] | None
    readable: Mapping[str, AccessEvidence]
    log: FunctionLog | None


def inspect_surroundings(before: WithPolicies, asking: SharedEvidence | None) -> WithSurroundings:
    alarms = gateways(before.environment, RUNNER, WATCH).cloudwatch
    keys, unread = _inspect_keys(before, asking) if asking else ({}, ())
    alias = before.shared.alias if before.shared else None
    others = {name: s for name, s in before.known().items() if name not in before.evidence}
    readable = (
        {n: asking.of_listed(s, before.policy(n)) for n, s in others.items()} if asking else {}
    )
    return extend(
        WithSurroundings,
        before,
        alarms=learn(partial(alarms.describe_alarms, before.environment.alarm_prefix)),
        keys=keys,
        unread_keys=unread,
        alias=alias.value.arn if isinstance(alias, Known) else "",
        decrypts=_decrypts(before),
        readable=readable,
        log=_function_log(before),
    )


def _function_log(before: WithPolicies) -> FunctionLog | None:
    """Of use while instances may still have an older version, and a good while after that."""
    changed = [
        secret.last_changed
        for name, secret in before.known().items()
        if name in before.evidence and secret.last_changed
    ]
    if not changed or before.at - max(changed) > LOOKED_FOR:
        return None
    function = before.shared.function if before.shared else None
    return read_function_log(before.environment, RUNNER, LOG_SECONDS, WATCH, function)


def _inspect_keys(
    before: WithPolicies, asking: SharedEvidence
) -> tuple[dict[str, str], tuple[str, ...]]:
    unasked = asking.ask_about_keys(secret.kms_key_id for secret in before.known().values())
    hashes, problems = dict[str, str](), list[str]()
    for name, key in asking.keys.items():
        if isinstance(key.key, Known) and isinstance(key.policy, Known):
            hashes[key.key.value.key_id] = document_hash(key.policy.value)
        elif not isinstance(key.policy, NotAsked):
            problems.append(f"the policy of key {name} could not be read")
    return hashes, (*problems, *(f"key {name} was not asked about" for name in unasked))


def _decrypts(before: WithPolicies) -> Evidence[tuple[TrailEvent, ...]] | None:
    """What CloudTrail refused once is not asked again."""
    if before.shared is None:
        return None
    if not isinstance(before.shared.denials, Known):
        return before.shared.denials
    if not isinstance(before.shared.key, Known):
        return None
    trail = gateways(before.environment, RUNNER, WATCH).cloudtrail
    return learn(partial(trail.lookup_decrypts, before.shared.key.value.arn))
