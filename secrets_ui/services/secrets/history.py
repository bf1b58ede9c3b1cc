"""The versions of a secret: who made each, why, what it changed, and whether AWS still has it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import QuerySet

from ...domain.audit.actions import WRITES
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.history import Difference, differences
from ...domain.secrets.pins import pin_name
from ...domain.secrets.secret import AWSCURRENT, Secret, SecretVersion, with_labelled
from ...domain.session_scope import OPEN
from ...models import AuditRecord, VersionRecord
from .. import configuration
from ..audit.who_changed import Author, authors_of, pins_on_record, who_pinned
from ..aws_access import begin, gateways
from .current_versions import keep_news, last_known_versions
from .version_facts import facts_of, facts_of_versions

_NOT_LISTED = "on another page"  # in place of a version's id
ROWS = 25  # versions of AWS on a page, and records of those that were made here


@dataclass(frozen=True)
class Pinned:
    """A pin on a version; `by` is None where it was put on outside this console."""

    name: str
    label: str
    by: Author | None


@dataclass(frozen=True)
class HistoryEntry:
    """`version` is None where AWS did not list it. `changed` is None where the keys of this
    version, or of the one that it came from, are not known; `keys` are then those that the record
    names.
    """

    id: str
    made: datetime | None
    version: SecretVersion | None
    author: Author | None
    changed: tuple[Difference, ...] | None
    keys: tuple[str, ...] = ()
    pins: tuple[Pinned, ...] = ()

    @property
    def is_current(self) -> bool:
        return self.version is not None and AWSCURRENT in self.version.labels

    @property
    def other_labels(self) -> tuple[str, ...]:
        """Those that are no pins."""
        labels = self.version.labels if self.version else ()
        return tuple(label for label in labels if not pin_name(label))


@dataclass(frozen=True)
class History:
    """A page of it. `labels` counts those on all versions.

    `next_token` leads to more versions of AWS, "" where all were listed: only then is it known
    that AWS has one no more. `has_older`: the log tells of more that were made here.
    """

    secret: Secret
    entries: tuple[HistoryEntry, ...]
    labels: int
    read_at: datetime
    next_token: str = ""
    has_older: bool = False
    is_first: bool = True

    @property
    def is_whole(self) -> bool:
        return self.is_first and not self.next_token

    @property
    def can_be_compared(self) -> bool:
        return sum(entry.version is not None for entry in self.entries) > 1


@dataclass(frozen=True)
class _Record:
    """What the audit log has of the making of a version."""

    base: str
    keys: tuple[str, ...]
    at: datetime


def history_of(environment: Environment, actor: Actor, name: str, token: str = "") -> History:
    """The page that `token` leads to. Two calls to AWS, and no value. Raises InvalidSecretName,
    AwsErrors.

    The first page has the versions with labels and the last that were made here as well, wherever
    AWS lists them.
    """
    name = environment.secret_name(name)
    gateway = gateways(environment, actor, OPEN.of(name)).secrets_manager
    asked = begin(lambda: gateway.version_page(name, token, size=ROWS))
    described = begin(lambda: gateway.describe_secret(name))
    # The database is asked while AWS answers.
    last = [] if token else _last_made(environment, name)
    known = last_known_versions(environment, [name])
    secret, page = described.result().value, asked.result().value
    shown = page.versions if token else with_labelled(secret, page.versions)
    versions = {version.version_id: version for version in shown}
    records = _records(environment, name, versions, last)
    keep_news(environment, [secret], known)
    return History(
        secret,
        _entries(environment, secret, versions, records, is_whole=not (token or page.next_token)),
        secret.label_count,
        datetime.now(UTC),
        page.next_token,
        has_older=len(records) >= ROWS,
        is_first=not token,
    )


def versions_on_record(
    environment: Environment, secret: Secret, seen_at: datetime | None
) -> tuple[HistoryEntry, ...]:
    """The last versions that were made, looked at or pinned here, for when AWS does not list them.
    No AWS call.

    Of `secret` its ARN and its current version are known, which was seen at `seen_at` first. A
    version that somebody else made has no date, and nobody knows what it changed.
    """
    seen = _last_derived(secret.arn)
    if secret.current and seen_at:
        seen[secret.current] = seen_at
    labels: dict[str, tuple[str, ...]] = dict.fromkeys(seen, ()) | dict(secret.versions)
    for label, version in pins_on_record(environment.name, secret.name).items():
        labels[version] = (*labels.get(version, ()), label)
    versions = {id: SecretVersion(id, labels=found) for id, found in labels.items()}
    records = _records(environment, secret.name, versions, _last_made(environment, secret.name))
    return _entries(environment, secret, versions, records, is_whole=False, seen=seen)


def _last_derived(arn: str) -> dict[str, datetime]:
    """When the versions that were looked at last were looked at."""
    found = VersionRecord.objects.filter(arn=arn).order_by("-derived_at")
    return dict(found.values_list("version_id", "derived_at")[:ROWS])


_COLUMNS = ("version_id", "base_version_id", "keys", "at")
_Made = tuple[str, str, str, str]


def _made(environment: Environment, name: str) -> QuerySet[AuditRecord]:
    """The records of versions that this console made, the newest first."""
    done = AuditRecord.objects.done()
    made = done.filter(environment=environment.name, secret=name, action__in=WRITES)
    return made.order_by("-sequence")


def _last_made(environment: Environment, name: str) -> list[_Made]:
    return list(_made(environment, name).values_list(*_COLUMNS)[:ROWS])


def _records(
    environment: Environment, name: str, versions: Iterable[str], last: Sequence[_Made]
) -> dict[str, _Record]:
    """By version id, for those of `versions` that this console made, and for the `last`. One query,
    or none."""
    rows, known = [*last], {row[0] for row in last}
    if missing := [version for version in versions if version not in known]:
        rows += _made(environment, name).filter(version_id__in=missing).values_list(*_COLUMNS)
    # The oldest record of a version is that of its making; an approval comes later.
    return {
        version: _Record(base, tuple(json.loads(keys)), datetime.fromisoformat(at))
        for version, base, keys, at in rows
    }


def _entries(
    environment: Environment,
    secret: Secret,
    versions: Mapping[str, SecretVersion],
    records: Mapping[str, _Record],
    *,
    is_whole: bool,
    seen: Mapping[str, datetime] | None = None,
) -> tuple[HistoryEntry, ...]:
    """`seen`, where AWS did not list the versions, is when they were seen, for their order. Where
    it did, each came from the one before it.
    """
    dates = {id: record.at for id, record in records.items()}
    dates |= {id: version.created for id, version in versions.items() if version.created}
    unknown = datetime.min.replace(tzinfo=UTC)
    # Of the same second, the order of AWS's list tells which is newer.
    listed = dict.fromkeys((*versions, *records))
    moments = {**(seen or {}), **dates}
    ids = sorted(listed, key=lambda id: moments.get(id, unknown), reverse=True)
    spec = configuration.spec_of(environment, secret.name)
    facts, authors = facts_of_versions(secret.arn, spec, ids), authors_of(ids)
    earlier = [*ids[1:], "" if is_whole else _NOT_LISTED]
    before = dict(zip(ids, earlier if seen is None else [_NOT_LISTED] * len(ids), strict=True))
    pins = _pins(versions)
    return tuple(
        HistoryEntry(
            id,
            dates.get(id),
            versions.get(id),
            authors.get(id),
            _changed(facts, records[id].base if id in records else before[id], id),
            records[id].keys if id in records else (),
            pins.get(id, ()),
        )
        for id in ids
    )


def _pins(versions: Mapping[str, SecretVersion]) -> dict[str, tuple[Pinned, ...]]:
    """By version id, for those that have some."""
    labels = {
        id: pins
        for id, version in versions.items()
        if (pins := [label for label in version.labels if pin_name(label)])
    }
    by = who_pinned(labels) if labels else {}
    return {
        id: tuple(Pinned(pin_name(pin), pin, by.get((id, pin))) for pin in pins)
        for id, pins in labels.items()
    }


def _changed(
    facts: Mapping[str, VersionFacts], base: str, id: str
) -> tuple[Difference, ...] | None:
    before = facts.get(base) if base else VersionFacts("", "object")
    after = facts.get(id)
    if before is None or after is None or {before.kind, after.kind} != {"object"}:
        return None
    return differences(before, after)


@dataclass(frozen=True)
class Compared:
    """Two versions, key by key. `is_opaque`: one of them is no JSON object."""

    before: str
    after: str
    changed: tuple[Difference, ...]
    staying: int
    is_opaque: bool = False


def compare_versions(
    environment: Environment, actor: Actor, secret: Secret, before: str, after: str
) -> Compared:
    """Each version is read once, on record, where nobody has looked at it yet. Raises AwsErrors,
    AuditUnavailable.
    """
    spec = configuration.spec_of(environment, secret.name)
    one = facts_of(environment, actor, secret, before, spec) or VersionFacts("", "object")
    other = facts_of(environment, actor, secret, after, spec) or VersionFacts("", "object")
    if {one.kind, other.kind} != {"object"}:
        return Compared(before, after, (), 0, is_opaque=True)
    changed = differences(one, other)
    lost = sum(item.before is not None for item in changed)
    return Compared(before, after, changed, len(one.keys) - lost)
