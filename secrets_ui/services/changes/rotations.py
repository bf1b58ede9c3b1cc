"""Rotations of keys: begun, led from step to step, ended or given up; each act on record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...domain.audit.actions import Action
from ...domain.changes.edit import Edit
from ...domain.changes.rotation import Arrival, RotationMoved, Step
from ...domain.environment import Environment
from ...domain.errors import AwsError, ConsoleError, InvalidChange
from ...domain.people.actor import Actor
from ...domain.secrets.tried import Verdict, judge
from ...domain.texts import storable
from ...models import AuditRecord, Rotation
from .. import audit
from ..audit.new_record import NO_DETAILS
from ..secrets.opening import OpenSecret, open_secret
from ..secrets.rollout import look
from ..secrets.try_key import take_any, try_key
from .rotation_state import Standing, stand
from .rules import ensure_not_too_many, ensure_reason

LONGEST_KEY = 256


class NoSuchRotation(ConsoleError):
    """An address that names a rotation which this key does not have."""

    status = 404
    title = "No such rotation"
    remedy = "Open the secret: its keys lead to their rotations."

    def __init__(self, number: int, key: str) -> None:
        super().__init__(f"There is no rotation {number} of {key[:100]} in this secret.")


@dataclass(frozen=True)
class UnderWay:
    """An open rotation, and the record that began it."""

    environment: Environment
    rotation: Rotation
    began: AuditRecord


def can_be_rotated(opened: OpenSecret, key: str) -> bool:
    """Whether the key has a value that AWS does not rotate, and a name that can stand in an
    address."""
    if opened.rotated_by_aws:
        return False
    has_value = any(state.name == key and state.is_set for state in opened.keys)
    return has_value and len(key) <= LONGEST_KEY and key == storable(key)


def open_rotations(environment: Environment, secret: str) -> dict[str, Rotation]:
    """Those of a secret that are under way, by key. One query."""
    found = Rotation.objects.filter(environment=environment.name, secret=secret, ended=None)
    return {rotation.key: rotation for rotation in found}


def under_way(
    environments: Sequence[Environment], is_visible: Callable[[Environment, str], bool]
) -> list[UnderWay]:
    """Those of all secrets, the oldest first. Two queries."""
    places = {environment.name: environment for environment in environments}
    found = [
        rotation
        for rotation in Rotation.objects.filter(environment__in=places, ended=None)
        if is_visible(places[rotation.environment], rotation.secret)
    ]
    began = AuditRecord.objects.in_bulk([rotation.number for rotation in found])
    return [
        UnderWay(places[rotation.environment], rotation, began[rotation.number])
        for rotation in sorted(found, key=lambda rotation: rotation.number)
    ]


def rotations_of(environment: Environment, secret: str, key: str) -> list[Rotation]:
    """All of one key, the open one first, then the newest."""
    found = Rotation.objects.filter(environment=environment.name, secret=secret, key=key)
    return sorted(found, key=lambda rotation: (rotation.ended is not None, -rotation.number))


def begin(environment: Environment, actor: Actor, name: str, key: str, reason: str) -> Rotation:
    """Begins the rotation of the value that the key has now; one that is under way already goes on.

    Raises InvalidChange, TooMany, AwsErrors, AuditUnavailable, RotationMoved where somebody
    else was first.
    """
    name = environment.secret_name(name)
    if found := open_rotations(environment, name).get(key):
        return found
    ensure_reason(environment, reason)
    opened = open_secret(environment, name, actor, with_versions=False)
    if not can_be_rotated(opened, key):
        no_value = f"{key[:100]} holds no value that could be replaced."
        raise InvalidChange(
            opened.rotated_by_aws or no_value, key="key", remedy="Set it with Edit values."
        )
    ensure_not_too_many(environment, actor, name)
    rotation = Rotation(
        environment=environment.name, secret=name, key=key, base_version_id=opened.secret.current
    )

    def keep() -> None:
        if key in open_rotations(environment, name):
            raise RotationMoved("Somebody else has begun a rotation of this key.")
        rotation.number = audit.next_sequence()
        rotation.save(force_insert=True)

    _record(Action.BEGIN_ROTATION, actor, rotation, keep, rotation.base_version_id, reason)
    return rotation


def part_of(environment: Environment, name: str, number: int) -> Rotation:
    """The open rotation that an edit says it is part of. Raises RotationMoved."""
    found = Rotation.objects.filter(
        number=number, environment=environment.name, secret=name, ended=None
    ).first()
    if found is None:
        raise RotationMoved("It has ended, or is of another secret.")
    return found


def as_part(rotation: Rotation, edit: Edit) -> Edit:
    """The edit as a part of the rotation. Raises InvalidChange where it changes anything else."""
    is_new_value = any(change.value is not None for change in edit.changes) or edit.generate
    if edit.touched != (rotation.key,) or not is_new_value:
        raise InvalidChange(
            f"A rotation sets {rotation.key} and nothing else.",
            remedy="Change other keys with Edit values.",
        )
    return replace(edit, rotation=rotation.number)


def try_new(environment: Environment, actor: Actor, rotation: Rotation, version: str) -> None:
    """Tries the value that took the old one's place, in the version that the page showed. Raises
    what `try_key` raises."""
    details = {"rotation": rotation.number}
    try_key(environment, actor, rotation.secret, rotation.key, version, details=details)


def look_for_arrival(environment: Environment, actor: Actor, rotation: Rotation) -> Arrival:
    """Asks AWS now. What cannot be told is an answer."""
    try:
        found = look(environment, rotation.secret, actor, with_hints=False)
    except AwsError as error:
        return Arrival(None, error.message)
    return Arrival(found.arrived, found.reason)


def note_arrival(environment: Environment, actor: Actor, rotation: Rotation, reason: str) -> None:
    """Goes on to the last step: since the new value has arrived, or else by this person's word.

    Raises InvalidChange without a reason where it is not known to have arrived, RotationMoved,
    AwsErrors, AuditUnavailable.
    """
    standing = _stand_at(environment, actor, rotation, Step.ARRIVE)
    seen = look_for_arrival(environment, actor, rotation)
    if seen.arrived is not True and not reason.strip():
        raise InvalidChange(
            "It is not known to have arrived, so say why you go on all the same.", key="reason"
        )
    told = {True: "yes", False: "not yet", None: "not known"}[seen.arrived]
    details = {"arrived": told, "seen": seen.reason}
    keep, version = _ensure_open(rotation), standing.opened.secret.current
    _record(Action.NOTE_ARRIVAL, actor, rotation, keep, version, reason, details)


def try_old(environment: Environment, actor: Actor, rotation: Rotation) -> Verdict:
    """Tries the old value once more; where it is not taken any more, the rotation is done.

    Raises what `try_key` raises, RotationMoved.
    """
    _stand_at(environment, actor, rotation, Step.REVOKE)
    details, base = {"rotation": rotation.number}, rotation.base_version_id
    tried = try_key(
        environment, actor, rotation.secret, rotation.key, base, details=details, take=take_any
    )
    verdict = judge(tried, tried.at)
    if verdict.level == "bad":
        _end(actor, rotation, {"old value": verdict.text})
    return verdict


def say_revoked(environment: Environment, actor: Actor, rotation: Rotation, reason: str) -> None:
    """Ends the rotation by this person's word that the old value is revoked, where nobody can be
    asked. Raises InvalidChange, RotationMoved, AwsErrors, AuditUnavailable."""
    standing = _stand_at(environment, actor, rotation, Step.REVOKE)
    if standing.old_works:
        raise InvalidChange("The old value was tried and still works, so it is not revoked.")
    if not reason.strip():
        raise InvalidChange("Say how and where it was revoked.", key="reason")
    _end(actor, rotation, {"old value": "said to be revoked"}, reason)


def give_up(actor: Actor, rotation: Rotation, reason: str) -> None:
    """Ends the rotation where it is. Raises InvalidChange, RotationMoved, AuditUnavailable."""
    if not reason.strip():
        raise InvalidChange("Say why it is given up: whoever comes next reads it.", key="reason")
    keep = _closing(rotation)
    _record(Action.GIVE_ROTATION_UP, actor, rotation, keep, rotation.base_version_id, reason)


def _stand_at(environment: Environment, actor: Actor, rotation: Rotation, step: Step) -> Standing:
    """Raises RotationMoved unless the rotation is open and at this step."""
    opened = open_secret(environment, rotation.secret, actor)
    standing = stand(environment, actor, opened, rotation)
    if rotation.ended or standing.progress.step is not step:
        raise RotationMoved("What was asked for belongs to another step. Nothing was done.")
    return standing


def _end(actor: Actor, rotation: Rotation, details: Mapping[str, object], reason: str = "") -> None:
    keep, base = _closing(rotation), rotation.base_version_id
    _record(Action.END_ROTATION, actor, rotation, keep, base, reason, details)


def _ensure_open(rotation: Rotation) -> Callable[[], None]:
    def ensure() -> None:
        if not Rotation.objects.filter(number=rotation.number, ended=None).exists():
            raise RotationMoved("Somebody has ended it meanwhile.")

    return ensure


def _closing(rotation: Rotation) -> Callable[[], None]:
    def close() -> None:
        is_open = Rotation.objects.filter(number=rotation.number, ended=None)
        if not is_open.update(ended=audit.next_sequence()):
            raise RotationMoved("Somebody has ended it already.")

    return close


def _record(
    action: Action,
    actor: Actor,
    rotation: Rotation,
    in_transaction: Callable[[], None],
    version: str,
    reason: str,
    details: Mapping[str, object] = NO_DETAILS,
) -> None:
    number = {"rotation": rotation.number} if rotation.number else {}
    audit.record(
        action,
        actor,
        environment=rotation.environment,
        secret=rotation.secret,
        version_id=version,
        keys=[rotation.key],
        reason=reason,
        details={**number, **details},
        in_transaction=in_transaction,
    )
