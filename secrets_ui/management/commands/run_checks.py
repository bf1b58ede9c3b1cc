"""manage.py run_checks: checks every environment and keeps the results, once or repeatedly; then
keeps what CloudTrail recorded about the secrets.

What it finds is sent by send_messages; once, it sends by itself.
"""

import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_ui.domain.errors import ConsoleError
from secrets_ui.domain.pace import Pace
from secrets_ui.management.looping import ALIVE_EVERY, add_every, go_on
from secrets_ui.models import StatusRunner
from secrets_ui.services.aws_access import pace_calls
from secrets_ui.services.status.send_events import send_due
from secrets_ui.services.status.tell_changes import tell_changes
from secrets_ui.services.status_pass.lock import ONLY, LockHeld, Renewal, pass_lock, runner
from secrets_ui.services.status_pass.run import Pass, run_status_pass
from secrets_ui.services.usage.trail import collect_calls

log = logging.getLogger("miyabi.status")
LOOK_EVERY = 2  # seconds: for a pass that somebody asked for
TRAIL_RATE = 1  # LookupEvents allows two a second in an account and Region, and others ask as well


class Command(BaseCommand):
    help = (
        "Look at every environment and keep what is found; send what is due. "
        "Exit status 1 when another runner is at it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_every(parser, "a pass each so many seconds and whenever somebody asks for one")

    def handle(self, *args: Any, **options: Any) -> None:
        rates = {
            "secrets-manager": settings.STATUS_SECRETS_PER_SECOND,
            "iam": settings.STATUS_IAM_PER_SECOND,
            "cloudtrail": TRAIL_RATE,
        }
        self.pace = Pace(rates, settings.STATUS_OTHERS_PER_SECOND)
        pace_calls(self.pace)
        if options["every"]:
            self._go_on(options["every"])
            return
        try:
            done = self._pass()
            self._collect()
        except LockHeld as error:
            raise CommandError(f"Another runner is at it: {error.holder}.") from None
        except ConsoleError as error:
            raise CommandError(error.message) from None
        finally:
            pace_calls(None)
        self.stdout.write(
            f"{done.secrets} secrets in {done.seconds:.1f} s; {len(done.events)} events."
        )
        tell_changes()
        send_due()

    def _pass(self) -> Pass:
        return run_status_pass(self.pace.take_calls)

    def _go_on(self, every: int) -> None:
        self.next_pass = self.next_sign = 0.0
        log.info("the status runner has begun")
        go_on(partial(self._run_if_due, every), LOOK_EVERY, log, "status runner")

    def _run_if_due(self, every: int) -> None:
        self._give_sign(every)
        if time.monotonic() >= self.next_pass or self._is_wanted():
            self.next_pass = time.monotonic() + every
            with suppress(LockHeld):  # on another machine; its results are these as well
                self._pass()
                self._collect(every)

    def _give_sign(self, every: int) -> None:
        if every and time.monotonic() >= self.next_sign:
            self._note_alive(every)
            self.next_sign = time.monotonic() + ALIVE_EVERY

    def _collect(self, every: int = 0) -> None:
        """Gives way to a pass that somebody asks for."""
        with pass_lock():
            renew = Renewal()

            def may_go_on() -> bool:
                renew()
                self._give_sign(every)
                return not self._is_wanted()

            collect_calls(may_go_on)

    def _note_alive(self, every: int) -> None:
        runner()
        StatusRunner.objects.filter(pk=ONLY).update(alive_at=datetime.now(UTC), every=every)

    def _is_wanted(self) -> bool:
        return StatusRunner.objects.filter(pk=ONLY, wanted_at__isnull=False).exists()
