"""Proposals that wait: a proposal is a version under a label of ours, until somebody decides."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.audit.actions import DECISIONS, SWAPS, Action, Outcome
from ...domain.audit.moments import stored_ago
from ...domain.changes.edit import Edit, overlapping
from ...domain.environment import Environment
from ...domain.errors import AwsError, SecretNotEditable
from ...domain.errors.wording import plural
from ...domain.people.actor import Actor
from ...domain.people.roles import is_beginning
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import DESCRIBE
from ...models import AuditRecord, CurrentVersion
from .. import audit, configuration
from ..aws_access import gateways, gather
from ..secrets.version_facts import facts_of_versions, in_other_environments_of_each
from .review_rows import ReviewRow, opaque_row, review_row, unknown_row

# Proposals on the page.
SHOWN = 50


@dataclass(frozen=True)
class Proposal:
    """`sequence` is the intent that proposed it.

    `ends` is when it can no longer be approved, where nobody has decided by then. `rows` are what
    its author saw at review, from facts that the console has. `stale` says why it can no longer be
    approved, "" when it can. `moved` says that the secret has another version than its base now,
    and `overlaps` are the keys that both change, as far as facts are known.
    """

    sequence: int
    secret: str
    version_id: str
    base: str
    author: str
    at: str
    ends: datetime
    reason: str
    rows: tuple[ReviewRow, ...] = ()
    stale: str = ""
    moved: bool = False
    overlaps: tuple[str, ...] = ()


def open_proposals(
    environment: Environment, actor: Actor, is_visible: Callable[[str], bool] = lambda name: True
) -> list[Proposal]:
    """Proposals of an environment that nobody has decided on, newest first, each checked against
    the secret as it is now."""
    waiting = undecided(environment).order_by("-sequence")
    records = [record for record in waiting.iterator() if is_visible(record.secret)][:SHOWN]
    gateway = gateways(environment, actor, DESCRIBE).secrets_manager
    names = sorted({record.secret for record in records})
    answers = gather([partial(_describe, gateway, name) for name in names])
    secrets = dict(zip(names, answers, strict=True))
    specs = [configuration.spec_of(environment, name) for name in names]
    others = in_other_environments_of_each(environment, specs) if specs else {}
    return [_proposal(environment, record, secrets[record.secret], others) for record in records]


def _describe(gateway: SecretsManagerGateway, name: str) -> Secret:
    return gateway.describe_secret(name).value


def undecided(environment: Environment) -> QuerySet[AuditRecord]:
    """The outcomes of proposals that nobody has decided on."""
    # Without the phase, which the outcome implies: SQLite would take the index of phases instead of
    # that of versions.
    decided = AuditRecord.objects.filter(
        version_id=OuterRef("version_id"), outcome=Outcome.DONE, action__in=DECISIONS
    )
    return _proposed(environment).filter(~Exists(decided))


def _proposed(environment: Environment) -> QuerySet[AuditRecord]:
    return AuditRecord.objects.done().filter(environment=environment.name, action=Action.PROPOSE)


def find_proposal(environment: Environment, sequence: int) -> AuditRecord | None:
    """The record of a proposal that waits; None where none does."""
    return undecided(environment).filter(intent=str(sequence)).first()


def ensure_waiting(record: AuditRecord | None) -> AuditRecord:
    """What `find_proposal` found. Raises SecretNotEditable where none waits."""
    if record is None:
        raise SecretNotEditable(
            "Somebody has decided on this proposal already, or there is none with this number."
        )
    return record


def count_to_decide(environment: Environment, actor: Actor, reach: Sequence[str]) -> int:
    """How many proposals of others can be approved, as far as the console knows; no AWS call.

    `reach` are the prefixes of names that the person may decide on, empty for all.
    """
    oldest = oldest_alive(environment)
    # Each page of those who decide asks, and there is seldom one.
    if not _proposed(environment).filter(at__gte=oldest).exists():
        return 0
    moved = AuditRecord.objects.done().filter(
        environment=environment.name,
        secret=OuterRef("secret"),
        base_version_id=OuterRef("base_version_id"),
        action__in=SWAPS,
    )
    waiting = undecided(environment).filter(~Exists(moved), at__gte=oldest)
    others = waiting.filter(reached(environment, reach)).exclude(actor=actor.name)
    proposed = list(others.values_list("secret", "base_version_id", "at"))
    names = {secret for secret, _, _ in proposed}
    rows = CurrentVersion.objects.filter(environment=environment.name, name__in=names)
    seen = {row.name: row for row in rows} if names else {}
    return sum(not _is_outrun(base, at, seen.get(secret)) for secret, base, at in proposed)


def _is_outrun(base: str, at: str, seen: CurrentVersion | None) -> bool:
    """Whether another version than the base was seen to be current since it was proposed."""
    is_later = seen is not None and seen.read_at > datetime.fromisoformat(at)
    return is_later and seen is not None and seen.version_id != base


def proposals_of(environment: Environment, secret: str) -> list[AuditRecord]:
    """The records of the proposals for one secret that wait, newest first."""
    return list(undecided(environment).filter(secret=secret).order_by("-sequence"))


def reached(environment: Environment, reach: Sequence[str]) -> Q:
    """The secrets whose names grants for these prefixes cover by their letters; all without one."""
    query = Q()
    for prefix in reach:
        name = environment.prefix + prefix
        query |= Q(secret__startswith=name) if is_beginning(prefix) else Q(secret=name)
    return query


def oldest_alive(environment: Environment) -> str:
    """The time, as records have it, before which a proposal has ended by its age."""
    return stored_ago(_longest(environment))


def _longest(environment: Environment) -> timedelta:
    return timedelta(days=environment.rules.proposal_days)


def days_text(environment: Environment) -> str:
    """How long a proposal waits here at most: 14 days."""
    return plural(environment.rules.proposal_days, "day")


def _proposal(
    environment: Environment,
    record: AuditRecord,
    secret: Secret | AwsError,
    others: Mapping[str, Mapping[str, VersionFacts | None]],
) -> Proposal:
    return Proposal(
        sequence=int(record.intent),
        secret=record.secret,
        version_id=record.version_id,
        base=record.base_version_id,
        author=record.actor,
        at=record.at,
        ends=datetime.fromisoformat(record.at) + _longest(environment),
        reason=record.reason,
        rows=tuple(_rows(environment, record, secret, others)),
        stale=why_stale(environment, record, secret),
        moved=not isinstance(secret, AwsError) and secret.current != record.base_version_id,
        overlaps=_known_overlaps(environment, record, secret),
    )


def _known_overlaps(
    environment: Environment, record: AuditRecord, secret: Secret | AwsError
) -> tuple[str, ...]:
    if isinstance(secret, AwsError) or secret.current == record.base_version_id:
        return ()
    spec = configuration.spec_of(environment, record.secret)
    versions = (record.base_version_id, secret.current)
    base, theirs = map(facts_of_versions(secret.arn, spec, versions).get, versions)
    return overlapping(edit_on_top(record, ""), base, theirs) if base and theirs else ()


def edit_on_top(record: AuditRecord, base: str) -> Edit:
    """A proposal's keys as an edit of another base, with what the proposal's version holds.

    Its author has given the reason and typed the name already.
    """
    return Edit(
        record.secret,
        base,
        restores=record.version_id,
        restored_keys=tuple(audit.texts(record.keys)),
        reason=record.reason,
        typed_name=record.secret,
        idempotency_key=f"on top {record.intent}",
        replaces=int(record.intent),
    )


def _rows(
    environment: Environment,
    record: AuditRecord,
    secret: Secret | AwsError,
    others: Mapping[str, Mapping[str, VersionFacts | None]],
) -> Iterable[ReviewRow]:
    names = audit.texts(record.keys)
    if not names:
        return [opaque_row("as proposed")]
    if isinstance(secret, AwsError):
        return map(unknown_row, names)
    spec = configuration.spec_of(environment, record.secret)
    versions = (record.base_version_id, record.version_id)
    before, after = map(facts_of_versions(secret.arn, spec, versions).get, versions)
    if after is None:
        return map(unknown_row, names)
    others_of = others[spec.name]
    if before is None:
        rows = [review_row(name, None, after.key(name), spec, others_of) for name in names]
        return [replace(row, before="not known") for row in rows]
    rows = [review_row(name, before.key(name), after.key(name), spec, others_of) for name in names]
    return rows if before.kind == "object" else [*rows, opaque_row("as proposed")]


def why_stale(environment: Environment, record: AuditRecord, secret: Secret | AwsError) -> str:
    """Why a proposal can no longer be approved, "" where it can."""
    if isinstance(secret, AwsError):
        return f"The secret cannot be checked: {secret.message}"
    if secret.current != record.base_version_id:
        return "Somebody changed the secret after it was proposed."
    if record.at < oldest_alive(environment):
        return (
            f"It has waited for longer than {days_text(environment)}, the most in "
            f"{environment.name}. Propose it again."
        )
    if record.version_id not in secret.versions:
        return "Its version no longer carries the proposal's label."
    return ""
