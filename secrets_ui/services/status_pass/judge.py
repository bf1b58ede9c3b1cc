"""Seventh stage: a row of findings for each secret, and one for the environment itself.

No AWS call.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...checks.access import run_checks
from ...checks.status import judge_secret, judge_surroundings
from ...domain.access.evidence import Known
from ...domain.access.finding import WORST_FIRST, Finding
from ...domain.environment import Environment
from ...domain.secrets.arrival import rollout_of
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.key_age import KeyAge, key_age
from ...domain.secrets.rollout import Rollout
from ...domain.secrets.secret import AWSPENDING
from ...domain.status.due_dates import NO_DATES, Dates, due_dates
from ...domain.status.status import StatusFinding
from ...domain.status.watched import OpenIntent, Surroundings, UnseenEmergency, WatchedSecret
from .. import configuration
from ..access.share import may_read
from ..audit.who_changed import authors_of
from ..changes.emergencies import open_emergencies
from ..secrets.rollout import current_since
from ..secrets.version_facts import in_other_environments_of_each
from .readers import NewReaders, find_new_readers
from .rights import WithRights

# Checks of the access path that are about no one secret: reported once, of the environment.
SHARED = frozenset((
    "console_reaches_aws", "function_runs_as_role", "role_exists", "lambda_may_assume_role",
    "function_reaches_secrets_manager", "policies_are_attached", "no_recent_denials",
    "alias_points_at_the_key", "key_is_usable", "key_rotates",
))  # fmt: skip
Intents = Mapping[tuple[str, str], tuple[OpenIntent, ...]]
Others = Mapping[str, Mapping[str, VersionFacts | None]]


@dataclass(frozen=True)
class Row:
    """`secret` "" is the environment itself; `remembered` is for the next pass; `due` says when its
    keys are due."""

    secret: str
    findings: tuple[StatusFinding, ...]
    remembered: Mapping[str, Any]
    due: Dates = NO_DATES


@dataclass(frozen=True)
class Judged:
    """`is_whole`: the rows cover every secret, so snapshots of others are deleted."""

    environment: Environment
    at: datetime
    rows: tuple[Row, ...]
    is_whole: bool


def judge(changed: WithRights, intents: Intents) -> Judged:
    """After these stages of every environment, since secrets are compared between them.

    Raises DatabaseError.
    """
    specs = list(configuration.catalog().secrets.values())
    others = in_other_environments_of_each(changed.environment, specs)
    access = {name: run_checks(evidence) for name, evidence in changed.evidence.items()}
    readers = find_new_readers(changed.environment, changed.at)
    watched = [
        _watched(changed, name, access.get(name), others, intents, readers)
        for name in changed.secrets
    ]
    rows = [
        Row(one.name, judge_secret(one), changed.remembered(one.name), due_dates(one))
        for one in watched
    ]
    around = _around(changed, _shared(changed, access), intents)
    rows.append(Row("", judge_surroundings(around), changed.remembered_around()))
    is_whole = isinstance(changed.listed, Known)
    return Judged(changed.environment, changed.at, tuple(rows), is_whole)


def _shared(changed: WithRights, access: Mapping[str, tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """Where the checks of no secret were run, the first one's evidence may still explain it."""
    every = [f for findings in access.values() for f in findings if f.check in SHARED]
    if not every and changed.shared is not None:
        every = [f for f in run_checks(changed.shared) if f.check in SHARED]
    return tuple(_worst_of_each(every))


def _worst_of_each(found: Iterable[Finding]) -> Iterator[Finding]:
    """One finding of each check, the same one whatever the order of the secrets."""
    by_check = dict[str, list[Finding]]()
    for finding in found:
        by_check.setdefault(finding.check, []).append(finding)
    for _, findings in sorted(by_check.items()):
        yield min(findings, key=lambda f: (WORST_FIRST.index(f.status), f.text))


