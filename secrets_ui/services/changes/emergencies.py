"""Emergencies: proposals that an editor makes current alone, and a second person looks at later."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.environment import Environment
from ...domain.errors import InvalidChange, SecretNotEditable
from ...domain.people.actor import Actor
from ...models import AuditRecord
from .. import audit
from .decide import make_current
from .proposals import reached
from .recording import refuse_person
from .rules import ensure_not_too_many

# Characters of a reason: enough for what is broken, and where that is told.
LEAST = 20


@dataclass(frozen=True)
class Emergency:
    """One that nobody else has looked at. `sequence` is the intent's."""

    sequence: int
    secret: str
    version_id: str
    base: str
    by: str
    proposed_by: str
    at: str
    reason: str
    keys: tuple[str, ...]

    def concerns(self, person: str) -> bool:
        """Whether the person made it, or proposed it, and so is no second person."""
        return person in (self.by, self.proposed_by)


def make_current_in_emergency(
    environment: Environment, actor: Actor, proposed: AuditRecord, reason: str
) -> AuditRecord:
    """Makes a proposal that waits current without an approval; returns its record.

    Raises NotPermitted where the rules allow none, InvalidChange for a reason that says too little,
    and what an approval raises.
    """
    if not environment.rules.emergency:
        why = f"{environment.name} has no emergencies: a second person decides."
        refuse_person(environment, actor, proposed.secret, "make a change current alone", why)
    if len(reason.strip()) < LEAST:
        raise InvalidChange(
            f"An emergency needs a reason of at least {LEAST} characters, "
            "which everybody who is told of it can act on.",
            key="reason",
        )
    return make_current(environment, actor, proposed, reason)


def open_emergencies(environment: Environment, secret: str = "") -> list[Emergency]:
    """Those that no second person has looked at, newest first; of one secret, or of all."""
    found = _unseen(environment)
    if secret:
        found = found.filter(secret=secret)
    return [_emergency(record) for record in found.order_by("-sequence")]


def count_to_look_at(environment: Environment, actor: Actor, reach: Sequence[str]) -> int:
    """How many wait for this person. `reach` are the prefixes of names that they may decide on."""
    # Each page of those who decide asks, and there is seldom one.
    made = AuditRecord.objects.done().filter(environment=environment.name, action=Action.EMERGENCY)
    if not made.exists():
        return 0
    found = _unseen(environment).filter(reached(environment, reach))
    return sum(not _emergency(record).concerns(actor.name) for record in found)


def find_emergency(environment: Environment, sequence: int) -> Emergency | None:
    """None where somebody has looked at it already, or there was none."""
    found = _unseen(environment).filter(intent=str(sequence)).first()
    return _emergency(found) if found else None


def look_at(environment: Environment, actor: Actor, emergency: Emergency, reason: str) -> int:
    """Records that a second person has looked at it, and what came of it. Returns the record's
    sequence.

    Raises NotPermitted for whoever made or proposed it, InvalidChange without a reason,
    SecretNotEditable where somebody was first, TooMany, AuditUnavailable.
    """
    if emergency.concerns(actor.name):
        what = "look at one's own emergency change"
        why = "It is your own change, so somebody else has to look at it."
        refuse_person(environment, actor, emergency.secret, what, why)
    if not reason.strip():
        raise InvalidChange("Say what you found: it ends the emergency, on record.", key="reason")
    ensure_not_too_many(environment, actor, emergency.secret)

    def ensure_first() -> None:
        if find_emergency(environment, emergency.sequence) is None:
            raise SecretNotEditable("Somebody else has looked at it already.")

    return audit.record(
        Action.LOOK_AT_EMERGENCY,
        actor,
        environment=environment.name,
        secret=emergency.secret,
        version_id=emergency.version_id,
        keys=emergency.keys,
        reason=reason,
        details={"emergency": emergency.sequence, "made_by": emergency.by},
        in_transaction=ensure_first,
    ).sequence


def _unseen(environment: Environment) -> QuerySet[AuditRecord]:
    seen = AuditRecord.objects.filter(
        version_id=OuterRef("version_id"), action=Action.LOOK_AT_EMERGENCY, outcome=Outcome.DONE
    )
    made = AuditRecord.objects.filter(environment=environment.name, action=Action.EMERGENCY)
    return made.done_once().filter(~Exists(seen))


def _emergency(record: AuditRecord) -> Emergency:
    return Emergency(
        sequence=int(record.intent),
        secret=record.secret,
        version_id=record.version_id,
        base=record.base_version_id,
        by=record.actor,
        proposed_by=_author(record),
        at=record.at,
        reason=record.reason,
        keys=tuple(audit.texts(record.keys)),
    )


def _author(record: AuditRecord) -> str:
    """Who proposed the version."""
    proposed = AuditRecord.objects.filter(
        version_id=record.version_id, phase=Phase.OUTCOME, action=Action.PROPOSE
    )
    return proposed.values_list("actor", flat=True).first() or ""
