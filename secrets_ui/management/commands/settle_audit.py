"""manage.py settle_audit: ends open intents by asking AWS what became of them."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.errors import AwsError
from secrets_ui.services import estate
from secrets_ui.services.settle_audit import SETTLE_AFTER, open_intents, settle_audit, sweep_labels


class Command(BaseCommand):
    help = "End open intents by asking AWS, and take off labels that were left. Exit status 1 while an intent stays open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--min-age", type=int, default=SETTLE_AFTER, help="seconds; younger intents may belong to a live request (default %(default)s)")
        parser.add_argument("--wait", action="store_true", help="wait until the intents that are open now are old enough")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["wait"] and open_intents():
            time.sleep(options["min_age"])
        is_open = False
        for settled in settle_audit(options["min_age"]):
            is_open |= not settled.outcome
            self.stdout.write(f"Record {settled.sequence} ({settled.action}): {settled.outcome or 'stays open'}: {settled.why}.")
        for environment in estate.environments().values():
            try:
                for name in sweep_labels(environment):
                    self.stdout.write(f"{environment.name}: a left label was taken off {name}.")
            except AwsError as error:
                self.stderr.write(f"{environment.name}: labels not looked at: {error.message}")
        if is_open:
            raise SystemExit(1)
