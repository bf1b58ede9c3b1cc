"""manage.py due: which keys are due within some days. For people and for pipelines."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.secrets.due import SOON, Why
from secrets_ui.domain.status.events import whom_to_ask
from secrets_ui.domain.texts import as_rfc3339
from secrets_ui.management.answering import NOT_KNOWN, or_not_known
from secrets_ui.management.twin import printable
from secrets_ui.services import configuration
from secrets_ui.services.secrets.due import DueKey, DueList, read_due


class Command(BaseCommand):
    help = (
        "List the keys that are due, by the dates that the last pass kept; no AWS call is made. "
        "Exit status 0: no key is due within these days, and all is known; 1: one is, or is "
        "overdue; 2: none is known to be, and a date is not known, or was not checked lately. What "
        "AWS rotates by itself is listed, and counts where it is overdue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--within",
            type=_days,
            default=SOON,
            metavar="DAYS",
            help="how many days ahead (default: %(default)s)",
        )
        parser.add_argument(
            *("--env", "--environment"),
            dest="environment",
            action="append",
            metavar="NAME",
            help="one environment (default: all)",
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            names = options["environment"] or list(configuration.environments())
            found = read_due([configuration.get_environment(name) for name in names])
        days = options["within"]
        data = json.dumps(_data(found, days), indent=2) if options["json"] else ""
        self.stdout.write(data or _describe(found, days))
        sys.exit(_exit_status(found, days))


def _days(text: str) -> int:
    """Up to ten years. Raises ValueError, of which argparse makes a refusal."""
    if not text.isdecimal() or len(text) > 4 or int(text) > 3650:
        raise ValueError(text)
    return int(text)


def _exit_status(found: DueList, days: int) -> int:
    due = (key for key in found.within(days) if key.why is not Why.ROTATION or key in found.over)
    if any(due):
        return 1
    # When AWS does it by itself is nobody's to know.
    unknown = (key for key in found.unknown if key.why is not Why.ROTATION)
    return NOT_KNOWN if found.stale or any(unknown) else 0


def _data(found: DueList, days: int) -> dict[str, Any]:
    return {
        "at": as_rfc3339(found.now),
        "within_days": days,
        "checked_at": {name: as_rfc3339(at) for name, at in found.looked_at.items()},
        "stale": list(found.stale),
        "due": [_key(key) for key in found.within(days)],
        "not_known": [_key(key) for key in found.unknown],
    }


def _key(key: DueKey) -> dict[str, Any]:
    return {
        "environment": key.environment.name,
        "secret": key.secret,
        "key": key.key,
        "why": str(key.why),
        "text": key.text,
        "due_at": as_rfc3339(key.at),
        "exact": key.is_exact,
        "owner": key.owner,
        "runbook": key.runbook,
    }


def _describe(found: DueList, days: int) -> str:
    due = found.within(days)
    lines = [_line(key) for key in (*due, *found.unknown)]
    if not due:
        lines.insert(0, f"No key is known to be due within {days} days.")
    for name in found.stale:
        at = found.looked_at[name]
        lines.append(
            f"{name} was last checked at {at:%Y-%m-%d %H:%M:%S} UTC; its dates may be old."
            if at
            else f"{name} has not been checked yet; its dates are not known."
        )
    return "\n".join(map(printable, lines))


def _line(key: DueKey) -> str:
    day = f"{key.at:%Y-%m-%d}" if key.at else "not known"
    ask = whom_to_ask([key.owner], [key.runbook])
    what = f"{key.environment.name}  {key.secret}  {key.key or '(the whole secret)'}"
    return f"{day:<10}  {what}  {key.text}{ask}"
