"""The account that a command names, and a request in its name."""

import sys
from typing import Any, NoReturn

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.errors import NotPermitted
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services import audit


def account_called(name: str) -> Any:
    """Ends the command where there is no such account."""
    person = get_user_model()._default_manager.filter(username=name).first()
    if person is None:
        sys.exit(f"There is no account called {name}.")
    return person


class ShellRequest(HttpRequest):
    """A command's request in the name of an account: permissions are decided by the same grants as
    for a page."""

    def __init__(self, username: str, os_user: str) -> None:
        """Raises NotPermitted, on record, where no such account may sign in.

        No password is asked for: whoever may run a command has the console's settings
        (docs/decisions/). The record names the shell's user.
        """
        super().__init__()
        self.META["REMOTE_ADDR"], self.os_user = "shell", os_user
        accounts = get_user_model()._default_manager.filter(username=username, is_active=True)
        account = accounts.first()
        if account is None:
            _refuse_at_shell(Actor(username, "shell", os_user))
        self.user = account


def _refuse_at_shell(actor: Actor) -> NoReturn:
    audit.record(Action.REFUSE_ACCESS, actor, Outcome.REFUSED, details={"action": "shell"})
    raise NotPermitted(
        f"There is no account {actor.name[:60]} that may sign in.", remedy="Name one with --as."
    )
