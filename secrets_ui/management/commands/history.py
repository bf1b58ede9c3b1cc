"""manage.py history ENV NAME: the versions of a secret, as on its page."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.domain.secrets.version import short_version
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import TwinCommand, add_secret, enter_secret, moment, table
from secrets_ui.permissions import actor_of
from secrets_ui.services.secrets.history import History, HistoryEntry, history_of


class Command(TwinCommand):
    help = (
        "List the versions of a secret, the newest first: who made each, which keys it changed, "
        "its labels, and whether AWS still has it. No value is read. Exit statuses: "
        "docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_secret(parser)

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        environment, name = enter_secret(request, "secret.view", options)
        found = history_of(environment, actor_of(request), name)
        data = {
            "secret": found.secret.name,
            "current_version": found.secret.current or None,
            "labels_in_use": found.labels,
            "versions": [_data(entry, found) for entry in found.entries],
        }
        rows = (_row(entry, found) for entry in found.entries)
        self.answer(options, data, table(_COLUMNS, rows))
        if found.next_token:
            self.note("AWS has more versions than these.")
        return 0


_COLUMNS = ("VERSION", "MADE", "BY", "LABELS", "KEYS")


def _row(entry: HistoryEntry, found: History) -> tuple[str, ...]:
    missing = "no longer in AWS" if found.is_whole else "not listed"
    labels = ", ".join(entry.version.labels) if entry.version else missing
    by = entry.author.name if entry.author else "outside this console"
    return (short_version(entry.id), moment(entry.made), by, labels, _keys(entry))


def _keys(entry: HistoryEntry) -> str:
    if entry.changed is None:
        return ", ".join(entry.keys) or "not known"
    return ", ".join(f"{item.kind} {item.key}" for item in entry.changed) or "as before"


def _data(entry: HistoryEntry, found: History) -> dict[str, Any]:
    changed = entry.changed
    return {
        "version_id": entry.id,
        "made": entry.made,
        "by": entry.author.name if entry.author else None,
        "approved_by": (entry.author.approved_by or None) if entry.author else None,
        "record": entry.author.sequence if entry.author else None,
        "labels": list(entry.version.labels) if entry.version else [],
        "in_aws": True if entry.version else False if found.is_whole else None,
        "changed": None if changed is None else {item.key: item.kind for item in changed},
    }
