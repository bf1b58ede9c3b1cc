"""manage.py who_can_read ENV NAME: who can read a secret? For people and for pipelines."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.access.answers import Row, Show, WhoCan
from secrets_ui.domain.access.explanation import Explanation, Hop
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.errors.wording import calls_in_words
from secrets_ui.domain.people.actor import Actor
from secrets_ui.management.answering import or_not_known
from secrets_ui.management.twin import add_secret, full_name, printable
from secrets_ui.services import configuration
from secrets_ui.services.access.kept_readers import LastLook, last_look
from secrets_ui.services.access.who import WORDS, as_json, find_who_can
from secrets_ui.services.access.why import explain_access, explanation_as_json


class Command(BaseCommand):
    help = (
        "List who can read a secret: roles, users, and whoever is named from outside the account. "
        "Exit status 0: nobody who is not expected can, and all is known; 1: somebody who is not "
        "expected can; 2: no such principal was found, and something cannot be told. With "
        "--principal: 1 where it can and is not expected, 2 where that cannot be told, else 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_secret(parser)
        parser.add_argument(
            "--action",
            choices=[ability.value for ability in Ability],
            default=Ability.READ.value,
            help="what they can do (default: read)",
        )
        parser.add_argument(
            "--principal",
            metavar="ARN",
            help="explain the answer about this one, by its ARN or as role/NAME or user/NAME",
        )
        parser.add_argument("--json", action="store_true", help="print everybody as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            environment = configuration.get_environment(options["environment"])
            name, ability = full_name(environment, options["name"]), Ability(options["action"])
            actor = Actor("who_can_read", job="who_can_read")
            if options["principal"]:
                one = explain_access(environment, name, options["principal"], ability, actor)
                self.stdout.write(explanation_as_json(one) if options["json"] else _explain(one))
                sys.exit(_exit_status_of(one))
            found = find_who_can(environment, name, actor)
            last = last_look(environment, name)
        self.stdout.write(
            as_json(found, found.rows, last) if options["json"] else _describe(found, last, ability)
        )
        sys.exit(_exit_status(found, ability))


def _exit_status(found: WhoCan, ability: Ability) -> int:
    if found.unexpected(ability):
        return 1
    return 0 if found.is_whole(ability) else 2


def _exit_status_of(found: Explanation) -> int:
    if found.verdict.can is None:
        return 2
    return int(found.row.is_unexpected(found.ability))


def _explain(found: Explanation) -> str:
    lines = [f"{found.environment}: {found.headline}", *found.verdict.missing]
    for number, way in enumerate(found.ways, start=1):
        lines += [f"Way {number}:"] if len(found.ways) > 1 else []
        for hop in way.hops:
            lines += _hop_lines(hop)
    for number, offer in enumerate(found.offers, start=1):
        lines.append(f"Change {number} of {len(found.offers)}. {offer.outcome}")
        for step in offer.steps:
            lines += [f"  {text}" for text in (*step.words, step.caution, step.cli) if text]
        lines += [f"  {offer.others}"] if offer.others else []
    return "\n".join(map(printable, lines))


def _hop_lines(hop: Hop) -> list[str]:
    lines = [f"  {WORDS[hop.can]:<14} {hop.action} on {hop.resource}"] if hop.action else []
    closest = (hop.closest,) if hop.closest else ()
    for shown in (*hop.allowed_by, *hop.denied_by, *closest):
        is_closest = " (closest statement)" if shown is hop.closest else ""
        lines.append(f"    {shown.layer} {shown.policy}{is_closest}: {shown.why}")
        lines += [f"      {part}" for part in shown.unfit]
    return [*lines, *[f"    {text}" for text in hop.missing]]


def _describe(found: WhoCan, last: LastLook, ability: Ability) -> str:
    lines = [f"{found.environment}: who can {ability.value} {found.secret}"]
    for row in found.matching(Show.CAN, ability):
        lines += _lines(row, ability)
    lines += [told.describe(found.secret) for told in last.changes]
    calls = calls_in_words(found.calls, found.failed_calls)
    lines += [*found.gaps, found.control, f"{len(found.rows)} principals, {calls}."]
    return "\n".join(map(printable, lines))


def _lines(row: Row, ability: Ability) -> list[str]:
    verdict = row.verdicts[ability]
    mark = "expected" if row.is_expected else "OUTSIDE" if row.kind == "outside" else "not expected"
    condition = f" ({verdict.condition})" if verdict.condition else ""
    head = f"  {WORDS[verdict.can]:<14} {mark:<12} {row.title}{condition}"
    return [head, *[f"                 {reason}" for reason in (*verdict.by, *verdict.missing)]]
