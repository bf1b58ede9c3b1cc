"""One pass over every environment, one pass at a time. What fails in one costs no other its result.

The stages, each of which makes a frozen value of the one before it: list_secrets, describe, facts,
trials, policies, surroundings, changes, readers, judge, keep.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import Error, connection

from ...checks.status import judge_records
from ...domain.environment import Environment
from ...domain.status.events import Event
from ...domain.status.status import StatusFinding
from ...models import StatusRunner, StatusSnapshot
from .. import configuration
from ..access.share import SharedEvidence
from .authors import intents_by_secret
from .changes import find_outside_changes
from .describe import describe
from .facts import find_facts
from .judge import Row, judge
from .keep import keep_judged, keep_status
from .list_secrets import list_secrets
from .lock import ONLY, LockHeld, Renewal, pass_lock
from .policies import read_policies
from .records import watch_records
from .rights import WithRights, look_at_rights
from .stage import RUNNER, Step
from .surroundings import inspect_surroundings
from .trials import try_values

log = logging.getLogger("miyabi.status")


@dataclass(frozen=True)
class Pass:
    """What one pass did: seconds, secrets inspected, and the events that it found."""

    seconds: float
    secrets: int
    events: tuple[Event, ...]


def run_status_pass(take_calls: Callable[[], dict[str, int]] = dict) -> Pass:
    """`take_calls` returns the AWS calls since it was last called. Raises LockHeld, DatabaseError.

    DatabaseError only where nothing can be kept of any environment.
    """
    with pass_lock():
        began, step = time.monotonic(), Renewal()
        take_calls()
        wanted = StatusRunner.objects.filter(pk=ONLY, wanted_at__lte=datetime.now(UTC))
        wanted.update(wanted_at=None)
        secrets, events = _pass_over_environments(step)
        done = Pass(time.monotonic() - began, secrets, (*events, *_pass_over_record()))
        took = {"seconds": round(done.seconds, 1), "secrets": secrets, "calls": take_calls()}
        row = StatusRunner.objects.filter(pk=ONLY)
        row.update(ended_at=datetime.now(UTC), took=json.dumps(took))
    log.info("status pass", extra={"status_pass": took, "events": len(done.events)})
    return done


def _pass_over_environments(step: Step) -> tuple[int, list[Event]]:
    """The number of secrets and the events. All are watched first, then compared and judged."""
    watched, events = list[WithRights](), list[Event]()
    for environment in configuration.environments().values():
        try:
            step()
            watched.append(watch_environment(environment, step))
        except LockHeld:
            raise
        except Exception as error:
            events += _keep_failure(environment.name, error)
    for changed in watched:
        try:
            events += keep_judged(judge(changed, intents_by_secret()))
        except Exception as error:
            events += _keep_failure(changed.environment.name, error)
    return sum(len(changed.secrets) for changed in watched), events


def watch_environment(environment: Environment, step: Step = lambda: None) -> WithRights:
    """The stages that ask AWS. Raises DatabaseError; LockHeld, by `step`."""
    catalog = [environment.prefix + short for short in configuration.catalog().secrets]
    asking = SharedEvidence(environment, RUNNER, catalog[0]) if catalog else None
    listed = list_secrets(environment, step)
    described = describe(listed, catalog, asking, step)
    with_policies = read_policies(try_values(find_facts(described, step), step), step)
    changes = find_outside_changes(inspect_surroundings(with_policies, asking))
    return look_at_rights(changes, step)


def _pass_over_record() -> list[Event]:
    """The audit log and the outbox, kept as the row of no environment."""
    try:
        records, remembered = watch_records(_remembered(""))
        row = Row("", judge_records(records), remembered)
        return keep_status("", [row], datetime.now(UTC), is_whole=False)
    except Exception as error:
        return _keep_failure("", error)


def _keep_failure(environment: str, error: Exception) -> list[Event]:
    """The last results of its secrets stay and grow old; the environment's own row says why.

    A database connection that broke took the lock with it, so the pass ends there: raises `error`.
    """
    log.error("environment not checked", exc_info=error)
    if isinstance(error, Error) and not connection.is_usable():
        raise error
    name = environment or "The record"
    kind = type(error).__name__
    text = f"{name} could not be checked: {kind}. The log of this console tells more."
    finding = StatusFinding("pass_was_done", "unknown", text, page="status", proof="this pass")
    try:
        row = Row("", (finding,), _remembered(environment))
        return keep_status(environment, [row], datetime.now(UTC), is_whole=False)
    except Error:
        log.exception("failure not kept")
        return []


def _remembered(environment: str) -> dict[str, object]:
    row = StatusSnapshot.objects.filter(environment=environment, secret="")
    remembered: dict[str, object] = json.loads(
        row.values_list("remembered", flat=True).first() or "{}"
    )
    return remembered
