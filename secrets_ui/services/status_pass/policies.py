"""Fourth stage: reads some resource policies, of changed secrets first, then the oldest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings

from ...domain.access.evidence import Evidence, Known, NotAsked
from ...domain.secrets.secret import Secret
from ...domain.session_scope import WATCH
from ..aws_access import gateways
from .stage import RUNNER, Step, extend, learn_in_steps
from .trials import WithTrials


@dataclass(frozen=True)
class ReadPolicy:
    """`at` is when it was read, `of` the LastChangedDate of the secret at that time, RFC 3339."""

    policy: Evidence[str]
    at: str = ""
    of: str = ""

    def to_json(self) -> dict[str, Any] | None:
        """For the next pass; None where the policy could not be read."""
        if not isinstance(self.policy, Known):
            return None
        return {"text": self.policy.value, "at": self.at, "of": self.of}


UNREAD = ReadPolicy(NotAsked("a later pass"))


@dataclass(frozen=True, kw_only=True)
class WithPolicies(WithTrials):
    policies: Mapping[str, ReadPolicy]

    def policy(self, name: str) -> Evidence[str]:
        return self.policies.get(name, UNREAD).policy


def read_policies(before: WithTrials, step: Step) -> WithPolicies:
    gateway = gateways(before.environment, RUNNER, WATCH).secrets_manager
    now = before.at.isoformat(timespec="seconds")
    found = {
        name: ReadPolicy(evidence.resource_policy, now, _changed(before.secrets[name]))
        for name, evidence in before.evidence.items()
    }
    others = dict(_remembered(before))
    due = sorted(
        (not _is_outdated(before, name, kept), kept.at, name) for name, kept in others.items()
    )
    names = [name for _, _, name in due[: settings.STATUS_POLICIES_PER_PASS]]
    calls = [partial(gateway.get_resource_policy, name) for name in names]
    for name, answer in zip(names, learn_in_steps(calls, step), strict=True):
        if isinstance(answer, Known):
            others[name] = ReadPolicy(answer, now, _changed(before.secrets[name]))
        else:
            others[name] = replace(others[name], policy=answer)
    return extend(WithPolicies, before, policies=found | others)


def _remembered(before: WithTrials) -> Iterator[tuple[str, ReadPolicy]]:
    """What an earlier pass read, for each secret outside the catalogue whose policy can be read."""
    gateway = gateways(before.environment, RUNNER, WATCH).secrets_manager
    for name, secret in before.known().items():
        if name in before.evidence or secret.deleted:
            continue
        kept = before.before.get(name, {}).get("policy")
        about = gateway.describe_call("GetResourcePolicy", name)
        yield (
            name,
            ReadPolicy(Known(kept["text"], about), kept["at"], kept["of"]) if kept else UNREAD,
        )


def _is_outdated(before: WithTrials, name: str, kept: ReadPolicy) -> bool:
    return kept is UNREAD or kept.of != _changed(before.secrets[name])


def _changed(secret: Evidence[Secret]) -> str:
    changed = secret.value.last_changed if isinstance(secret, Known) else None
    return changed.isoformat() if changed else ""
