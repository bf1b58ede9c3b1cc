"""manage.py verify_audit: verifies the audit chain and reports the records that break it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_ui.domain.audit.chain import Checkpoint
from secrets_ui.services.audit.verify import MOST_BREAKS, verify_audit


class Command(BaseCommand):
    help = "Verify the audit chain. Exit status 0: it holds; 1: it does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint",
            metavar="SEQUENCE:HASH",
            help="a checkpoint kept elsewhere, such as in the log stream",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        breaks, reached = verify_audit(_checkpoint(options["checkpoint"]))
        for found in breaks:
            self.stdout.write(found.text)
        self.stdout.write(
            json.dumps(
                {
                    "checkpoint": {
                        "sequence": reached.sequence,
                        "hash": reached.hash,
                        "count": reached.count,
                    }
                }
            )
        )
        if breaks:
            ending = "" if len(breaks) == 1 else "s"
            more = " or more" if len(breaks) >= MOST_BREAKS else ""
            places = f"{len(breaks)} place{ending}{more}"
            raise CommandError(f"The audit chain does not hold: {places}.")
        self.stdout.write(self.style.SUCCESS(f"The audit chain holds: {reached.count} records."))


def _checkpoint(text: str | None) -> Checkpoint | None:
    if not text:
        return None
    sequence, _, digest = text.partition(":")
    if not sequence.isdecimal() or len(digest) != 64:
        raise CommandError("--checkpoint: expected SEQUENCE:HASH, the hash with 64 hex characters.")
    return Checkpoint(int(sequence), digest, int(sequence))
