"""What the audit log records: the actions and their outcomes, as they are stored and as pages show
them.

The stored strings are part of the audit chain and never change. A log may hold an action of an
earlier release that is not listed here, so readers take plain strings; writers take an `Action`.
"""

from __future__ import annotations

from enum import StrEnum


class _WithWords(StrEnum):
    """A stored string, and the words that a page shows in its place."""

    words: str

    def __new__(cls, stored: str, words: str = "") -> _WithWords:
        member = str.__new__(cls, stored)
        member._value_ = stored
        member.words = words
        return member

    @classmethod
    def words_of(cls, stored: str) -> str:
        """The words for a stored string; a string without words is shown as it is."""
        return next((member.words for member in cls if member == stored), stored)


class Action(_WithWords):
    """What was done or attempted."""

    SIGN_IN = "sign_in", "Sign-in"
    SIGN_OUT = "sign_out", "Sign-out"
    STEP_UP = "step_up", "Confirmation of identity"
    END_SESSION = "session.end", "End of sessions"
    CHANGE_PASSWORD = "password.change", "Password changed"
    ADD_FACTOR = "factor.add", "Second factor added"
    REMOVE_FACTOR = "factor.remove", "Second factor removed"
    RESET_FACTORS = "factor.reset", "Second factors taken away"
    MAKE_RECOVERY_CODES = "recovery_codes.make", "New recovery codes"
    MAKE_CALENDAR = "calendar.make", "Calendar address made"
    END_CALENDAR = "calendar.end", "Calendar address ended"
    SET_GROUP_ROLES = "roles.from_groups", "Roles by groups"
    REFUSE_ACCESS = "access.refused", "Refused attempt"
    SET_ACCOUNT = "account.set", "Account set"
    REMOVE_ACCOUNT = "account.remove", "Account taken away"
    SWITCH_OFF_ACCOUNT = "account.switched_off", "Account switched off"
    SWITCH_ON_ACCOUNT = "account.switched_on", "Account switched on"
    GIVE_ROLE = "role.given", "Role given"
    TAKE_ROLE = "role.taken", "Role taken"
    END_ROLE = "role.ended", "Role ended"
    ASK_ROLE = "role.asked", "Role asked for"
    REFUSE_ROLE = "role.refused", "Role refused"
    ADD_ACCOUNT = "account.added", "Account added"
    MAKE_LINK = "account.link_made", "One-time link made"
    USE_LINK = "account.link_used", "One-time link used"
    PLAN_ROTATION = "rotation.planned", "Rotation planned"
    LIMIT_RATE = "rate.limited", "Too many changes"
    EXPORT_LOG = "audit.export", "Export of the log"
    CHANGE_AUDIT_KEY = "audit.key_changed", "Audit key changed"
    READ_VALUE = "value.read", "Read by the console"
    SAVE = "secret.save", "Save"
    PROPOSE = "secret.propose", "Proposal"
    APPROVE = "secret.approve", "Approval"
    REJECT = "secret.reject", "Rejection"
    EMERGENCY = "secret.emergency", "Emergency change"
    LOOK_AT_EMERGENCY = "emergency.look", "Emergency change looked at"
    REVEAL = "secret.reveal", "Value shown"
    TRY = "secret.try", "Value tried"
    BEGIN_ROTATION = "rotation.begin", "Rotation begun"
    NOTE_ARRIVAL = "rotation.arrived", "New value taken as arrived"
    END_ROTATION = "rotation.end", "Rotation done"
    GIVE_ROTATION_UP = "rotation.give_up", "Rotation given up"
    ACKNOWLEDGE = "status.acknowledge", "Finding acknowledged"
    PIN = "version.pin", "Version pinned"
    UNPIN = "version.unpin", "Pin taken off"
    CREATE = "secret.create", "Secret created"
    DESCRIBE = "secret.describe", "Description changed"
    TAG = "secret.tag", "Tags set"
    UNTAG = "secret.untag", "Tags removed"
    DELETE = "secret.delete", "Deletion scheduled"
    CANCEL_DELETION = "secret.cancel_deletion", "Deletion cancelled"
    REFRESH = "function.refresh", "Fresh instances started"


class ReadPurpose(_WithWords):
    """Why the console itself reads a value, which nobody then sees: the member `why` of the read's
    details."""

    EDIT = "to apply an edit", "Read by the console for a save"
    RESTORE = "to restore it", "Read by the console for a restore"
    COPY = "to copy it", "Read by the console for a copy"
    ON_TOP = "to put it on top", "Read by the console to put a proposal on top"
    FACTS = "to derive its facts", "Read by the console for key names and states"


# Actions that make a version, or make one current.
WRITES = (Action.CREATE, Action.SAVE, Action.PROPOSE, Action.APPROVE, Action.EMERGENCY)
# Actions that move AWSCURRENT, or make the version that has it first.
SWAPS = (Action.CREATE, Action.SAVE, Action.APPROVE, Action.EMERGENCY)
# Actions that move the label of a pin.
PINS = (Action.PIN, Action.UNPIN)
# What ends a proposal.
DECISIONS = (Action.APPROVE, Action.REJECT, Action.EMERGENCY)
DELETIONS = (Action.DELETE, Action.CANCEL_DELETION)
# Actions on what surrounds the versions of a secret that is there.
MANAGES = (Action.DESCRIBE, Action.TAG, Action.UNTAG, *DELETIONS)
# What a rotation of a key may consist of.
ROTATES = (
    *(Action.BEGIN_ROTATION, Action.NOTE_ARRIVAL, Action.END_ROTATION, Action.GIVE_ROTATION_UP),
    *(Action.TRY, Action.SAVE, Action.PROPOSE, *DECISIONS),
)
# What the page Changes lists.
CHANGES = (Action.CREATE, Action.SAVE, Action.PROPOSE, *DECISIONS, *MANAGES)


class Outcome(_WithWords):
    """How an act ended, or how an event went."""

    DONE = "done", "done"
    REFUSED = "refused", "refused"
    CONFLICT = "conflict", "conflict"
    FAILED = "failed", "failed"
    NOT_APPLIED = "not_applied", "not carried out"
    UNKNOWN = "unknown", "unknown"


def describe(action: str, why: object) -> str:
    """An act in words; `why` is the member of that name of its intent's or event's details."""
    if action == Action.READ_VALUE and why in list(ReadPurpose):
        return ReadPurpose.words_of(str(why))
    return Action.words_of(action)


# What the log shows for an intent that has no outcome. It is never stored.
OPEN = "open"


class Phase(StrEnum):
    """A record is a single event, the intent to act, or the outcome that ended an intent."""

    EVENT = "event"
    INTENT = "intent"
    OUTCOME = "outcome"
