"""Which secrets a person's own roles and users in AWS could read at the last looks. AWS is not
asked.

No list says whose a principal is. Taken as a person's are those of their name, and roles in which
CloudTrail saw a session or a source identity of their name.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ...domain.access.kept_readers import KeptReaders
from ...domain.access.reach import Ability
from ...domain.environment import Environment
from ...domain.people.actor import session_name
from ...models import SecretReaders, TrailCall

_Key = tuple[str, str, str]  # account, "role" or "user", name without a path


@dataclass(frozen=True)
class OwnReader:
    """`is_told`: False where the look could not tell whether it can read."""

    principal: str
    secret: str
    at: datetime
    is_told: bool

    @property
    def name(self) -> str:
        """Without the account."""
        return self.principal.split(":", 5)[5]


@dataclass(frozen=True)
class OwnReaders:
    """In one environment, by looks at so many of its `secrets`, the oldest `since`."""

    environment: Environment
    found: tuple[OwnReader, ...]
    looked_at: int
    secrets: int
    since: datetime | None


def names_of(person: str) -> tuple[str, ...]:
    """By which AWS may know a person: whole, without the domain, and as this console writes it."""
    return tuple(dict.fromkeys((person, person.partition("@")[0], session_name(person))))


def find_own_readers(environment: Environment, person: str) -> OwnReaders:
    """Raises DatabaseError."""
    names = {name.casefold() for name in names_of(person)}
    in_roles = _roles_of_sessions(environment, names)
    rows = SecretReaders.objects.filter(environment=environment.name)
    looked = rows.filter(looked_at__isnull=False).order_by("secret")
    times = [at for at in looked.values_list("looked_at", flat=True) if at]
    mentioned = Q()
    for name in (*names, *(key[2] for key in in_roles)):
        mentioned |= Q(found__icontains=name)
    found = [
        OwnReader(principal, row.secret, row.looked_at, right.is_told)
        for row in looked.filter(mentioned).defer("answer").iterator(chunk_size=50)
        for principal, rights in KeptReaders.from_json(json.loads(row.found)).rights.items()
        if (right := rights.get(Ability.READ))
        and row.looked_at
        and _is_own(principal, names, in_roles)
    ]
    return OwnReaders(environment, tuple(found), len(times), rows.count(), min(times, default=None))


def _roles_of_sessions(environment: Environment, names: set[str]) -> set[_Key]:
    """Without this console's own role: whoever leaves has no way to it any more."""
    theirs = Q()
    for name in names:
        theirs |= Q(session__iexact=name) | Q(source_identity__iexact=name)
    calls = TrailCall.objects.filter(theirs, environment=environment.name, is_ours=False)
    seen = calls.values_list("principal", flat=True).distinct()
    return {key for arn in seen if (key := _key_of(arn))}


def _is_own(principal: str, names: set[str], in_roles: set[_Key]) -> bool:
    key = _key_of(principal)
    return key is not None and (key in in_roles or key[2].casefold() in names)


def _key_of(arn: str) -> _Key | None:
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None
    kind, _, rest = parts[5].partition("/")
    if kind == "assumed-role":
        return parts[4], "role", rest.partition("/")[0]
    return parts[4], kind, rest.rpartition("/")[2]
