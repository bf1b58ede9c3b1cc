"""Reveal debt: keys whose current value people have seen. Changing the value pays it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth import get_user_model

from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.people.roles import ROLES, covers
from ...models import AuditRecord, AuditRecords, CurrentVersion, RoleGrant, VersionRecord
from .. import configuration

# The right to see a value; the audit log's action of the same name is Action.REVEAL.
RIGHT = "secret.reveal"


@dataclass(frozen=True)
class Debt:
    """A key that `person` saw, last at `at`, and that holds the same value since.

    `why` says why it should be changed, "" where the person still has a role there. `sequence` is
    the record's.
    """

    environment: str
    secret: str
    key: str
    person: str
    at: str
    sequence: int
    why: str = ""


def debts_of_secret(environment: Environment, name: str, current: str) -> dict[str, list[Debt]]:
    """By key, one for each person, the last who saw it first; `current` is AWSCURRENT's version
    id."""
    shown = _shown(AuditRecord.objects.filter(environment=environment.name, secret=name))
    found: dict[str, list[Debt]] = {}
    for debt in _unpaid(shown, {(environment.name, name): current}):
        found.setdefault(debt.key, []).append(debt)
    return found


def debts_of(person: str, environments: Iterable[Environment]) -> list[Debt]:
    """What a person saw in these environments, by the versions that this console last saw to be
    current. No AWS call."""
    names = [environment.name for environment in environments]
    return _debts(AuditRecord.objects.filter(actor=person, environment__in=names))


def reveal_debt(environment: Environment) -> list[Debt]:
    """Every value in an environment that somebody has seen and that has not changed since."""
    return _debts(AuditRecord.objects.filter(environment=environment.name))


def to_rotate(environments: Iterable[Environment]) -> list[Debt]:
    """What people saw who have no role for it any more, or whose account is off.

    Only a new value takes it back.
    """
    names = [environment.name for environment in environments]
    found = _debts(AuditRecord.objects.filter(environment__in=names))
    return [debt for debt in found if debt.why]


def _debts(records: AuditRecords) -> list[Debt]:
    shown = _shown(records)
    current_versions = CurrentVersion.objects.filter(name__in={debt.secret for debt, _ in shown})
    current = {
        (environment, name): version
        for environment, name, version in current_versions.values_list(
            "environment", "name", "version_id"
        )
    }
    return _with_reasons(_unpaid(shown, current))


def _shown(records: AuditRecords) -> list[tuple[Debt, str]]:
    """Each key that was shown and the version it was shown of, the latest first.

    Values that are not secret are no debt.
    """
    rows = records.done().filter(action=Action.REVEAL).order_by("-sequence")
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


def _unpaid(shown: Sequence[tuple[Debt, str]], current: dict[tuple[str, str], str]) -> list[Debt]:
    """Those whose value is still the one that was shown, one for each key and person.

    Where that is not known, the debt counts as unpaid.
    """
    if not shown:
        return []
    prints = _fingerprints({version for _, version in shown} | set(current.values()))
    unpaid: dict[tuple[str, str, str, str], Debt] = {}
    for debt, version in shown:
        now = current.get((debt.environment, debt.secret), version)
        if version == now or not _is_changed(debt.key, prints.get(version), prints.get(now)):
            unpaid.setdefault((debt.environment, debt.secret, debt.key, debt.person), debt)
    return list(unpaid.values())


def _is_changed(key: str, before: dict[str, str] | None, after: dict[str, str] | None) -> bool:
    """Between two versions.

    A whole text has no fingerprint, and another version of it is another text.
    """
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


def _with_reasons(debts: Collection[Debt]) -> list[Debt]:
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
    return replace(debt, why=why)


def _reaches(grant: RoleGrant, debt: Debt) -> bool:
    """Whether the grant would show the value today."""
    environment = configuration.environments().get(grant.environment)
    if environment is None or grant.environment != debt.environment:
        return False
    return RIGHT in ROLES.get(grant.role, ()) and covers(environment, grant.prefix, debt.secret)
