"""manage.py audit_log: the newest records of the audit log, filtered as on its page."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.forms.audit import AuditFilterForm
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import TwinCommand, WrongCall, table
from secrets_ui.permissions import ensure_somewhere
from secrets_ui.services.audit.records import Entry, search

MOST = 1000  # more at once is an export, which has a right and a record of its own
_AGE = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Command(TwinCommand):
    help = (
        "Show the newest records of the audit log, of the environments whose log the account "
        "may see. Exit statuses: docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        for name, text in (
            ("environment", "of this environment"),
            ("person", "of this person"),
            ("secret", "of secrets with this text in their name"),
            ("key", "that concern this key"),
            ("action", "of this kind, such as secret.save"),
            ("outcome", "done, refused, conflict, failed, not_applied, unknown or open"),
        ):
            parser.add_argument(f"--{name}", default="", help=f"only records {text}")
        times = (
            "an age such as 30m, 24h or 7d, or a time in UTC such as 2026-11-23 or '2026-11-23 "
            "14:05'"
        )
        parser.add_argument(
            "--since", default="", metavar="TIME", help=f"only records from then on: {times}"
        )
        parser.add_argument("--until", default="", metavar="TIME", help="only records before then")
        parser.add_argument(
            "--limit",
            type=int,
            default=50,
            metavar="N",
            help=f"how many at most, up to {MOST} (default: %(default)s)",
        )

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        visible = [environment.name for environment in ensure_somewhere(request, "audit.view")]
        entries, more = _found(_filters(options), visible, _limit(options["limit"]))
        self.answer(options, [_data(entry) for entry in entries], _text(entries))
        if more:
            self.note(f"There are older records: this shows the newest {len(entries)}.")
        return 0


def _filters(options: Mapping[str, Any]) -> dict[str, str]:
    """Validate the filters with the page's own form. Raises WrongCall."""
    asked = {
        name: options[name]
        for name in ("environment", "person", "secret", "key", "action", "outcome")
    }
    form = AuditFilterForm(
        asked | {"after": _time(options["since"]), "before": _time(options["until"])}
    )
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        option = {"after": "since", "before": "until"}.get(field, field)
        raise WrongCall(f"--{option}: {errors[0]}")
    return dict(form.cleaned_data)


def _time(text: str) -> str:
    if match := _AGE.fullmatch(text):
        then = datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
        return f"{then:%Y-%m-%d %H:%M:%S}"
    return text


def _limit(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise WrongCall(
            f"--limit: expected 1 to {MOST}. More at once is an export, on the audit page."
        )
    return limit


def _found(filters: Mapping[str, str], visible: list[str], limit: int) -> tuple[list[Entry], bool]:
    """Return the newest records, and whether there are more."""
    entries: list[Entry] = []
    below = 0
    while True:
        page = search(filters, visible, below=below)
        entries += page.entries
        below = page.older
        if not below or len(entries) > limit:
            return entries[:limit], bool(below) or len(entries) > limit


def _data(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "sequence": record.sequence,
        "at": record.at,
        "person": record.actor,
        "address": record.address,
        "action": record.action,
        "outcome": entry.outcome,
        "environment": record.environment,
        "secret": record.secret,
        "keys": entry.keys,
        "reason": record.reason,
        "base_version_id": record.base_version_id,
        "version_id": entry.version_id,
        "request_ids": entry.request_ids,
        "details": entry.details,
        "hash": record.hash,
    }


def _text(entries: Iterable[Entry]) -> str:
    rows = [
        (
            str(entry.record.sequence),
            entry.record.at[:19].replace("T", " "),
            entry.record.actor,
            entry.record.action,
            entry.outcome,
            entry.record.environment or "-",
            entry.record.secret or "-",
            " ".join(entry.keys) or "-",
        )
        for entry in entries
    ]
    if not rows:
        return "No record matches."
    return table(
        ("RECORD", "AT (UTC)", "PERSON", "ACTION", "OUTCOME", "ENVIRONMENT", "SECRET", "KEYS"), rows
    )
