"""The status checks: one claim a file, pure: what a pass learnt in, findings out.

One that raises is unknown, and the others go on.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from types import ModuleType
from typing import Any

from ...domain.secrets.catalog import SecretSpec
from ...domain.status.status import StatusFinding, in_order
from ...domain.status.watched import Records, Surroundings, WatchedSecret
from . import (
    alarms_are_quiet,
    audit_chain_holds,
    audit_log_is_guarded,
    aws_answers,
    aws_rotation_works,
    credentials_work,
    emergencies_are_looked_at,
    environments_are_kept_apart,
    events_are_delivered,
    keys_are_complete,
    keys_are_well_formed,
    keys_are_young_enough,
    lambda_can_read,
    newest_version_has_arrived,
    no_open_intents,
    no_placeholders,
    no_record_waits,
    nobody_new_can_read,
    only_this_console_changes,
    reader_is_up_to_date,
    readers_are_known,
    secret_is_there,
    surroundings_are_sound,
)

log = logging.getLogger(__name__)

OF_A_SECRET: tuple[ModuleType, ...] = (
    secret_is_there,
    keys_are_complete,
    keys_are_well_formed,
    no_placeholders,
    environments_are_kept_apart,
    keys_are_young_enough,
    credentials_work,
    aws_rotation_works,
    lambda_can_read,
    only_this_console_changes,
    nobody_new_can_read,
    readers_are_known,
    newest_version_has_arrived,
    reader_is_up_to_date,
    no_open_intents,
)
OF_SURROUNDINGS: tuple[ModuleType, ...] = (
    aws_answers,
    surroundings_are_sound,
    alarms_are_quiet,
    only_this_console_changes,
    no_open_intents,
    emergencies_are_looked_at,
)
OF_RECORDS: tuple[ModuleType, ...] = (
    audit_chain_holds,
    audit_log_is_guarded,
    no_record_waits,
    events_are_delivered,
)
ALL = tuple(dict.fromkeys((*OF_A_SECRET, *OF_SURROUNDINGS, *OF_RECORDS)))
# By the name of the check; the last one is of the pass itself, where no check could be made.
TITLES: dict[str, str] = {module.__name__.rpartition(".")[2]: module.TITLE for module in ALL} | {
    "pass_was_done": "The pass was completed"
}

# What a person does about a finding of a secret, by the name of its check.
NEXT: dict[str, str] = {module.__name__.rpartition(".")[2]: module.NEXT for module in OF_A_SECRET}

# Checks whose findings tell of what happened once, and not of what is so: somebody may say that
# they know of it. `about` of such a finding names what happened.
ACKNOWLEDGED = frozenset(
    module.__name__.rpartition(".")[2]
    for module in ALL
    if getattr(module, "MAY_BE_ACKNOWLEDGED", False)
)


def judge_secret(watched: WatchedSecret) -> tuple[StatusFinding, ...]:
    found = _run(OF_A_SECRET, watched)
    return tuple(_with_contact(f, watched.spec) if f.is_trouble else f for f in found)


def _with_contact(finding: StatusFinding, spec: SecretSpec) -> StatusFinding:
    """Of the key that it is about, or of the secret."""
    key = spec.rules_of(finding.about)
    return replace(finding, owner=key.owner, runbook=key.runbook)


def judge_surroundings(around: Surroundings) -> tuple[StatusFinding, ...]:
    return _run(OF_SURROUNDINGS, around)


def judge_records(records: Records) -> tuple[StatusFinding, ...]:
    return _run(OF_RECORDS, records)


def _run(checks: Iterable[ModuleType], evidence: Any) -> tuple[StatusFinding, ...]:
    return in_order(finding for module in checks for finding in _one(module, evidence))


def _one(module: ModuleType, evidence: Any) -> tuple[StatusFinding, ...]:
    name = module.__name__.rpartition(".")[2]
    try:
        return tuple(module.check(evidence))
    except Exception as error:  # one check's mistake must not cost the others
        log.exception("status check failed")
        text = (
            f"The check {name} could not be done: {type(error).__name__}. "
            "The log of this console tells more."
        )
        return (StatusFinding(name, "unknown", text),)
