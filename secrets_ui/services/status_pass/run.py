"""One pass of the runner: looks at every environment, judges, keeps. One at a time, and one environment's trouble stops no other."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from django.db import Error

from ...checks.status import judge_records
from ...domain.access.evidence import Known
from ...domain.environment import Environment
from ...domain.status.events import Event
from ...domain.status.status import StatusFinding
from ...models import StatusRunner, StatusSnapshot
from .. import configuration
from .judge import Row, judge_status
from .keep import keep_status
from .lock import ONLY, Renewal, pass_lock
from .seen import Seen
from .watch_changes import intents_by_secret
from .watch_environment import watch_environment
from .watch_records import watch_records

log = logging.getLogger("miyabi.status")


@dataclass(frozen=True)
class Pass:
    """What one pass did: seconds, secrets looked at, and the events that it found."""

    seconds: float
    secrets: int
    events: tuple[Event, ...]


def run_status_pass(take_calls: Callable[[], dict[str, int]] = dict) -> Pass:
    """`take_calls` tells the AWS calls since it was last asked. Raises LockHeld, DatabaseError."""
    with pass_lock():
        began, step = time.monotonic(), Renewal()
        take_calls()
        StatusRunner.objects.filter(pk=ONLY, wanted_at__lte=datetime.now(UTC)).update(
            wanted_at=None
        )
        seen = [
            item for place in configuration.environments().values() if (item := _watch(place, step))
        ]
        intents = intents_by_secret()
        events = chain.from_iterable([_keep(item, intents) for item in seen])
        told = (*events, *_keep_records())
        done = Pass(time.monotonic() - began, sum(len(item.secrets) for item in seen), told)
        took = {"seconds": round(done.seconds, 1), "secrets": done.secrets, "calls": take_calls()}
        StatusRunner.objects.filter(pk=ONLY).update(
            ended_at=datetime.now(UTC), took=json.dumps(took)
        )
    log.info("status pass", extra={"status_pass": took, "events": len(told)})
    return done


def _watch(environment: Environment, step: Callable[[], None]) -> Seen | None:
    step()
    try:
        return watch_environment(environment, step)
    except Error:
        raise  # without a database nothing can be kept of any environment
    except Exception as error:  # one environment's trouble must not cost the others
        log.exception("environment not looked at")
        _keep_failure(environment, error)
        return None


def _keep(seen: Seen, intents: object) -> list[Event]:
    try:
        rows = judge_status(seen, intents)  # type: ignore[arg-type]
    except Error:
        raise
    except Exception as error:
        log.exception("environment not judged")
        return _keep_failure(seen.environment, error)
    return keep_status(
        seen.environment.name, rows, seen.at, is_whole=isinstance(seen.listed, Known)
    )


def _keep_failure(environment: Environment, error: Exception) -> list[Event]:
    """The last results of its secrets stay and grow old; the environment says why."""
    text = f"{environment.name} could not be looked at: {type(error).__name__}. The log of this console tells more."
    finding = StatusFinding("pass_was_done", "unknown", text, page="status", proof="this pass")
    remembered = (
        StatusSnapshot.objects.filter(environment=environment.name, secret="")
        .values_list("remembered", flat=True)
        .first()
    )
    row = Row("", (finding,), json.loads(remembered or "{}"))
    return keep_status(environment.name, [row], datetime.now(UTC), is_whole=False)


def _keep_records() -> Iterator[Event]:
    before = (
        StatusSnapshot.objects.filter(environment="", secret="")
        .values_list("remembered", flat=True)
        .first()
    )
    records, remembered = watch_records(json.loads(before or "{}"))
    row = Row("", judge_records(records), remembered)
    yield from keep_status("", [row], datetime.now(UTC), is_whole=False)
