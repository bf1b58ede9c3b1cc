"""manage.py who_can_read ENV NAME: who can read a secret? For people and for pipelines."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.access.answers import Row, Show, WhoCan
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.people.actor import Actor
from secrets_ui.management.answering import or_not_known
from secrets_ui.management.twin import add_secret, full_name, printable
from secrets_ui.services import configuration
from secrets_ui.services.access.kept_readers import LastLook, last_look
from secrets_ui.services.access.who import WORDS, as_json, find_who_can


class Command(BaseCommand):
    help = (
        "List who can read a secret: roles, users, and whoever is named from outside the account. "
        "Exit status 0: nobody who is not expected can, and all is known; 1: somebody who is not "
        "expected can; 2: no such principal was found, and something cannot be told."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_secret(parser)
        parser.add_argument(
            "--action",
            choices=[ability.value for ability in Ability],
            default=Ability.READ.value,
            help="what they can do (default: read)",
        )
        parser.add_argument("--json", action="store_true", help="print everybody as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            environment = configuration.get_environment(options["environment"])
            name = full_name(environment, options["name"])
            found = find_who_can(environment, name, Actor("who_can_read", job="who_can_read"))
            last = last_look(environment, name)
        ability = Ability(options["action"])
        self.stdout.write(
            as_json(found, found.rows, last) if options["json"] else _describe(found, last, ability)
        )
        sys.exit(_exit_status(found, ability))


def _exit_status(found: WhoCan, ability: Ability) -> int:
    if found.unexpected(ability):
        return 1
    return 0 if found.is_whole(ability) else 2


def _describe(found: WhoCan, last: LastLook, ability: Ability) -> str:
    lines = [f"{found.environment}: who can {ability.value} {found.secret}"]
    for row in found.matching(Show.CAN, ability):
        lines += _lines(row, ability)
    lines += [told.describe(found.secret) for told in last.changes]
    lines += [*found.gaps, found.control, f"{len(found.rows)} principals, {found.calls} AWS calls."]
    return "\n".join(map(printable, lines))


def _lines(row: Row, ability: Ability) -> list[str]:
    verdict = row.verdicts[ability]
    mark = "expected" if row.is_expected else "OUTSIDE" if row.kind == "outside" else "not expected"
    condition = f" ({verdict.condition})" if verdict.condition else ""
    head = f"  {WORDS[verdict.can]:<14} {mark:<12} {row.title}{condition}"
    return [head, *[f"                 {reason}" for reason in (*verdict.by, *verdict.missing)]]
