"""Settles open intents by asking AWS: an intent without an outcome is never guessed."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.audit.actions import DECISIONS, MANAGES, PINS, SWAPS, Action, Outcome, Phase
from ...domain.audit.moments import stored_ago
from ...domain.deadline import is_over
from ...domain.environment import Environment
from ...domain.errors import AwsError, EnvironmentNotFound, SecretNotFound
from ...domain.people.actor import CONSOLE
from ...domain.secrets.secret import EDIT_LABEL, PROPOSAL_LABEL, Secret, was_made_current
from ...domain.session_scope import SETTLE, SWEEP
from ...models import AuditRecord
from .. import audit, configuration
from ..audit.records import find_open
from ..audit.who_changed import possible_versions
from ..aws_access import gateways
from .settle_managed import judge_managed
from .settle_refresh import Shown, ask_lambda
from .swap import take_label_off

# Seconds. By then a live request has recorded its outcome: it sends nothing after its deadline, and
# its last call ends, retries included, within 25 s more. What AWS has by then is final; what it
# does not have may still come until `is_over`.
SETTLE_AFTER = 90
# How many to list in search of a version without a label. AWS keeps about a hundred of them, and
# those of the last day:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
MOST_VERSIONS = 10_000


@dataclass(frozen=True)
class Settled:
    """What became of one intent; `outcome` is None where AWS cannot show it, and the intent stays
    open. `is_waiting`: it cannot be shown yet, because something of the act may still arrive."""

    sequence: int
    action: str
    outcome: Outcome | None
    why: str
    is_waiting: bool = False


def open_intents(min_age: int = 0) -> list[AuditRecord]:
    """Intents without an outcome, oldest first, that are at least `min_age` seconds old."""
    return list(find_open(stored_ago(timedelta(seconds=min_age))))


def settle_audit(min_age: int | None = None) -> Iterator[Settled]:
    """Ends each open intent whose outcome AWS shows.

    With `min_age`, in seconds, the caller vouches that nothing of an older intent is on its way any
    more. Raises AuditUnavailable.
    """
    for intent in open_intents(SETTLE_AFTER if min_age is None else min_age):
        with suppress(audit.AlreadyEnded):
            yield _settle(intent, is_vouched_for=min_age is not None)


def _settle(intent: AuditRecord, *, is_vouched_for: bool) -> Settled:
    if intent.action in (Action.READ_VALUE, Action.REVEAL, Action.TRY):
        return _settle_read(intent, is_vouched_for=is_vouched_for)
    try:
        environment = configuration.get_environment(intent.environment)
        ask = ask_lambda if intent.action == Action.REFRESH else _ask_secrets_manager
        shown = ask(environment, intent)
    except SecretNotFound as gone:
        if intent.action == Action.CREATE:
            return _end_absent(intent, gone, is_vouched_for=is_vouched_for)
        return _end(intent, "", Outcome.UNKNOWN, "the secret is gone, and its labels with it")
    except (AwsError, EnvironmentNotFound) as error:
        return Settled(intent.sequence, intent.action, None, error.message)
    # What AWS has is final. What it does not have may still come.
    if shown.outcome != Outcome.DONE and not (
        is_vouched_for or is_over(_began(intent), shown.answered_at)
    ):
        return _wait(intent, "what was sent in time may still reach AWS")
    return _end(intent, shown.version, shown.outcome, shown.why)


def _ask_secrets_manager(environment: Environment, intent: AuditRecord) -> Shown:
    """Raises AwsErrors."""
    gateway = gateways(environment, CONSOLE, SETTLE.of(intent.secret)).secrets_manager
    described = gateway.describe_secret(intent.secret)
    is_of_version = intent.action not in MANAGES
    version = _find(gateway, intent, described.value) if is_of_version else ""
    outcome, why = _judge(intent, described.value, version)
    return Shown(outcome, why, described.call.answered_at, version)


def _end_absent(intent: AuditRecord, gone: SecretNotFound, *, is_vouched_for: bool) -> Settled:
    """Of the making of a secret that is not there. It may still come."""
    if is_vouched_for or is_over(_began(intent), gone.call.answered_at):
        return _end(intent, "", Outcome.NOT_APPLIED, "AWS has no such secret")
    return _wait(intent, "what was sent in time may still reach AWS")


def _settle_read(intent: AuditRecord, *, is_vouched_for: bool) -> Settled:
    """Whether AWS handed the value out cannot be asked."""
    if not is_vouched_for and not is_over(_began(intent), datetime.now(UTC)):
        return _wait(intent, "its request may still be under way")
    # The process that got it is gone.
    return _end(intent, "", Outcome.UNKNOWN, "the console ended before the answer was recorded")


def _began(intent: AuditRecord) -> datetime:
    return datetime.fromisoformat(intent.at)


def _wait(intent: AuditRecord, why: str) -> Settled:
    return Settled(intent.sequence, intent.action, None, why, is_waiting=True)


def _find(gateway: SecretsManagerGateway, intent: AuditRecord, secret: Secret) -> str:
    """The version that the intent is about, "" where AWS has none."""
    ids = possible_versions(intent)
    if labelled := next((version for version in ids if version in secret.versions), ""):
        return labelled
    listed = {
        version.version_id
        for version in gateway.list_secret_version_ids(intent.secret, most=MOST_VERSIONS).value
    }
    return next((version for version in ids if version in listed), "")


def _judge(intent: AuditRecord, secret: Secret, version: str) -> tuple[Outcome, str]:
    """The outcome, and why."""
    if intent.action in MANAGES:
        return judge_managed(intent, secret)
    if intent.action == Action.REJECT:
        labels = secret.versions.get(version, ())
        if any(label.startswith(PROPOSAL_LABEL) for label in labels):
            return Outcome.NOT_APPLIED, "its label is still on"
        return Outcome.DONE, "its label is off"
    if intent.action in PINS:
        return _judge_pin(intent, secret)
    if not version:
        return _judge_absence(intent, secret)
    if intent.action == Action.PROPOSE:
        return Outcome.DONE, "the proposed version is there"
    if intent.action == Action.CREATE:
        return Outcome.DONE, "the secret is there, with the version that was to be its first"
    moved = was_made_current(secret, intent.base_version_id, version)
    return _SWAPPED[_moved_by_the_record(intent, version) if moved is None else moved]


_SWAPPED = {
    True: (Outcome.DONE, "the version was made current"),
    False: (Outcome.NOT_APPLIED, "the version was made, but never current"),
    None: (
        Outcome.UNKNOWN,
        "AWSCURRENT has moved on so often that its labels no longer tell whether the version was "
        "ever current",
    ),
}


def _judge_pin(intent: AuditRecord, secret: Secret) -> tuple[Outcome, str]:
    """By the label itself, and where it was moved since, by the next act that found it."""
    label = _moved_label(intent)["label"]
    is_on = secret.version_with(label) == intent.version_id
    if is_on == (intent.action == Action.PIN):
        return Outcome.DONE, f"its label is {'on' if is_on else 'off'}"
    done = AuditRecord.objects.done().filter(
        environment=intent.environment,
        secret=intent.secret,
        action__in=PINS,
        sequence__gt=intent.sequence,
    )
    moved = (_moved_label(act) for act in done.intents())
    found = next((move["from"] for move in moved if move["label"] == label), None)
    if found == (intent.version_id if intent.action == Action.PIN else ""):
        return Outcome.DONE, "the label has been moved since"
    return Outcome.NOT_APPLIED, f"its label is {'still on' if is_on else 'not on'}"


def _moved_label(record: AuditRecord) -> dict[str, str]:
    """Of a pin's record: its label, and the version that it was taken from."""
    details = record.parsed_details
    return {part: str(details.get(part, "")) for part in ("label", "from")}


