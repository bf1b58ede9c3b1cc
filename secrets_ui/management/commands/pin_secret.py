"""manage.py pin_secret ENV NAME VERSION PIN: a version under a name; with --remove, off it."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.domain.errors import NothingChanged
from secrets_ui.domain.secrets.pins import pin_label
from secrets_ui.forms.pins import PinForm
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import TwinCommand, WrongCall, add_reason, add_secret, enter_secret
from secrets_ui.management.versions import VERSION_HELP, find_version
from secrets_ui.permissions import actor_of
from secrets_ui.services.changes import pins
from secrets_ui.services.secrets.history import History, history_of


class Command(TwinCommand):
    help = (
        "Pin a version of a secret under a name, so that AWS keeps it however old it becomes, or "
        "take a pin off: the same rules and audit record as on the page. No value is read. "
        "Exit statuses: docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_secret(parser)
        parser.add_argument("pinned", metavar="VERSION", help=VERSION_HELP)
        parser.add_argument("pin", metavar="PIN", help="the pin's name, such as before-2.0")
        parser.add_argument("--remove", action="store_true", help="take the pin off the version")
        parser.add_argument(
            "--move", action="store_true", help="take the pin from the version that has it now"
        )
        add_reason(parser)

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        environment, name = enter_secret(request, "secret.edit", options)
        actor = actor_of(request)
        wanted = _wanted(name, history_of(environment, actor, name), options)
        result: dict[str, Any] = {"secret": name, "version_id": wanted.version, "pin": wanted.name}
        carry_out = pins.unpin if options["remove"] else pins.pin
        try:
            sequence = carry_out(environment, actor, wanted)
        except NothingChanged as nothing:
            self.answer(options, result | {"changed": False}, nothing.message)
            return 0
        what = "no longer has" if options["remove"] else "has"
        text = f"Version {wanted.version} of {name} {what} pin {wanted.name}; record {sequence}."
        self.answer(options, result | {"changed": True, "record": sequence}, text)
        return 0


def _wanted(name: str, found: History, options: Mapping[str, Any]) -> pins.Pin:
    """Validated by the page's own form, so that the same limits apply. Raises WrongCall,
    InvalidChange for a name that no pin may have."""
    if options["remove"] and options["move"]:
        raise WrongCall("--remove and --move do not go together.")
    has_it = found.secret.version_with(pin_label(options["pin"]))
    form = PinForm(
        {
            "do": "unpin" if options["remove"] else "pin",
            "version": find_version(found.entries, options["pinned"]),
            "name": options["pin"],
            "moves_from": has_it if options["move"] else "",
            "reason": options["reason"],
            "typed_name": options["confirm"],
        }
    )
    if not form.is_valid():
        raise WrongCall(f"{next(iter(form.errors))}: {next(iter(form.errors.values()))[0]}")
    cleaned = {field: value for field, value in form.cleaned_data.items() if field != "do"}
    return pins.Pin(name, **cleaned)
