"""The notice after an act whose page does not show by itself that it was done: what is on record.

The change redirects to an address that names its record, as a save does.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from ..domain.audit.actions import Action
from ..domain.secrets.pins import pin_name
from ..domain.secrets.version import short_version
from ..models import AuditRecord
from ..services.audit.records import own_act
from ..services.audit.waiting import waiting_event

_Details = dict[str, str]


@dataclass(frozen=True)
class Notice:
    """One sentence, and the record that it is made of, 0 while that waits for the log."""

    text: str
    sequence: int


def redirect_with_notice(mark: str | int, page: str, *arguments: object) -> HttpResponseRedirect:
    """To a page that says what the record with this mark says."""
    return redirect(f"{reverse(page, args=arguments)}?done={mark}")


def notice_of(request: HttpRequest, account: str = "") -> Notice | None:
    """What this person did, to `account` where one is given; None where the page's address names
    no such record."""
    record = _marked(request.GET.get("done", ""), request.user.get_username())
    if record is None or record.action not in _WORDS:
        return None
    details, words = _told(record), _WORDS[record.action]
    if account and details.get("account", record.actor) != account:
        return None
    text = words.format_map(details) if isinstance(words, str) else words(details)
    return Notice(text, record.sequence or 0)


def _marked(mark: str, actor: str) -> AuditRecord | None:
    if not mark.isdecimal():
        return waiting_event(mark, actor)
    return own_act(int(mark), actor) if len(mark) < 19 else None


def _role(details: _Details, environment: str) -> str:
    names = f", for names of {details['names']}" if details.get("names") else ""
    until = details.get("until", "")
    until = f", until {until[:16].replace('T', ' ')} UTC" if until else ""
    return f"{details.get('role', '')} in {environment}{names}{until}"


_FACTORS = {"code": "An authenticator app", "passkey": "A passkey"}


def _sessions_ended(details: _Details) -> str:
    if details.get("which") == "one":
        return f"One session of {details['account']} was ended."
    if details.get("which") == "all":
        return f"The sessions of {details['account']} were ended."
    return "All sessions but this one were ended."


def _planned(details: _Details) -> str:
    if "last_due" not in details:
        return f"What {details['account']} knows is planned for nobody any more where you said so."
    return f"What {details['account']} knows is to be changed by {details['last_due']}."


def _rejected(details: _Details) -> str:
    if details["proposed_by"] == details["actor"]:
        return "Your proposal was taken back."
    return f"The change that {details['proposed_by']} proposed was rejected."


# What is in braces is a detail of the record, or made of some by `_told`.
_WORDS: dict[str, str | Callable[[_Details], str]] = {
    Action.GIVE_ROLE: "{account} was given the role {in_full}.",
    Action.TAKE_ROLE: "The role {in_full} was taken away from {account}.",
    Action.ASK_ROLE: "You asked for the role {in_full}. An admin will answer.",
    Action.REFUSE_ROLE: "{account} was refused the role {in_full}.",
    Action.SWITCH_OFF_ACCOUNT: (
        "The account of {account} was switched off, and its sessions were ended."
    ),
    Action.SWITCH_ON_ACCOUNT: "The account of {account} was switched on.",
    Action.CHANGE_PASSWORD: "Your password was changed. Your other sessions were ended.",
    Action.ADD_FACTOR: "{factor} was added.",
    Action.REMOVE_FACTOR: "{factor} was removed.",
    Action.END_SESSION: _sessions_ended,
    Action.PLAN_ROTATION: _planned,
    Action.END_CALENDAR: "Your calendar address was ended.",
    Action.PIN: "Version {version} was pinned as {pin}.",
    Action.UNPIN: "The pin {pin} was taken off version {version}.",
    Action.ACKNOWLEDGE: "The finding was acknowledged. It comes back if the same happens again.",
    Action.LOOK_AT_EMERGENCY: ("The emergency change by {made_by} was looked at, and has ended."),
    Action.REJECT: _rejected,
}


def _told(record: AuditRecord) -> _Details:
    details: _Details = {**record.parsed_details, "actor": record.actor}
    return details | {
        "version": short_version(record.version_id),
        "in_full": _role(details, record.environment),
        "factor": _FACTORS.get(details.get("kind", ""), "A second factor"),
        "pin": pin_name(details.get("label", "")),
    }