def _judge_absence(intent: AuditRecord, secret: Secret) -> tuple[Outcome, str]:
    if intent.action == Action.CREATE:
        return _judge_other(intent, secret)
    if secret.created and secret.created > _began(intent):
        return Outcome.UNKNOWN, "the secret was deleted and made again since"
    return Outcome.NOT_APPLIED, "AWS has no such version"


def _judge_other(intent: AuditRecord, secret: Secret) -> tuple[Outcome, str]:
    """There is a secret of the name, and it has not the version that the act would have made."""
    if secret.created and secret.created <= _began(intent):
        return Outcome.NOT_APPLIED, "a secret of this name was there before"
    return Outcome.UNKNOWN, "a secret of this name was made since, with another first version"


def _moved_by_the_record(intent: AuditRecord, version: str) -> bool | None:
    """Whether the version was made current, by the audit log alone, where AWS's labels no longer
    tell.

    An edit that started from the version proves that it was current; a swap from the same base to
    another version proves that it was not.
    """
    records = AuditRecord.objects.filter(environment=intent.environment, secret=intent.secret)
    if records.filter(phase=Phase.INTENT, base_version_id=version).exists():
        return True
    if not intent.base_version_id:
        return None
    swaps = records.done().filter(action__in=SWAPS, base_version_id=intent.base_version_id)
    return False if swaps.exclude(version_id=version).exists() else None


def _end(intent: AuditRecord, version: str, outcome: Outcome, why: str) -> Settled:
    made = version if outcome == Outcome.DONE else intent.version_id
    audit.settle(intent, outcome, made, why, by=CONSOLE)
    return Settled(intent.sequence, intent.action, outcome, why)


def sweep_labels(environment: Environment) -> list[str]:
    """Takes off labels of ours that are no longer needed, left when a process ended or AWS was
    away.

    Returns the secrets' names. What AWS lists may be five minutes old, so a fresh label may have to
    wait for the next sweep. Raises AwsError.
    """
    gateway = gateways(environment, CONSOLE, SWEEP).secrets_manager
    return [
        secret.name
        for page in gateway.secret_pages()
        for secret in page.value.secrets
        if not secret.deleted and _sweep(gateway, secret)
    ]


def _sweep(gateway: SecretsManagerGateway, secret: Secret) -> bool:
    """Whether a label was taken off."""
    ours = [
        (label, version)
        for version, labels in secret.versions.items()
        for label in labels
        if label.startswith((EDIT_LABEL, PROPOSAL_LABEL))
    ]
    taken = [
        take_label_off(gateway, secret.name, label, version)
        for label, version in ours
        if _is_left_over(label, version)
    ]
    return any(taken)


def _is_left_over(label: str, version: str) -> bool:
    """An edit's label is needed until its outcome is on record, a proposal's until it has failed or
    was decided on.

    Version ids in the form of a UUID carry the hash without its end, and with hyphens.
    """
    intent = AuditRecord.objects.filter(
        hash__startswith=version.replace("-", ""), phase=Phase.INTENT
    ).first()
    ended = audit.outcome_of(intent.sequence) if intent else None
    if ended is None:
        return False
    return label.startswith(EDIT_LABEL) or ended.outcome != Outcome.DONE or _is_decided(version)


def _is_decided(version: str) -> bool:
    decisions = AuditRecord.objects.done().filter(version_id=version, action__in=DECISIONS)
    return decisions.exists()
