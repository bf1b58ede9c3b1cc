"""manage.py check_access ENV: can the Lambda read its secrets? For people and for pipelines."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.access.run import Run
from secrets_ui.domain.errors.wording import calls_in_words
from secrets_ui.domain.people.actor import Actor
from secrets_ui.management.answering import or_not_known
from secrets_ui.management.twin import add_environment, full_name, printable
from secrets_ui.services import configuration
from secrets_ui.services.access.check import check_access

_MARKS = {
    "pass": "ok",
    "fail": "FAIL",
    "unknown": "unknown",
    "warn": "warning",
    "skipped": "skipped",
}


class Command(BaseCommand):
    help = (
        "Check whether the Lambda of an environment can read its secrets. Exit status 0: "
        "nothing failed and all is known (warnings and a "
        "second opinion that could not be had are allowed); 1: something failed; 2: "
        "nothing failed, and something is not known."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_environment(parser)
        parser.add_argument(
            "--secret",
            action="append",
            metavar="NAME",
            help="one secret, by its full or short name (default: the catalogue's)",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="print the runs as JSON, a list of one object for each secret",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            environment = configuration.get_environment(options["environment"])
            names = [
                full_name(environment, name)
                for name in options["secret"] or configuration.catalog().secrets
            ]
            runs = [
                check_access(environment, name, Actor("check_access", job="check_access"))
                for name in names
            ]
        self.stdout.write(
            json.dumps([run.to_json() for run in runs], indent=2)
            if options["json"]
            else "\n\n".join(map(_describe, runs))
        )
        sys.exit(_exit_status(runs))


def _exit_status(runs: list[Run]) -> int:
    """Return 1 if anything failed, which outweighs something unknown."""
    statuses = {run.exit_status for run in runs}
    return 1 if 1 in statuses else max(statuses, default=0)


def _describe(run: Run) -> str:
    lines = [f"{run.environment}: {run.role} → {run.secret}", run.headline]
    for finding in run.findings:
        lines.append(f"  {_MARKS[finding.status]:<8} {finding.check}: {finding.text}")
        if finding.remedy and finding.status in ("fail", "warn"):
            lines.append(f"           {finding.remedy.text} {finding.remedy.tried}".rstrip())
            lines += [f"           $ {finding.remedy.cli}"] if finding.remedy.cli else []
        lines += (
            [f"           This console's role needs: {' '.join(finding.missing.split())}"]
            if finding.missing
            else []
        )
    return "\n".join(
        printable(line)
        for line in [
            *lines,
            *run.not_seen,
            (
                f"{run.read_at:%Y-%m-%d %H:%M:%S} UTC, {run.seconds:.2f} s: "
                f"{calls_in_words(run.calls, run.failed_calls)}."
            ),
        ]
    )
