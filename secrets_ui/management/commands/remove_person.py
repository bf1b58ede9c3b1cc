"""`manage.py remove_person NAME`: deletes an account, its roles, web sessions and second factors.

The audit record keeps the account's name.
"""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from ...domain.people.actor import CONSOLE
from ...services import audit
from ...services.people.sessions import end_sessions


class Command(BaseCommand):
    help = (
        "Takes a person's account away. Somebody of the provider who comes again gets a new "
        "one, if a group of theirs has a role."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        person = get_user_model()._default_manager.filter(username=name).first()
        if person is None:
            sys.exit(f"There is no account called {name}.")
        audit.record("account.remove", CONSOLE, details={"account": name})
        end_sessions(person)
        person.delete()
        self.stdout.write(f"The account {name} is gone.")
