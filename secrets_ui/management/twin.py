"""The base of commands that do in a shell what a person does on a page.

They share whose name they act in, JSON or table output, errors and exit statuses.
"""

import json
import logging
import os
import pwd
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import (
    AuditUnavailable,
    AwsError,
    ConsoleError,
    DatabaseAway,
    EnvironmentNotFound,
    InvalidSecretName,
    OutcomeUnknown,
)
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.management.account import ShellRequest
from secrets_ui.permissions import enter
from secrets_ui.services import configuration

# Exit statuses, as in docs/commands.md. 2 is argparse's own for a wrong call.
REFUSED, WRONG_CALL, CONFLICT, NOT_ANSWERED, NOT_KNOWN, FAULT = 1, 2, 3, 4, 5, 6
_STATUSES: tuple[tuple[type[ConsoleError], int], ...] = (
    (EnvironmentNotFound, WRONG_CALL),
    (InvalidSecretName, WRONG_CALL),
    (VersionConflict, CONFLICT),
    (OutcomeUnknown, NOT_KNOWN),
    (AwsError, NOT_ANSWERED),
    (AuditUnavailable, NOT_ANSWERED),
)


class WrongCall(ConsoleError):
    """The arguments do not fit together. Never repeats one, since it may hold a value."""

    title = "The command cannot be understood"


class Fault(ConsoleError):
    """An unexpected error. Reports only its type and location: its text may repeat a value."""

    title = "The console has a fault"
    remedy = (
        "Run the command again with --traceback where nobody else can read the terminal, and "
        "report it."
    )

    def __init__(self, fault: Exception) -> None:
        last = traceback.extract_tb(fault.__traceback__)[-1]
        super().__init__(f"{type(fault).__name__} in {last.filename}, line {last.lineno}.")


class _Parser(CommandParser):
    """Accepts options between arguments, and never repeats an unknown one: it may hold a value."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        return self.parse_intermixed_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        text = (
            message.partition(":")[0] if message.startswith("unrecognized arguments") else message
        )
        super().error(text)
        raise SystemExit(WRONG_CALL)  # never reached: argparse ends the program, and Django raises


class TwinCommand(BaseCommand):
    """A command that acts in a person's name.

    Answers go to standard output, everything else to standard error.
    """

    requires_migrations_checks = False
    output_transaction = False

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.__class__ = _Parser  # Django makes its parsers without asking which kind
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as",
            dest="username",
            metavar="ACCOUNT",
            default=os_user(),
            help=(
                "the account in whose name to act; its roles count (default: "
                "the operating system's user, %(default)s)"
            ),
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        _quieten_logs(options["verbosity"])
        try:
            status = self.act(ShellRequest(options["username"], os_user()), options)
        except ConsoleError as error:
            status = self.refuse(error)
        except Error:  # its text may hold the database's password
            status = self.refuse(DatabaseAway())
        except Exception as fault:
            if options["traceback"]:
                raise
            status = self.refuse(Fault(fault))
        if status:
            sys.exit(status)

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        """Run the command and return the exit status. Raises ConsoleError."""
        raise NotImplementedError

    def answer(self, options: Mapping[str, Any], data: Any, text: str) -> None:
        """Write JSON for programs or text for people, as requested."""
        self.stdout.write(as_json(data) if options["json"] else text)

    def refuse(self, error: ConsoleError) -> int:
        """Report an error on standard error and return the exit status."""
        self.stderr.write(f"{type(self).__module__.rpartition('.')[2]}: {describe(error)}")
        return status_of(error)

    def note(self, text: str) -> None:
        """Write a remark beside the answer."""
        self.stderr.write(printable(text))


def os_user() -> str:
    """Return the operating system's user, by the process's real user id.

    Variables such as USER can be set by anyone. Behind sudo, the caller is named as well.
    """
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry
        name = f"uid {os.getuid()}"
    caller = os.environ.get("SUDO_USER", "")[:32]
    return f"{name} (sudo by {caller})" if caller and caller != name else name


def status_of(error: ConsoleError) -> int:
    if isinstance(error, WrongCall | Fault):
        return WRONG_CALL if isinstance(error, WrongCall) else FAULT
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), REFUSED)


def describe(error: ConsoleError) -> str:
    """Describe an error: what failed, why, what to do, and AWS's own words."""
    lines = [f"{error.title}.", f"  Why:     {error.message}"]
    lines += [f"  Do:      {error.remedy}"] if error.remedy else []
    if isinstance(error, AwsError):
        call = error.call
        lines.append(
            f"  AWS:     {call.operation}, error code {call.code or 'none'}, request id "
            f"{call.request_id or 'none'}"
        )
        lines += [f"  Look:    {call.cli}"] if call.cli else []
    return "\n".join(printable(line) for line in lines)


def add_environment(parser: CommandParser) -> None:
    parser.add_argument("environment", help="name of an environment, such as prod")


def add_secret(parser: CommandParser) -> None:
    add_environment(parser)
    parser.add_argument("name", help="the secret's name, whole or without the environment's prefix")


def add_reason(parser: CommandParser) -> None:
    """What goes on record with a change, and what the environment's rules may ask for."""
    parser.add_argument("--reason", default="", help="why; kept in the audit record")
    parser.add_argument(
        "--confirm",
        default="",
        metavar="NAME",
        help="the secret's whole name, where the environment asks for it",
    )


def enter_secret(
    request: ShellRequest, permission: str, options: Mapping[str, Any]
) -> tuple[Environment, str]:
    """The environment, and the secret's whole name there. Raises NotPermitted."""
    name = full_name(configuration.get_environment(options["environment"]), options["name"])
    return enter(request, permission, options["environment"], name), name


def full_name(environment: Environment, name: str) -> str:
    """Return a secret's full name; the environment's prefix may be left out."""
    return name if name.startswith(environment.prefix) else environment.prefix + name


def as_json(data: Any) -> str:
    """JSON in ASCII, which every shell's encoding carries unharmed."""
    return json.dumps(data, indent=2, default=_instant)


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)  # a SecretValue, for one, is never printed


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format rows as columns, each as wide as its widest cell."""
    lines = [list(columns), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts(entries: Mapping[str, str]) -> str:
    """Format terms and their texts, a line each."""
    width = max(map(len, entries))
    return "\n".join(f"{term.ljust(width)}  {printable(text)}" for term, text in entries.items())


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "not known"


def printable(text: str) -> str:
    """Escape control characters: a name from AWS may hold some that move a terminal's cursor."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _quieten_logs(verbosity: int) -> None:
    """Log lines go to standard error. Only warnings are shown; with -v 2, information as well."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            handler.setLevel(logging.INFO if verbosity > 1 else logging.WARNING)
