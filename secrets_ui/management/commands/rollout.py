"""manage.py rollout ENV NAME: has the version arrived? For people and for pipelines."""

import sys
from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from secrets_ui.domain.errors import AwsThrottled, AwsUnreachable
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.rollout import STATE_WORDS, Instance, Rollout
from secrets_ui.domain.secrets.version import short_version
from secrets_ui.management.answering import NOT_KNOWN, or_not_known
from secrets_ui.management.twin import add_secret, full_name, moment, printable
from secrets_ui.services import configuration
from secrets_ui.services.secrets.rollout import as_json, look

ARRIVED, NOT_YET, NOT_CURRENT = 0, 1, 3
EVERY = 10.0  # seconds between two looks
LOG_SECONDS = 30.0  # a shell may wait longer for the log than a page
ACTOR = Actor("rollout", job="rollout")


class Command(BaseCommand):
    help = (
        "Tell whether the current version of a secret has arrived in the running instances of the "
        "function. Exit status 0: it has; 1: an instance still has another one; 2: not known; 3: "
        "with --wait, another version became current meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_secret(parser)
        parser.add_argument(
            "--wait",
            type=int,
            default=0,
            metavar="SECONDS",
            help="look again until it has arrived, for so long at most (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print the last look as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with or_not_known():
            found = self._look_until(options, monotonic() + options["wait"])
        self.stdout.write(as_json(found) if options["json"] else _describe(found))
        if found.arrived is None:
            sys.exit(NOT_KNOWN)
        if not found.is_current:
            sys.exit(NOT_CURRENT)
        sys.exit(ARRIVED if found.arrived else NOT_YET)

    def _look_until(self, options: Mapping[str, Any], end: float) -> Rollout:
        """Of the version that is current at the first look that AWS answers. One that AWS does not
        let us look at is not asked about again.
        """
        environment = configuration.get_environment(options["environment"])
        name, version = full_name(environment, options["name"]), ""
        while True:
            is_last = monotonic() + EVERY > end
            try:
                found = look(
                    *(environment, name, ACTOR, version), seconds=LOG_SECONDS, with_hints=is_last
                )
            except (AwsThrottled, AwsUnreachable) as error:
                if is_last:
                    raise
                so_far = error.message
            else:
                if found.arrived or is_last or not found.can_change:
                    return found
                version, so_far = found.version_id, f"{found.new} of {found.of}: {found.reason}"
            self.stderr.write(printable(so_far))
            sleep(EVERY)


def _describe(found: Rollout) -> str:
    log = found.log
    read = f"from {moment(log.since)} to {moment(log.until)}" if log.since else "nothing"
    old = (
        moment(found.old_last_read)
        if found.old_last_read
        else "not in the part of the log that was read"
    )
    lines = [
        f"{found.environment}: {found.secret}, version {short_version(found.version_id) or 'none'}",
        f"{found.headline}. {found.reason}",
        *map(_line, found.instances),
        f"Another version was last read: {old}.",
        f"Read of {log.group}: {read}.",
        *(f"{hint.source}: {hint.text} {hint.worth}" for hint in found.hints),
    ]
    return "\n".join(map(printable, lines))


def _line(instance: Instance) -> str:
    version = short_version(instance.version_id) or "not listed"
    state = f"{STATE_WORDS[instance.state].lower()} ({version})"
    return f"  {state:<36} since {moment(instance.since)}  {instance.stream}"
