"""`manage.py remove_person NAME`: deletes an account, its roles, web sessions and second factors.

The audit record keeps the account's name.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...domain.audit.actions import Action
from ...domain.people.actor import CONSOLE
from ...services import audit
from ...services.people.sessions import end_sessions
from ..account import account_called


class Command(BaseCommand):
    help = (
        "Takes a person's account away. Somebody who signs in through the provider again gets a "
        "new "
        "one, if a group of theirs has a role."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        person = account_called(name)

        def remove() -> None:
            end_sessions(person)
            person.delete()

        audit.record_when_possible(
            Action.REMOVE_ACCOUNT, CONSOLE, details={"account": name}, in_transaction=remove
        )
        self.stdout.write(f"The account {name} is gone.")
