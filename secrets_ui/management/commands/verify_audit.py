"""manage.py verify_audit: verifies the audit chain and reports the records that break it, and what
the chain cannot show."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_ui.domain.audit.chain import Break, Checkpoint
from secrets_ui.domain.errors import AwsError
from secrets_ui.domain.errors.wording import plural
from secrets_ui.management.answering import NOT_KNOWN, or_not_known
from secrets_ui.services import configuration
from secrets_ui.services.audit.guards import find_unguarded
from secrets_ui.services.audit.verify import MOST_BREAKS, verify_audit


class Command(BaseCommand):
    help = (
        "Verify the audit chain. Exit status 0: it holds, and is guarded; 1: not so; 2: not known."
    )
    # Of pages and their addresses, which would take half of the memory.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint",
            metavar="SEQUENCE:HASH",
            help="a checkpoint kept elsewhere, such as in the log stream",
        )
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            breaks, reached = verify_audit(
                _checkpoint(options["checkpoint"]), processes=os.cpu_count() or 1
            )
            breaks += _compare_and_keep(reached) if not breaks else []
            unguarded = [text for _, text in find_unguarded(configuration.environments())]
        answer = _as_json if options["json"] else _as_text
        self.stdout.write(answer(breaks, unguarded, reached))
        if not breaks and not options["json"]:
            verdict = f"The audit chain holds: {reached.count} records."
            self.stdout.write(self.style.SUCCESS(verdict))
        _ensure_none(breaks, unguarded)


def _ensure_none(breaks: Sequence[Break], unguarded: Sequence[str]) -> None:
    if breaks:
        more = " or more" if _are_cut_off(breaks) else ""
        places = plural(len(breaks), "place")
        raise CommandError(f"The audit chain does not hold: {places}{more}.")
    if unguarded:
        findings = plural(len(unguarded), "finding")
        raise CommandError(f"The audit log is not guarded: {findings}.")


def _compare_and_keep(reached: Checkpoint) -> list[Break]:
    if not settings.CHECKPOINTS_AT:
        return []
    # boto3 would take as much memory as all of the verification.
    from secrets_ui.services.audit.kept_checkpoints import compare_and_keep

    try:
        return compare_and_keep(reached)
    except AwsError as error:
        text = f"The audit chain could not be compared with the checkpoints in S3: {error}"
        raise CommandError(text, returncode=NOT_KNOWN) from error


def _as_text(breaks: Sequence[Break], unguarded: Sequence[str], reached: Checkpoint) -> str:
    checkpoint = json.dumps({"checkpoint": asdict(reached)})
    return "\n".join([*(found.text for found in breaks), *_printable(unguarded), checkpoint])


def _printable(texts: Sequence[str]) -> list[str]:
    if not texts:
        return []
    # As above: it would take more memory than the verification, mostly for nothing.
    from secrets_ui.management.twin import printable

    return [printable(text) for text in texts]


def _as_json(breaks: Sequence[Break], unguarded: Sequence[str], reached: Checkpoint) -> str:
    answer = {
        "holds": not breaks,
        "breaks": [found.text for found in breaks],
        "more_breaks": _are_cut_off(breaks),
        "unguarded": unguarded,
        "checkpoint": asdict(reached),
    }
    return json.dumps(answer, indent=2)


def _are_cut_off(breaks: Sequence[Break]) -> bool:
    return len(breaks) >= MOST_BREAKS


def _checkpoint(text: str | None) -> Checkpoint | None:
    if not text:
        return None
    sequence, _, digest = text.partition(":")
    if not sequence.isdecimal() or len(digest) != 64:
        expected = "--checkpoint: expected SEQUENCE:HASH, the hash with 64 hex characters."
        raise CommandError(expected, returncode=NOT_KNOWN)
    return Checkpoint(int(sequence), digest, int(sequence))
