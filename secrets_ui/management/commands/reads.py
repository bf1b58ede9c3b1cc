"""manage.py reads ENV NAME: who read or changed a secret? For people and for pipelines."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from secrets_ui.domain.usage.reads import Coverage
from secrets_ui.management.answering import or_not_known
from secrets_ui.management.twin import add_secret, full_name, printable
from secrets_ui.services import configuration
from secrets_ui.services.usage.reads import MOST_SENT, Reader, Reads, as_json, find_reads


class Command(BaseCommand):
    help = (
        "List who read or changed a secret, as CloudTrail recorded it and the status runner kept "
        "it; AWS is not asked. Exit status 0: nobody stands out, and all is known; 1: somebody "
        "from outside the account, or new, read it; 2: nobody stands out in what is known, and "
        "not all is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_secret(parser)
        parser.add_argument(
            "--days", type=int, default=90, help="how many days to look back, today included"
        )
        parser.add_argument("--json", action="store_true", help="print readers and calls as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 3650:
            raise CommandError("--days: expected a number from 1 to 3650.", returncode=2)
        with or_not_known():
            environment = configuration.get_environment(options["environment"])
            name = full_name(environment, options["name"])
            found = find_reads(environment, name, options["days"], most=MOST_SENT)
        self.stdout.write(as_json(found) if options["json"] else _describe(found))
        sys.exit(_exit_status(found))


def _exit_status(found: Reads) -> int:
    if any(reader.stands_out and reader.reads for reader in found.readers):
        return 1
    return 0 if found.is_whole else 2


def _describe(found: Reads) -> str:
    lines = [f"{found.environment}: who read {found.secret} in {found.days} days"]
    lines += map(_line, found.readers)
    lines += [_coverage(found), _changes(found)]
    return "\n".join(map(printable, lines))


def _line(reader: Reader) -> str:
    counts = f"{reader.reads} reads, {reader.changes} changes, {reader.refused} refused"
    return f"  {_mark(reader):<20} {reader.name}: {counts}, last {reader.last:%Y-%m-%d %H:%M} UTC"


def _mark(reader: Reader) -> str:
    if reader.is_ours:
        return "this console"
    if reader.is_expected:
        return "expected, outside" if reader.account else "expected"
    if reader.account:
        return "OUTSIDE"
    if reader.first:
        day = f"{reader.first.day:%Y-%m-%d}"
        return f"NEW on {day}" if reader.is_new else f"new on {day}?"
    return ""


def _coverage(found: Reads) -> str:
    problem = found.coverage.problem
    why = f" CloudTrail did not answer last: {problem}." if problem else ""
    return f"{_span(found.coverage) or 'Not known: nothing is kept of its reads yet.'}{why}"


def _changes(found: Reads) -> str:
    return f"Changes: {_span(found.changes) or 'Not known yet.'}"


def _span(known: Coverage) -> str:
    if known.since is None or known.until is None:
        return ""
    return f"Known from {known.since:%Y-%m-%d %H:%M} to {known.until:%Y-%m-%d %H:%M} UTC."
