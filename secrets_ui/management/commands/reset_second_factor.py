"""`manage.py reset_second_factor NAME`: for someone who has lost device and recovery codes.

The reset is audited and ends the person's web sessions.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...domain.audit.actions import Action
from ...domain.people.actor import CONSOLE
from ...identity.second_factor import remove_all
from ...services import audit
from ...services.people.sessions import end_sessions
from ..account import account_called


class Command(BaseCommand):
    help = "Takes a person's second factors away; at their next sign-in they set up new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        person = account_called(name)
        ended = 0

        def reset() -> None:
            nonlocal ended
            remove_all(person)
            ended = end_sessions(person)

        audit.record(Action.RESET_FACTORS, CONSOLE, details={"account": name}, in_transaction=reset)
        self.stdout.write(
            f"The second factors of {name} are gone; {ended} of their sessions ended."
        )
