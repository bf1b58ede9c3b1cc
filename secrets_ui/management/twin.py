"""What the commands share that do from a shell what a person does in a page: whose name, JSON or a table, errors, exit statuses."""

from __future__ import annotations

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
    VersionConflict,
)
from secrets_ui.permissions import ShellRequest

# Exit statuses, as docs/commands.md tells them. 2 is argparse's own for a wrong call.
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
    """Arguments that do not fit together. Never repeats one: it may hold a value."""

    title = "The command cannot be understood"


class Fault(ConsoleError):
    """Something that nobody foresaw. Only its kind and place are told: its text may repeat what it choked on."""

    title = "The console has a fault"
    remedy = "Run the command again with --traceback where nobody else can read the terminal, and report it."

    def __init__(self, fault: Exception) -> None:
        last = traceback.extract_tb(fault.__traceback__)[-1]
        super().__init__(f"{type(fault).__name__} in {last.filename}, line {last.lineno}.")


class _Parser(CommandParser):
    """Takes options anywhere between the arguments, and repeats none that it does not know: one may hold a value."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        return self.parse_intermixed_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        told = (
            message.partition(":")[0] if message.startswith("unrecognized arguments") else message
        )
        super().error(told)
        raise SystemExit(WRONG_CALL)  # never reached: argparse ends the program, and Django raises


class TwinCommand(BaseCommand):
    """A command that acts in a person's name. Answers go to standard output, everything else to standard error."""

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
            help="the account in whose name to act; its roles count (default: the operating system's user, %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="answer with JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        _keep_logs_off_the_answer(options["verbosity"])
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
        """Does it, and returns the exit status. Raises ConsoleErrors."""
        raise NotImplementedError

    def answer(self, options: Mapping[str, Any], data: Any, text: str) -> None:
        """JSON for programs, text for people, as was asked for."""
        self.stdout.write(as_json(data) if options["json"] else text)

    def refuse(self, error: ConsoleError) -> int:
        """Says on standard error what failed; the exit status."""
        self.stderr.write(f"{type(self).__module__.rpartition('.')[2]}: {told(error)}")
        return status_of(error)

    def note(self, text: str) -> None:
        """A remark beside the answer."""
        self.stderr.write(printable(text))


def os_user() -> str:
    """Whose shell this is, by the process's real user: variables such as USER can be set by anybody. Behind sudo, who called it as well."""
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


def told(error: ConsoleError) -> str:
    """What failed, why, what to do, and AWS's own words for it."""
    lines = [f"{error.title}.", f"  Why:     {error.message}"]
    lines += [f"  Do:      {error.remedy}"] if error.remedy else []
    if isinstance(error, AwsError):
        call = error.call
        lines.append(
            f"  AWS:     {call.operation}, error code {call.code or 'none'}, request id {call.request_id or 'none'}"
        )
        lines += [f"  Look:    {call.cli}"] if call.cli else []
    return "\n".join(printable(line) for line in lines)


def full_name(environment: Environment, name: str) -> str:
    """A secret's full name: the part before the prefix may be left out."""
    return name if name.startswith(environment.prefix) else environment.prefix + name


def as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False, default=_instant)


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)  # a SecretValue, for one, is never told


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as what stands in them."""
    lines = [list(columns), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts(entries: Mapping[str, str]) -> str:
    """A term and what it is, a line each."""
    width = max(map(len, entries))
    return "\n".join(f"{term.ljust(width)}  {printable(text)}" for term, text in entries.items())


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "not known"


def printable(text: str) -> str:
    """A name from AWS may hold what moves a terminal's cursor."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _keep_logs_off_the_answer(verbosity: int) -> None:
    """Log lines of the console go to standard output, where a program expects JSON. With -v 2 they go to standard error."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)
            handler.setLevel(logging.INFO if verbosity > 1 else logging.WARNING)
