"""The notice after an act whose page does not show by itself that it was done: what is on record.

The change redirects to an address that names its record, as a save does.
"""

from __future__ import annotations

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
    about = {"version": short_version(record.version_id), "actor": record.actor}
    details: _Details = {**record.parsed_details, **about}
    if account and details.get("account", record.actor) != account:
        return None
    return Notice(_WORDS[record.action](details, record.environment), record.sequence or 0)


def _marked(mark: str, actor: str) -> AuditRecord | None:
    if not mark.isdecimal():
        return waiting_event(mark, actor)
    return own_act(int(mark), actor) if len(mark) < 19 else None


def _given(details: _Details, environment: str) -> str:
    return f"{details['account']} was given the role {_role(details, environment)}."


def _taken(details: _Details, environment: str) -> str:
    return f"The role {_role(details, environment)} was taken away from {details['account']}."


def _asked(details: _Details, environment: str) -> str:
    return f"You asked for the role {_role(details, environment)}. An admin will answer."


def _refused(details: _Details, environment: str) -> str:
    return f"{details['account']} was refused the role {_role(details, environment)}."


def _role(details: _Details, environment: str) -> str:
    names = f", for names of {details['names']}" if details.get("names") else ""
    until = details.get("until", "")
    until = f", until {until[:16].replace('T', ' ')} UTC" if until else ""
    return f"{details.get('role', '')} in {environment}{names}{until}"


def _switched_off(details: _Details, environment: str) -> str:
    return f"The account of {details['account']} was switched off, and its sessions were ended."


def _switched_on(details: _Details, environment: str) -> str:
    return f"The account of {details['account']} was switched on."


def _password(details: _Details, environment: str) -> str:
    return "Your password was changed. Your other sessions were ended."


_FACTORS = {"code": "An authenticator app", "passkey": "A passkey"}


def _factor_added(details: _Details, environment: str) -> str:
    return f"{_FACTORS.get(details.get('kind', ''), 'A second factor')} was added."


def _factor_removed(details: _Details, environment: str) -> str:
    return f"{_FACTORS.get(details.get('kind', ''), 'A second factor')} was removed."


def _sessions_ended(details: _Details, environment: str) -> str:
    if details.get("which") == "one":
        return f"One session of {details['account']} was ended."
    if details.get("which") == "all":
        return f"The sessions of {details['account']} were ended."
    return "All sessions but this one were ended."


def _planned(details: _Details, environment: str) -> str:
    if "last_due" not in details:
        return f"What {details['account']} knows is planned for nobody any more where you said so."
    return f"What {details['account']} knows is to be changed by {details['last_due']}."


def _calendar_ended(details: _Details, environment: str) -> str:
    return "Your calendar address was ended."


def _pinned(details: _Details, environment: str) -> str:
    return f"Version {details['version']} was pinned as {pin_name(details['label'])}."


def _unpinned(details: _Details, environment: str) -> str:
    return f"The pin {pin_name(details['label'])} was taken off version {details['version']}."


def _acknowledged(details: _Details, environment: str) -> str:
    return "The finding was acknowledged. It comes back if the same happens again."


def _looked_at(details: _Details, environment: str) -> str:
    return f"The emergency change by {details['made_by']} was looked at, and has ended."


def _rejected(details: _Details, environment: str) -> str:
    if details["proposed_by"] == details["actor"]:
        return "Your proposal was taken back."
    return f"The change that {details['proposed_by']} proposed was rejected."


_WORDS: dict[str, Callable[[_Details, str], str]] = {
    Action.GIVE_ROLE: _given,
    Action.TAKE_ROLE: _taken,
    Action.ASK_ROLE: _asked,
    Action.REFUSE_ROLE: _refused,
    Action.SWITCH_OFF_ACCOUNT: _switched_off,
    Action.SWITCH_ON_ACCOUNT: _switched_on,
    Action.CHANGE_PASSWORD: _password,
    Action.ADD_FACTOR: _factor_added,
    Action.REMOVE_FACTOR: _factor_removed,
    Action.END_SESSION: _sessions_ended,
    Action.PLAN_ROTATION: _planned,
    Action.END_CALENDAR: _calendar_ended,
    Action.PIN: _pinned,
    Action.UNPIN: _unpinned,
    Action.ACKNOWLEDGE: _acknowledged,
    Action.LOOK_AT_EMERGENCY: _looked_at,
    Action.REJECT: _rejected,
}
