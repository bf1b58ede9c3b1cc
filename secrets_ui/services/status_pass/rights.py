"""After the changes: who can read each secret, once a day and when somebody asks, so many in a
pass. What a pass has not reached is looked at by the next.
"""

import ctypes
import gc
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from django.db import Error

from ...domain.access.account import EVERYBODY, AccountDetails
from ...domain.access.evidence import (
    AccessEvidence,
    Evidence,
    Known,
    learn,
    not_known,
    why_unavailable,
)
from ...domain.access.kept_readers import KeptReaders
from ...domain.access.reach import Parser
from ...domain.access.who import who_can
from ...domain.session_scope import WATCH, WHO
from ..access.kept_readers import LIVE, due_secrets, keep_gap, keep_look, kept_of, note_progress
from ..aws_access import gateways
from .changes import WithChanges
from .lock import LockHeld
from .stage import RUNNER, Step, extend

log = logging.getLogger("miyabi.status")
# Seconds for all of an environment.
PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class WithRights(WithChanges):
    """`rights` are of secrets that were looked at, where the environment lets the console look."""

    rights: Mapping[str, KeptReaders]


def look_at_rights(before: WithChanges, step: Step) -> WithRights:
    """Raises DatabaseError; LockHeld, by `step`."""
    environment = before.environment
    if not environment.who_can_read:
        return extend(WithRights, before, rights={})
    is_whole = isinstance(before.listed, Known)
    due = due_secrets(environment, _found(before), before.at, is_whole=is_whole)
    if due and _look_at(before, due, step) > LIVE:
        _give_memory_back()
    return extend(WithRights, before, rights=kept_of(environment))


def _found(before: WithChanges) -> list[str]:
    return [name for name, secret in before.known().items() if not secret.deleted]


def _look_at(before: WithChanges, due: list[str], step: Step) -> int:
    """Returns the number of roles and users. Without their list nothing is compared, and the next
    pass asks again.
    """
    until = time.monotonic() + PATIENCE
    details = learn(gateways(before.environment, RUNNER, WHO).iam.get_account_authorization_details)
    if not isinstance(details, Known):
        keep_gap(before.environment, due, not_known(EVERYBODY, why_unavailable(details)))
        return 0
    parse = Parser()
    for name in due:
        if time.monotonic() >= until:
            break
        step()
        if evidence := _evidence(before, name):
            _look(evidence, details, parse, step)
    return len(details.value.principals)


def _give_memory_back() -> None:
    """Some 100 MiB for 5,000 roles. glibc keeps them until it is told; others need not be."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _look(
    evidence: AccessEvidence, details: Evidence[AccountDetails], parse: Parser, step: Step
) -> None:
    """One that breaks costs no other, and is tried again by the next pass."""

    def tell(judged: int, principals: int) -> None:
        step()
        note_progress(evidence.environment, evidence.secret_name, judged, principals)

    try:
        found = who_can(evidence, details, parse, tell)
        keep_look(evidence.environment, evidence.secret_name, found)
    except (Error, LockHeld):
        raise
    except Exception:
        log.exception("readers of a secret not found out")


def _evidence(before: WithChanges, name: str) -> AccessEvidence | None:
    """That of the pass; the policy of a secret outside the catalogue may be older, so it is read
    once more.
    """
    if name in before.evidence or name not in before.readable:
        return before.evidence.get(name)
    secrets = gateways(before.environment, RUNNER, WATCH).secrets_manager
    policy = learn(partial(secrets.get_resource_policy, name))
    return replace(before.readable[name], resource_policy=policy)
