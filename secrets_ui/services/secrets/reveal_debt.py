"""Reveal debt: keys whose value, as it is now, people have seen. It is paid by changing the value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from ...domain.environment import Environment
from ...domain.people.roles import ROLES, covers
from ...models import AuditRecord, RoleGrant, SecretSighting, VersionRecord
from .. import configuration

REVEAL = "secret.reveal"


@dataclass(frozen=True)
class Debt:
    """A key that `person` saw, last at `at`, and that holds the same value since. `why` says why it should be changed, "" where the
    person still has a role there. `sequence` is the record."""

    environment: str
    secret: str
    key: str
    person: str
    at: str
    sequence: int
    why: str = ""


def debts_of_secret(environment: Environment, name: str, current: str) -> dict[str, list[Debt]]:
    """By key, one for each person, the last who saw it first; `current` is AWSCURRENT's version id."""
    seen = _seen(AuditRecord.objects.filter(environment=environment.name, secret=name))
    found: dict[str, list[Debt]] = {}
    for debt in _unpaid(seen, {(environment.name, name): current}):
        found.setdefault(debt.key, []).append(debt)
    return found


def debts_of(person: str, places: Iterable[Environment]) -> list[Debt]:
    """What a person saw in these environments, by the versions that this console last saw to be current. No AWS call."""
    return _debts(
        AuditRecord.objects.filter(actor=person, environment__in=[place.name for place in places])
    )


def reveal_debt(environment: Environment) -> list[Debt]:
    """Everything in an environment that somebody has seen as it is now."""
    return _debts(AuditRecord.objects.filter(environment=environment.name))


def to_rotate(places: Iterable[Environment]) -> list[Debt]:
    """What people saw who have no role for it any more, or whose account is off: to be changed, since nothing else takes it back."""
    found = _debts(AuditRecord.objects.filter(environment__in=[place.name for place in places]))
    return [debt for debt in found if debt.why]


def _debts(records: object) -> list[Debt]:
    seen = _seen(records)
    sightings = SecretSighting.objects.filter(name__in={debt.secret for debt, _ in seen})
    current = {
        (place, name): version
        for place, name, version in sightings.values_list("environment", "name", "version_id")
    }
    return _with_reasons(_unpaid(seen, current))


def _seen(records: object) -> list[tuple[Debt, str]]:
    """Each key that was shown, with the version it was shown of; the last time first. Values that are not secret are no debt."""
    rows = records.filter(phase="outcome", action=REVEAL, outcome="done").order_by("-sequence")  # type: ignore[attr-defined]
    found = []
    for row in rows.iterator():
        for key in json.loads(row.keys):
            debt = Debt(row.environment, row.secret, key, row.actor, row.at, int(row.intent))
            if _is_secret(debt):
                found.append((debt, row.version_id))
    return found


def _is_secret(debt: Debt) -> bool:
    environment = configuration.environments().get(debt.environment)
    rules = configuration.spec_of(environment, debt.secret).key(debt.key) if environment else None
    return rules is None or rules.secret


def _unpaid(seen: Sequence[tuple[Debt, str]], current: dict[tuple[str, str], str]) -> list[Debt]:
    """Those whose value is still the one that was seen, one for each key and person. What cannot be told counts as unpaid."""
    if not seen:
        return []
    prints = _fingerprints({version for _, version in seen} | set(current.values()))
    unpaid: dict[tuple[str, str, str, str], Debt] = {}
    for debt, version in seen:
        now = current.get((debt.environment, debt.secret), version)
        if version == now or not _is_changed(debt.key, prints.get(version), prints.get(now)):
            unpaid.setdefault((debt.environment, debt.secret, debt.key, debt.person), debt)
    return list(unpaid.values())


def _is_changed(key: str, before: dict[str, str] | None, after: dict[str, str] | None) -> bool:
    """Between two versions. A whole text has no fingerprint, and another version of it is another text."""
    if before is None or after is None:
        return False
    return key not in before or before[key] != after.get(key)


def _fingerprints(versions: set[str]) -> dict[str, dict[str, str]]:
    """Of each key, by version. Version ids are hashes or random, so no two secrets share one."""
    rows = VersionRecord.objects.filter(version_id__in=versions).values_list("version_id", "facts")
    return {
        version: {key["name"]: key["fingerprint"] for key in json.loads(facts)["keys"]}
        for version, facts in rows
    }


def _with_reasons(debts: Iterable[Debt]) -> list[Debt]:
    debts = list(debts)
    names = {debt.person for debt in debts}
    is_on = dict(
        get_user_model()
        ._default_manager.filter(username__in=names)
        .values_list("username", "is_active")
    )
    grants: dict[str, list[RoleGrant]] = {}
    for grant in RoleGrant.objects.filter(user__username__in=names).select_related("user"):
        grants.setdefault(grant.user.get_username(), []).append(grant)
    return [
        _with_reason(debt, is_on.get(debt.person), grants.get(debt.person, [])) for debt in debts
    ]


def _with_reason(debt: Debt, is_on: bool | None, grants: Iterable[RoleGrant]) -> Debt:
    why = ""
    if not is_on:
        why = "the account is off" if is_on is False else "the account is gone"
    elif not any(_reaches(grant, debt) for grant in grants):
        why = "no role there any more"
    return Debt(debt.environment, debt.secret, debt.key, debt.person, debt.at, debt.sequence, why)


def _reaches(grant: RoleGrant, debt: Debt) -> bool:
    """Whether the grant would show the value today."""
    environment = configuration.environments().get(grant.environment)
    if environment is None or grant.environment != debt.environment:
        return False
    return REVEAL in ROLES.get(grant.role, ()) and covers(environment, grant.prefix, debt.secret)
