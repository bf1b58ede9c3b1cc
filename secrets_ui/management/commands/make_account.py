"""`manage.py make_account NAME --role prod=admin`: a local account, and how its person comes in."""

import getpass
import sys
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from ...domain.errors import ConsoleError
from ...domain.people.actor import CONSOLE
from ...domain.people.names import tidy_name
from ...domain.people.roles import ensure_grantable
from ...services import configuration
from ...services.people.accounts import make_account
from ...services.people.links import HOURS, ensure_usable


class Command(BaseCommand):
    help = (
        "Makes a local account, or gives an existing one a new password and exactly these roles; "
        "its sessions end. Prints a link by which the person sets the password, once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            metavar="ENV=ROLE",
            help="a role in an environment; once for each environment",
        )
        parser.add_argument(
            "--password",
            action="store_true",
            help="ask for the password at the terminal, where no link can be opened",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = tidy_name(options["name"])
        try:
            ensure_usable(name)
            roles = dict(map(_role, options["role"]))
            password = _typed(name) if options["password"] else None
            code = make_account(name, password, roles, CONSOLE)
        except ConsoleError as error:
            raise CommandError(f"{error.title}. {error.message}") from None
        self.stdout.write(f"The account {name} is set.")
        if code:
            link = f"{urljoin(settings.STATUS_ADDRESS, reverse('use_link'))}#{code}"
            self.stdout.write(f"It works once, for {HOURS} hours:\n{link}")
            if not settings.STATUS_ADDRESS:
                hosts = " or ".join(settings.ALLOWED_HOSTS)
                self.stdout.write(
                    "Put https:// and the console's host before it: STATUS_ADDRESS is not set. It "
                    f"answers as {hosts}."
                )


def _role(text: str) -> tuple[str, str]:
    """Raises CommandError, EnvironmentNotFound, InvalidGrant."""
    environment, is_there, role = text.partition("=")
    if not is_there:
        raise CommandError(f"--role {text}: expected ENV=ROLE, such as prod=viewer.")
    ensure_grantable(configuration.get_environment(environment), role, "")
    return environment, role


def _typed(name: str) -> str:
    """By the rules of the page. Raises CommandError."""
    if not sys.stdin.isatty():
        raise CommandError("--password asks at a terminal. Leave it out to get a link.")
    password = getpass.getpass("Password (not shown): ")
    try:
        validate_password(password, get_user_model()(username=name))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two do not match, so nothing changes.")
    return password