def _watched(
    changed: WithRights,
    name: str,
    access: tuple[Finding, ...] | None,
    others: Others,
    intents: Intents,
    readers: NewReaders,
) -> WatchedSecret:
    environment, spec = changed.environment, configuration.spec_of(changed.environment, name)
    reads, why = _may_read(changed, name) if access is None else (None, "")
    return WatchedSecret(
        environment=environment,
        name=name,
        spec=spec,
        in_catalog=bool(spec.keys),
        now=changed.at,
        secret=changed.secrets[name],
        facts=changed.facts.get(name),
        facts_problem=changed.facts_problems.get(name, ""),
        others=others.get(spec.name, {}),
        ages=_ages(changed, name),
        trials=changed.verdicts.get(name, {}),
        access=None if access is None else tuple(f for f in access if f.check not in SHARED),
        may_read=reads,
        access_problem=why,
        changes=changed.changes.get(name, ()),
        is_first_sight=changed.is_first_sight(name),
        policy_known=isinstance(changed.policy(name), Known),
        intents=intents.get((environment.name, name), ()),
        current_since=_current_since(changed, name),
        pending_since=_pending_since(changed, name),
        function=changed.shared.function if changed.shared else None,
        rollout=_rollout(changed, name),
        decrypts=changed.decrypts,
        rights=changed.rights.get(name),
        new_readers=readers.of(name),
        readers_problem=readers.problem,
    )


def _may_read(changed: WithRights, name: str) -> tuple[bool | None, str]:
    evidence = changed.readable.get(name)
    return may_read(evidence) if evidence else (None, "nothing was read of its role and key")


def _ages(changed: WithRights, name: str) -> dict[str, KeyAge | None]:
    found, facts, versions = changed.secrets[name], changed.facts.get(name), changed.versions(name)
    if not isinstance(found, Known) or not facts or versions is None:
        return {}
    secret, of_versions = found.value, changed.version_facts.get(name, {})
    authors = authors_of(version.version_id for version in versions)
    makings = {version: author.made for version, author in authors.items()}
    return {
        key.name: key_age(key.name, secret.current, versions, of_versions, secret.created, makings)
        for key in facts.keys
    }


def _current_since(changed: WithRights, name: str) -> datetime | None:
    """When the current version became current: when it was made, or when its label was moved."""
    found, versions = changed.secrets[name], changed.versions(name)
    if not isinstance(found, Known) or versions is None:
        return None
    current = found.value.current
    made = [v.created for v in versions if v.version_id == current and v.created]
    moved = [
        datetime.fromisoformat(change.at)
        for change in changed.changes.get(name, ())
        if change.kind == "label" and change.version == current
    ]
    return max([*made, *moved], default=None)


def _rollout(changed: WithRights, name: str) -> Rollout | None:
    """None where the log was not read, or the secret is none of the catalogue's."""
    found, versions = changed.secrets[name], changed.versions(name)
    if changed.log is None or versions is None or not isinstance(found, Known):
        return None
    secret, listed = found.value, [version.version_id for version in versions]
    if secret.deleted or not secret.current:
        return None
    # A proposal was made before it became current, and a label may be moved outside.
    moments = (current_since(secret.current, versions), _current_since(changed, name))
    return rollout_of(
        *(changed.environment.name, secret, listed, changed.log),
        current_since=max((moment for moment in moments if moment), default=None),
    )


def _pending_since(changed: WithRights, name: str) -> datetime | None:
    found, versions = changed.secrets[name], changed.versions(name)
    if not isinstance(found, Known) or versions is None:
        return None
    pending = found.value.version_with(AWSPENDING)
    return next((v.created for v in versions if v.version_id == pending), None)


def _around(changed: WithRights, shared: tuple[Finding, ...], intents: Intents) -> Surroundings:
    """With the open intents on secrets that have no row of their own."""
    name = changed.environment.name
    loose = (
        found
        for (environment, secret), found in sorted(intents.items())
        if environment == name and secret not in changed.secrets
    )
    return Surroundings(
        environment=changed.environment,
        now=changed.at,
        listed=changed.listed,
        shared=shared,
        alarms=changed.alarms,
        changes=changed.other_changes,
        unread_keys=changed.unread_keys,
        intents=tuple(intent for found in loose for intent in found),
        not_inspected=changed.unread,
        emergencies=tuple(
            UnseenEmergency(made.sequence, made.secret, made.by, made.at)
            for made in open_emergencies(changed.environment)
        ),
    )
