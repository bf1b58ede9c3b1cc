"""manage.py settle_audit: settles open intents by asking AWS what became of them."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connections

from secrets_ui.domain.errors import AwsError, ConsoleError
from secrets_ui.models import Heartbeat
from secrets_ui.services import configuration
from secrets_ui.services.changes.settle import (
    SETTLE_AFTER,
    open_intents,
    settle_audit,
    sweep_labels,
)

SWEEP_EVERY = 3600  # seconds
log = logging.getLogger("miyabi.settle")


class Command(BaseCommand):
    help = (
        "End open intents by asking AWS, and take off labels that were left. "
        "Exit status 1 while an intent stays open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--min-age",
            type=int,
            default=SETTLE_AFTER,
            metavar="SECONDS",
            help="younger intents may belong to a live request (default: %(default)s)",
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="wait until the intents that are open now are old enough",
        )
        parser.add_argument(
            "--every",
            type=int,
            default=0,
            metavar="SECONDS",
            help="go on, with so long a pause, until the process that started it ends",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # A person reads sentences; beside a server they are lines of its log.
        is_beside_a_server = bool(options["every"])
        self._report = log.info if is_beside_a_server else self.stdout.write
        self._warn = log.warning if is_beside_a_server else self.stderr.write
        if is_beside_a_server:
            self._go_on(options["min_age"], options["every"])
            return
        if options["wait"] and open_intents():
            time.sleep(options["min_age"])
        try:
            _, is_open = self._settle(options["min_age"])
        except ConsoleError as error:
            raise CommandError(error.message) from None
        self._sweep()
        if is_open:
            raise SystemExit(1)

    def _go_on(self, min_age: int, pause: int) -> None:
        """Settle until the parent ends. Sweep labels hourly, and after an intent was settled.

        No error ends it.
        """
        parent, next_sweep = os.getppid(), 0.0
        log.info("settling has begun")
        while os.getppid() == parent:
            try:
                if self._settle(min_age)[0] or time.monotonic() >= next_sweep:
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

    def _settle(self, min_age: int) -> tuple[bool, bool]:
        """Return whether an intent was settled, and whether one stays open."""
        outcomes = set()
        for settled in settle_audit(min_age):
            outcomes.add(bool(settled.outcome))
            self._report(
                f"Record {settled.sequence} ({settled.action}): "
                f"{settled.outcome or 'stays open'}: {settled.why.rstrip('.')}."
            )
        return True in outcomes, False in outcomes

    def _sweep(self) -> None:
        for environment in configuration.environments().values():
            try:
                for name in sweep_labels(environment):
                    self._report(f"{environment.name}: a left label was taken off {name}.")
            except AwsError as error:
                self._warn(f"{environment.name}: labels not checked: {error.message}")
