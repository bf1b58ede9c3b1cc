"""Judges what a pass saw of an environment: a row of findings for each secret, and one for the environment itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...checks.access import run_checks
from ...checks.status import judge_secret, judge_surroundings
from ...domain.access.evidence import Known
from ...domain.access.finding import WORST_FIRST, Finding
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.key_age import KeyAge, key_age
from ...domain.status.status import StatusFinding
from ...domain.status.watched import OpenIntent, Surroundings, WatchedSecret
from .. import configuration
from ..access.share import may_read
from ..secrets.version_facts import in_other_environments_of_each
from .seen import Seen, SeenSecret

# Checks of the access path that are about no one secret: told once, of the environment.
SHARED = frozenset({
    "console_reaches_aws", "function_runs_as_role", "role_exists", "lambda_may_assume_role", "policies_are_attached", "no_recent_denials",
    "alias_points_at_the_key", "key_is_usable", "key_rotates",
})  # fmt: skip


@dataclass(frozen=True)
class Row:
    """`secret` "" is the environment itself; `remembered` is for the next pass."""

    secret: str
    findings: tuple[StatusFinding, ...]
    remembered: Mapping[str, Any]


Intents = Mapping[tuple[str, str], tuple[OpenIntent, ...]]


def judge_status(seen: Seen, intents: Intents) -> list[Row]:
    """Once every environment was seen, since secrets are compared between them. No AWS call."""
    others = in_other_environments_of_each(
        seen.environment, list(configuration.catalog().secrets.values())
    )
    rows, shared = [], dict[str, list[Finding]]()
    for item in seen.secrets.values():
        access = run_checks(item.evidence) if item.evidence else None
        for finding in access or ():
            if finding.check in SHARED:
                shared.setdefault(finding.check, []).append(finding)
        watched = _watched(seen, item, access, others, intents)
        rows.append(
            Row(item.name, judge_secret(watched), item.remembered(seen.before.get(item.name, {})))
        )
    if (
        not shared and seen.shared is not None
    ):  # no secret was seen at all, and the role may tell why
        for finding in run_checks(seen.shared.first):
            if finding.check in SHARED:
                shared.setdefault(finding.check, []).append(finding)
    around = _around(seen, tuple(_worst(shared)), intents)
    return [*rows, Row("", judge_surroundings(around), seen.remembered())]


def _worst(shared: Mapping[str, list[Finding]]) -> Iterator[Finding]:
    """One finding of each check, the same one whatever the order of the secrets."""
    for _, findings in sorted(shared.items()):
        yield min(findings, key=lambda f: (WORST_FIRST.index(f.status), f.text))


def _watched(
    seen: Seen,
    item: SeenSecret,
    access: tuple[Finding, ...] | None,
    others: Mapping[str, Mapping[str, VersionFacts | None]],
    intents: Intents,
) -> WatchedSecret:
    environment, spec = seen.environment, configuration.spec_of(seen.environment, item.name)
    reads, why = _may_read(seen, item) if access is None else (None, "")
    return WatchedSecret(
        environment=environment, name=item.name, spec=spec, in_catalog=bool(spec.keys), now=seen.at, secret=item.secret,
        facts=item.facts, facts_problem=item.facts_problem, others=others.get(spec.name, {}), ages=_ages(item),
        access=None if access is None else tuple(f for f in access if f.check not in SHARED), may_read=reads, access_problem=why,
        changes=item.changes, is_first_sight=item.is_first_sight, policy_known=isinstance(item.policy, Known),
        intents=intents.get((environment.name, item.name), ()), current_since=_current_since(item),
        function=seen.shared.first.function if seen.shared else None, decrypts=seen.decrypts,
    )  # fmt: skip


def _may_read(seen: Seen, item: SeenSecret) -> tuple[bool | None, str]:
    if seen.shared is None or not isinstance(item.secret, Known):
        return None, "nothing was read of its role and key"
    return may_read(seen.shared.of_listed(item.secret.value, item.policy))


def _ages(item: SeenSecret) -> dict[str, KeyAge | None]:
    if not isinstance(item.secret, Known) or not item.facts or item.versions is None:
        return {}
    secret = item.secret.value
    return {
        key.name: key_age(
            key.name, secret.current, item.versions, item.version_facts, secret.created
        )
        for key in item.facts.keys
    }


def _current_since(item: SeenSecret) -> datetime | None:
    """When the current version became current: when it was made, or when its label was moved."""
    if not isinstance(item.secret, Known) or item.versions is None:
        return None
    current = item.secret.value.current
    made = [v.created for v in item.versions if v.version_id == current and v.created]
    moved = [
        datetime.fromisoformat(c.at)
        for c in item.changes
        if c.kind == "label" and c.version == current
    ]
    return max([*made, *moved], default=None)


def _around(seen: Seen, shared: tuple[Finding, ...], intents: Intents) -> Surroundings:
    name = seen.environment.name
    loose = tuple(
        i
        for (place, secret), found in sorted(intents.items())
        if place == name and secret not in seen.secrets
        for i in found
    )
    return Surroundings(
        environment=seen.environment, now=seen.at, listed=seen.listed, shared=shared, alarms=seen.alarms, changes=seen.changes,
        unread_keys=seen.unread_keys, intents=loose, unlooked=seen.unlooked,
    )  # fmt: skip
