"""manage.py send_messages: sends what waits in the outbox, once or repeatedly."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.management.looping import ALIVE_EVERY, add_every, go_on
from secrets_ui.models import Heartbeat
from secrets_ui.services.status.send_events import send_due
from secrets_ui.services.status.tell_changes import tell_changes

log = logging.getLogger("miyabi.events")


class Command(BaseCommand):
    help = "Put the changes that are new into the outbox, and send what is due. AWS is not asked."

    def add_arguments(self, parser: CommandParser) -> None:
        add_every(parser, "each so many seconds")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["every"]:
            self.next_sign = 0.0
            go_on(self._send, options["every"], log, "sending messages")
        else:
            self.stdout.write(f"{tell_changes()} changes are new; {send_due()} messages sent.")

    def _send(self) -> None:
        tell_changes()
        send_due()
        if time.monotonic() >= self.next_sign:
            Heartbeat.note("send_messages")
            self.next_sign = time.monotonic() + ALIVE_EVERY
