"""Debt: keys whose current value people know, because they saw it or gave it. Changing the value
pays it."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ...domain.audit.actions import SWAPS, Action, Phase
from ...domain.audit.moments import stored
from ...domain.changes.origins import Origin, given_values
from ...domain.environment import Environment
from ...domain.people.roles import ROLES, covers
from ...models import AuditRecord, AuditRecords, CurrentVersion, RoleGrant, VersionRecord
from .. import configuration

# What a person gives values by. An approval makes current what its proposer knows.
_GIVES = (Action.CREATE, Action.SAVE, Action.PROPOSE)
_WORDS = {
    Origin.SEEN: "saw it",
    Origin.TYPED: "typed it",
    Origin.IMPORTED: "imported it",
    Origin.GENERATED: "had it generated",
    Origin.SET: "set it",
}
_SEES, _EDITS = "secret.reveal", "secret.edit"


@dataclass(frozen=True)
class Debt:
    """A key whose value `person` knows, last by `origin` at `at`, and that holds the same since.

    `why` says why it should be changed, "" where the person may still know it by their role there.
    `sequence` is the record's.
    """

    environment: str
    secret: str
    key: str
    person: str
    at: str
    sequence: int
    origin: Origin = Origin.SEEN
    why: str = ""

    @property
    def id(self) -> str:
        """Names it in a form, whatever signs its key has."""
        return debt_id(self.person, self.environment, self.secret, self.key)

    @property
    def how(self) -> str:
        """What the person did, after their name."""
        return _WORDS[self.origin]

    @property
    def right(self) -> str:
        """The right by which a person may know the value so."""
        return _SEES if self.origin is Origin.SEEN else _EDITS


def debt_id(*place: str) -> str:
    """Of a person, an environment, a secret and a key."""
    return hashlib.sha256(json.dumps(place).encode()).hexdigest()[:16]


Learnt = Sequence[tuple[Debt, str]]
"""Each key that somebody came to know, and the version by which."""


def learnt_of_secret(environment: Environment, name: str) -> Learnt:
    """For `debts_of_secret`, while AWS is asked which version is current. Two queries."""
    return _known(AuditRecord.objects.filter(environment=environment.name, secret=name))


def debts_of_secret(
    environment: Environment, name: str, current: str, known: Learnt | None = None
) -> dict[str, list[Debt]]:
    """By key, one for each person, who came to know it last first; `current` is AWSCURRENT's
    version id."""
    known = learnt_of_secret(environment, name) if known is None else known
    found: dict[str, list[Debt]] = {}
    for debt in _unpaid(known, {(environment.name, name): current}):
        found.setdefault(debt.key, []).append(debt)
    return found


def debts_of(person: str, environments: Iterable[Environment]) -> list[Debt]:
    """What a person knows in these environments, by the versions that this console last saw to be
    current. No AWS call."""
    names = [environment.name for environment in environments]
    return _debts(AuditRecord.objects.filter(actor=person, environment__in=names))


def to_rotate(environments: Iterable[Environment]) -> list[Debt]:
    """What people know who have no role for it any more, or whose account is off.

    Only a new value takes it back.
    """
    return [debt for place in environments for debt in _left_behind(place) if debt.why]


def _left_behind(environment: Environment) -> list[Debt]:
    """Records of those who may still see and edit everything there are not looked at."""
    may_all = [
        name
        for name, grants in _grants(RoleGrant.objects.filter(user__is_active=True)).items()
        if all(_reaches(grants, environment, right) for right in (_SEES, _EDITS))
    ]
    records = AuditRecord.objects.filter(environment=environment.name)
    return _debts(records.exclude(actor__in=may_all))


def _debts(records: AuditRecords) -> list[Debt]:
    known = _known(records)
    return _with_reasons(_unpaid(known, _current({debt.secret for debt, _ in known})))


def _current(names: set[str]) -> dict[tuple[str, str], str]:
    """By environment and name, the version that AWS last reported, or that a later record made
    current."""
    reported = {
        (row.environment, row.name): row for row in CurrentVersion.objects.filter(name__in=names)
    }
    current = {place: row.version_id for place, row in reported.items()}
    if not reported:
        return current
    since = {place: stored(row.read_at) for place, row in reported.items()}
    swaps = AuditRecord.objects.done().filter(
        action__in=SWAPS, secret__in=names, at__gt=min(since.values())
    )
    for row in swaps.order_by("sequence"):
        place = (row.environment, row.secret)
        if row.at > since.get(place, row.at):
            current[place] = row.version_id
    return current


def _known(records: AuditRecords) -> Learnt:
    """Each key that somebody came to know, and the version by which, the latest first.

    Values that are not secret are no debt.
    """
    details = _details_of_intents(records)
    rows = records.done().filter(action__in=(Action.REVEAL, *_GIVES)).order_by("-sequence")
    found = []
    for row in rows.iterator():
        for key, origin in _learnt(row, details):
            intent = int(row.intent)
            debt = Debt(row.environment, row.secret, key, row.actor, row.at, intent, origin)
            if _is_secret(debt):
                found.append((debt, row.version_id))
    return found


def _details_of_intents(records: AuditRecords) -> dict[str, str]:
    """Of those that give values, by sequence."""
    intents = records.filter(phase=Phase.INTENT, action__in=_GIVES)
    return {str(number): text for number, text in intents.values_list("sequence", "details")}


def _learnt(row: AuditRecord, details: dict[str, str]) -> Iterator[tuple[str, Origin]]:
    keys = json.loads(row.keys)
    if row.action == Action.REVEAL:
        return ((key, Origin.SEEN) for key in keys)
    return given_values(keys, json.loads(details.get(row.intent, "{}")))


def _is_secret(debt: Debt) -> bool:
    environment = configuration.environments().get(debt.environment)
    rules = configuration.spec_of(environment, debt.secret).key(debt.key) if environment else None
    return rules is None or rules.secret


def _unpaid(known: Learnt, current: dict[tuple[str, str], str]) -> list[Debt]:
    """Those whose value is still the one that the person knows, one for each key and person.

    Where that is not known, the debt counts as unpaid.
    """
    if not known:
        return []
    prints = _fingerprints({version for _, version in known} | set(current.values()))
    unpaid: dict[tuple[str, str, str, str], Debt] = {}
    for debt, version in known:
        now = current.get((debt.environment, debt.secret), version)
        is_same_text = version == now and not debt.key
        if is_same_text or not _is_changed(debt.key, prints.get(version), prints.get(now)):
            unpaid.setdefault((debt.environment, debt.secret, debt.key, debt.person), debt)
    return list(unpaid.values())


def _is_changed(key: str, before: dict[str, str] | None, after: dict[str, str] | None) -> bool:
    """Between two versions, or gone in both.

    A whole text has no fingerprint, and another version of it is another text.
    """
    if before is None or after is None:
        return False
    return key not in before or before[key] != after.get(key)


def _fingerprints(versions: set[str]) -> dict[str, dict[str, str]]:
    """Of each key that holds a value worth knowing, by version. Version ids are hashes or random,
    so no two secrets share one."""
    rows = VersionRecord.objects.filter(version_id__in=versions).values_list("version_id", "facts")
    return {
        version: {
            key["name"]: key["fingerprint"]
            for key in json.loads(facts)["keys"]
            if not (key["placeholder"] or key["empty"])
        }
        for version, facts in rows
    }


def _with_reasons(debts: Collection[Debt]) -> list[Debt]:
    names = {debt.person for debt in debts}
    is_on = dict(
        get_user_model()
        ._default_manager.filter(username__in=names)
        .values_list("username", "is_active")
    )
    grants = _grants(RoleGrant.objects.filter(user__username__in=names))
    return [
        _with_reason(debt, is_on.get(debt.person), grants.get(debt.person, [])) for debt in debts
    ]


def _grants(rows: QuerySet[RoleGrant]) -> dict[str, list[RoleGrant]]:
    """By the name of their account."""
    grants: dict[str, list[RoleGrant]] = {}
    for grant in rows.select_related("user"):
        grants.setdefault(grant.user.get_username(), []).append(grant)
    return grants


def _with_reason(debt: Debt, is_on: bool | None, grants: Iterable[RoleGrant]) -> Debt:
    environment, why = configuration.environments().get(debt.environment), ""
    if not is_on:
        why = "the account is off" if is_on is False else "the account is gone"
    elif environment is None or not _reaches(grants, environment, debt.right, debt.secret):
        why = "no role there any more"
    return replace(debt, why=why)


def _reaches(
    grants: Iterable[RoleGrant], environment: Environment, right: str, secret: str = ""
) -> bool:
    """Whether one of the grants gives the right to the secret today, or to every secret there."""
    return any(
        grant.environment == environment.name
        and right in ROLES.get(grant.role, ())
        and (covers(environment, grant.prefix, secret) if secret else not grant.prefix)
        for grant in grants
    )
