"""Somebody leaves: on one page what they have and know, and the list of what is to be rotated."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods

from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.actor import session_name
from ...domain.people.roles import InvalidGrant
from ...models import RoleGrant
from ...permissions import (
    accounts_over,
    actor_of,
    ensure_over,
    ensure_somewhere,
    enter_to_change,
    may,
)
from ...services.access.own_principals import find_own_readers, names_of
from ...services.changes.proposals import undecided
from ...services.people import people, sessions
from ...services.secrets import rotation_tasks
from ...services.secrets.debts import debts_of
from ...services.secrets.rotation_tasks import InvalidPlan, task_of
from ..answers import page_with_refusal
from ..notices import notice_of, redirect_with_notice
from .sessions import end_for

# Days that the form proposes.
SOON = timedelta(days=7)


@require_http_methods(["GET", "POST"])
def leaving(request: HttpRequest, number: int) -> HttpResponse:
    managed = ensure_somewhere(request, "people.manage")
    person = people.find_person(number, [environment.name for environment in managed])
    if person is None:
        raise Http404
    if request.method == "GET":
        return _page(request, managed, person)
    act = {"sessions": _end_sessions, "roles": _take_roles, "plan": _plan}.get(
        request.POST.get("do", "")
    )
    if act is None:
        raise BadRequest
    try:
        mark = act(request, managed, person)
    except (InvalidGrant, InvalidPlan, people.LastAdmin) as error:
        current = people.find_person(number, [environment.name for environment in managed])
        return _page(request, managed, current or person, error)
    return redirect_with_notice(mark, "leaving", number)


def _end_sessions(
    request: HttpRequest, managed: Sequence[Environment], person: people.Person
) -> str:
    ensure_over(request, "session.end", person.pk)
    return end_for(request, person.name, "all", partial(sessions.end_sessions, person.pk)).mark


def _take_roles(request: HttpRequest, managed: Sequence[Environment], person: people.Person) -> str:
    """Those that an admin gave, one by one and each on record. Returns the mark of the last."""
    given = [grant for grant in person.grants if grant.source == RoleGrant.Source.ADMIN]
    # Each asks for its proof before the first is taken.
    places = {name: enter_to_change(request, "people.manage", name) for name in _places(given)}
    mark = ""
    for grant in given:
        mark = people.take_role(places[grant.environment], actor_of(request), person, grant.pk)
    if not mark:
        raise InvalidGrant("There is no role that can be taken here.")
    return mark


def _places(grants: Sequence[RoleGrant]) -> list[str]:
    return list(dict.fromkeys(grant.environment for grant in grants))


def _plan(request: HttpRequest, managed: Sequence[Environment], person: people.Person) -> str:
    """Plans what is new: a day that was planned and is over by now is no mistake of this form."""
    before = rotation_tasks.planned([environment.name for environment in managed], person.name)
    tasks, dropped = list[rotation_tasks.Task](), list[rotation_tasks.Task]()
    for debt in debts_of(person.name, managed):
        owner, planned = request.POST.get(f"owner-{debt.id}"), before.get(debt.id)
        if owner:
            task = task_of(debt, owner, _day(request.POST.get(f"due-{debt.id}", "")))
            tasks += [task] if task != planned else []
        elif owner == "" and planned:
            dropped.append(planned)
    for environment in dict.fromkeys(task.environment for task in (*tasks, *dropped)):
        enter_to_change(request, "people.manage", environment)
    return rotation_tasks.plan_rotation(actor_of(request), person.name, tasks, dropped)


def _day(text: str) -> date:
    """Raises InvalidPlan."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InvalidPlan("Say by which day each key is to be changed.", key="due")
    return day


def _page(
    request: HttpRequest,
    managed: Sequence[Environment],
    person: people.Person,
    error: ConsoleError | None = None,
) -> HttpResponse:
    debts = debts_of(person.name, managed)
    tasks = rotation_tasks.planned([environment.name for environment in managed], person.name)
    unpaid = {debt.id for debt in debts}
    over = accounts_over(request, "session.end").filter(pk=person.pk)
    seen = _seen(request, managed)
    context = {
        "person": person,
        "is_oneself": person.pk == request.user.pk,
        "places_managed": managed,
        "may_see_sessions": over.exists(),
        "sessions": sessions.open_sessions(over),
        "proposals": [
            (environment, record)
            for environment in managed
            for record in undecided(environment).filter(actor=person.name)
        ],
        "debts": [(debt, tasks.get(debt.id)) for debt in debts],
        "done": [task for debt, task in tasks.items() if debt not in unpaid],
        "owners": [owner for owner in rotation_tasks.owners() if owner != person.name],
        "is_planned": bool(tasks),
        "soon": (datetime.now(UTC) + SOON).date(),
        "own_readers": [find_own_readers(environment, person.name) for environment in seen],
        "unseen": [environment for environment in managed if environment not in seen],
        "own_names": names_of(person.name),
        "session_name": session_name(person.name),
        "looked_for": person.name.partition("@")[0],
        "notice": notice_of(request, person.name),
    }
    return page_with_refusal(request, "people/leaving.html", context, error)


def _seen(request: HttpRequest, managed: Sequence[Environment]) -> list[Environment]:
    """Where the console looks at who can read, and whoever asks may see it."""
    return [e for e in managed if e.who_can_read and may(request, "access.who", e)]
