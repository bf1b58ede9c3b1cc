"""manage.py list_secrets ENV: the secrets of an environment with their states, as on the page."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.domain.environment import Environment
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import TwinCommand, add_environment, moment, table
from secrets_ui.permissions import actor_of, comparable, enter, is_limited, may
from secrets_ui.services.secrets.listing import Listing, SecretRow, filter_secrets, list_secrets


class Command(TwinCommand):
    help = (
        "List the secrets of an environment with the state of each. "
        "No value of a known version is read. Exit statuses: docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_environment(parser)
        parser.add_argument(
            "--filter",
            default="",
            metavar="TEXT",
            help="only those with TEXT in their name or a key's",
        )

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        environment = enter(request, "secret.view", options["environment"])
        others, is_visible = comparable(request), partial(may, request, "secret.view", environment)
        listings = (
            [filter_secrets(environment, actor_of(request), others, options["filter"], is_visible)]
            if options["filter"] or is_limited(request, "secret.view", environment)
            else list(_every_page(environment, request, others))
        )
        rows = [row for listing in listings for row in listing.rows]
        self.answer(options, _data(environment, listings[0], rows), _text(environment, rows))
        if not_inspected := sum(listing.not_inspected for listing in listings):
            self.note(
                f"{not_inspected} of them have a new version that was not checked yet. "
                "Run it again to check more."
            )
        if any(listing.is_cut for listing in listings):
            self.note("There are more matches. Use a longer filter to see all.")
        return 0


def _every_page(
    environment: Environment, request: ShellRequest, others: list[Environment]
) -> Iterable[Listing]:
    token = ""
    while True:
        listing = list_secrets(environment, actor_of(request), others, token)
        yield listing
        token = listing.next_token
        if not token:
            return


def _data(environment: Environment, first: Listing, rows: Iterable[SecretRow]) -> dict[str, Any]:
    return {
        "environment": environment.name,
        "region": environment.region,
        "account": environment.account,
        "read_at": first.read_at,
        "secrets": [_row_data(row) for row in rows],
    }


def _row_data(row: SecretRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "arn": row.secret.arn if row.secret else None,
        "state": {"level": row.state.level, "text": row.state.text, "hint": row.state.hint},
        "keys_set": row.keys_set if row.counts_keys else None,
        "keys_total": row.keys_total if row.counts_keys else None,
        "current_version": (row.secret.current or None) if row.secret else None,
        "last_changed": row.secret.last_changed if row.secret else None,
        "last_read": row.secret.last_accessed.date().isoformat()
        if row.secret and row.secret.last_accessed
        else None,
        "changed_by": row.author.name if row.author else None,
    }


def _text(environment: Environment, rows: list[SecretRow]) -> str:
    if not rows:
        return f"No secret in {environment.name} has a name that starts with {environment.prefix}."
    return table(
        ("SECRET", "STATE", "KEYS SET", "LAST CHANGED", "BY"),
        [
            (
                row.name,
                row.state.text,
                f"{row.keys_set} of {row.keys_total}" if row.counts_keys else "-",
                moment(row.secret.last_changed) if row.secret else "never",
                (row.author.name if row.author else "outside this console") if row.secret else "-",
            )
            for row in rows
        ],
    )
