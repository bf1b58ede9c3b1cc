"""manage.py send_messages: sends what waits in the outbox, once or repeatedly."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from secrets_ui.models import Heartbeat
from secrets_ui.services.status.send_events import send_due
from secrets_ui.services.status.tell_changes import tell_changes

log = logging.getLogger("miyabi.events")
LONGEST_PAUSE = 30  # seconds, after errors
ALIVE_EVERY = 15  # seconds


class Command(BaseCommand):
    help = "Put the changes that are new into the outbox, and send what is due. AWS is not asked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            default=0,
            metavar="SECONDS",
            help="go on, each so many seconds, until the process that started it ends",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["every"]:
            self._go_on(options["every"])
        else:
            self.stdout.write(f"{tell_changes()} changes are new; {send_due()} messages sent.")

    def _go_on(self, every: int) -> None:
        """No error ends it: after each in a row it waits longer."""
        parent, failures, next_sign = os.getppid(), 0, 0.0
        while os.getppid() == parent:
            try:
                tell_changes()
                send_due()
                if time.monotonic() >= next_sign:
                    Heartbeat.note("send_messages")
                    next_sign = time.monotonic() + ALIVE_EVERY
                failures = 0
            except Exception:
                log.exception("sending messages")
                connections.close_all()
                failures += 1
            time.sleep(min(every * 2 ** min(failures, 10), LONGEST_PAUSE))
