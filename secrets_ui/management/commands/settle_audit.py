"""manage.py settle_audit: settles open intents by asking AWS what became of them.

It also puts on record what waits for the log, and deletes sessions, runs of the access checks and
the like that are over.
"""

import logging
import os
import time
from enum import Enum
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connections

from secrets_ui.domain.errors import AuditUnavailable, AwsError, ConsoleError
from secrets_ui.management.housekeeping import keep_house
from secrets_ui.management.looping import add_every
from secrets_ui.models import Heartbeat
from secrets_ui.services import configuration
from secrets_ui.services.changes.decide import end_old_proposals
from secrets_ui.services.changes.settle import (
    SETTLE_AFTER,
    Settled,
    open_intents,
    settle_audit,
    sweep_labels,
)

SWEEP_EVERY = 3600  # seconds
WAIT_SECONDS = 30
log = logging.getLogger("miyabi.settle")


class _State(Enum):
    """An intent after settling. `deploy/terraform` alarms on the words of OPEN."""

    ENDED = "ended"
    WAITING = "waits"
    OPEN = "stays open"


def _state_of(settled: Settled) -> _State:
    if settled.outcome:
        return _State.ENDED
    return _State.WAITING if settled.is_waiting else _State.OPEN


class Command(BaseCommand):
    help = (
        "End open intents by asking AWS, take off labels that were left, end proposals that waited "
        "too long, put on record what waits for the log, and delete sessions that are over. "
        "Exit status 1 while an intent stays open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--min-age",
            type=int,
            metavar="SECONDS",
            help="end intents of this age by what AWS has now: only where nothing of them can be "
            "on its way any more (default: wait until AWS would refuse it)",
        )
        parser.add_argument(
            "--wait", action="store_true", help="wait until what was announced so far can be ended"
        )
        add_every(parser, "with so long a pause")

    def handle(self, *args: Any, **options: Any) -> None:
        # A person reads sentences; beside a server they are lines of its log.
        is_beside_a_server = bool(options["every"])
        self._report = log.info if is_beside_a_server else self.stdout.write
        self._warn = log.warning if is_beside_a_server else self.stderr.write
        if is_beside_a_server:
            self._go_on(options["min_age"], options["every"])
            return
        keep_house()
        if options["wait"] and open_intents():
            time.sleep(SETTLE_AFTER if options["min_age"] is None else options["min_age"])
        try:
            states = self._settle(options["min_age"])
            while options["wait"] and _State.WAITING in states:
                time.sleep(WAIT_SECONDS)
                states = self._settle(options["min_age"])
        except ConsoleError as error:
            raise CommandError(error.message) from None
        self._sweep()
        if states - {_State.ENDED}:
            raise SystemExit(1)

    def _go_on(self, min_age: int | None, pause: int) -> None:
        """Settle until the parent ends. Sweep labels hourly, and after an intent was settled.

        No error ends it.
        """
        parent, next_sweep = os.getppid(), 0.0
        log.info("settling has begun")
        while os.getppid() == parent:
            try:
                keep_house()
                if _State.ENDED in self._settle(min_age) or time.monotonic() >= next_sweep:
                    self._sweep()
                    next_sweep = time.monotonic() + SWEEP_EVERY
                Heartbeat.note("settle_audit")
            except (ConsoleError, Error) as error:
                self._warn(
                    f"Not settled now ({type(error).__name__}), tried again in {pause} seconds."
                )
            except Exception:
                log.exception("settling")
            connections.close_all()
            time.sleep(pause)

    def _settle(self, min_age: int | None) -> set[_State]:
        states = set()
        for settled in settle_audit(min_age):
            state = _state_of(settled)
            states.add(state)
            self._report(
                f"Record {settled.sequence} ({settled.action}): "
                f"{settled.outcome or state.value}: {settled.why.rstrip('.')}."
            )
        return states

    def _sweep(self) -> None:
        for environment in configuration.environments().values():
            try:
                for name in end_old_proposals(environment):
                    self._report(f"{environment.name}: a proposal for {name} has ended undecided.")
                for name in sweep_labels(environment):
                    self._report(f"{environment.name}: a left label was taken off {name}.")
            except (AwsError, AuditUnavailable) as error:
                self._warn(f"{environment.name}: labels not checked: {error.message}")
