"""manage.py status: prints the environments' status from the last pass.

For people and for pipelines.
"""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.status.events import whom_to_ask
from secrets_ui.domain.status.status import worst
from secrets_ui.domain.status.words import STATUS_WORDS
from secrets_ui.management.answering import or_not_known
from secrets_ui.management.twin import printable
from secrets_ui.services import configuration
from secrets_ui.services.status.board import StatusBoard
from secrets_ui.services.status.report import EXIT, status_report

MOST_SHOWN = 50


class Command(BaseCommand):
    help = (
        "Print the status as it is kept; no AWS call is made. Exit status 0: nothing fails and all "
        "is known (warnings are allowed); 1: something fails; 2: nothing fails, and something is "
        "not known, or was not checked recently, or the database is away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--environment", action="append", metavar="NAME", help="one environment (default: all)"
        )
        parser.add_argument("--json", action="store_true", help="print what /status.json tells")

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            names = options["environment"] or list(configuration.environments())
            environments = [configuration.get_environment(name) for name in names]
            report, board = status_report(environments, with_secrets=options["json"])
        self.stdout.write(json.dumps(report, indent=2) if options["json"] else _describe(board))
        # The record is of no environment: it decides where all of them are asked for.
        of_the_record = (
            [] if options["environment"] else [board.record.status if board.record else "unknown"]
        )
        sys.exit(
            EXIT[
                worst([*(summary.current.status for summary in board.environments), *of_the_record])
            ]
        )


def _describe(board: StatusBoard) -> str:
    lines = [f"{board.headline.text}."]
    for summary in board.environments:
        at = (
            f"checked at {summary.current.at:%Y-%m-%d %H:%M:%S} UTC"
            if summary.current.at
            else "not checked yet"
        )
        lines.append(
            f"  {summary.current.name:<10} {STATUS_WORDS[summary.current.status].code:<8} "
            f"{summary.secrets} secrets, {at}"
        )
    for trouble in board.troubles[:MOST_SHOWN]:
        more = f" (and {trouble.more} more)" if trouble.more else ""
        lines.append(
            f"  {STATUS_WORDS[trouble.finding.status].code:<8} {trouble.finding.text}{more}"
            f"{whom_to_ask(trouble.owners, trouble.runbooks)}"
        )
    if len(board.troubles) > MOST_SHOWN:
        lines.append(f"  and {len(board.troubles) - MOST_SHOWN} more; --json tells all")
    runner = board.runner
    if runner.alive_at and not runner.is_alive:
        lines.append(
            "  Checks have stopped: the status runner gave its last sign at "
            f"{runner.alive_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    return "\n".join(map(printable, lines))
