"""Settled, then done: an act that is on record as not carried out, while its version took effect.

By the labels that the passes have remembered; AWS is not asked.
"""

import json
from collections.abc import Iterator

from ...domain.audit.actions import SWAPS, WRITES, Action, Outcome, Phase
from ...domain.secrets.secret import AWSCURRENT, AWSPREVIOUS
from ...models import AuditRecord, StatusSnapshot
from ..audit.records import find_ended
from ..audit.who_changed import possible_versions


def find_settled_then_done() -> Iterator[tuple[str, str]]:
    """What each finding is about, and a sentence with what to do."""
    # Few acts end so, and many are writes: the database is asked by outcome alone.
    ended = find_ended(Outcome.NOT_APPLIED).order_by("sequence")
    for intent in (intent for intent in ended if intent.action in WRITES):
        labels = _labels(intent.environment, intent.secret)
        ids = possible_versions(intent)
        label = next((name for name, version in labels.items() if version in ids), "")
        if label and not _is_swapped_later(intent, labels[label]):
            yield f"settled {intent.sequence}", _say(intent, label)


def _labels(environment: str, secret: str) -> dict[str, str]:
    """The version of each of the two labels, as the last pass found them."""
    row = StatusSnapshot.objects.filter(environment=environment, secret=secret)
    remembered = json.loads(row.values_list("remembered", flat=True).first() or "{}")
    labels = remembered.get("sight", {}).get("labels", {})
    return {name: labels[name] for name in (AWSCURRENT, AWSPREVIOUS) if name in labels}


def _is_swapped_later(intent: AuditRecord, version: str) -> bool:
    """A proposal whose approval was not carried out may be approved once more."""
    return AuditRecord.objects.filter(
        version_id=version, action__in=SWAPS, phase=Phase.INTENT, sequence__gt=intent.sequence
    ).exists()


def _say(intent: AuditRecord, label: str) -> str:
    act = Action.words_of(intent.action)
    return (
        f"Record {intent.sequence} ({act} of {intent.secret} in {intent.environment} by "
        f"{intent.actor}) ended as {Outcome.NOT_APPLIED.words}, and its version has {label}. "
        "It took effect after it was settled, or somebody moved the label past the console: look "
        "for UpdateSecretVersionStage in CloudTrail, then save the secret with the values that it "
        "should have. This is told until later versions have both AWSCURRENT and AWSPREVIOUS."
    )
