"""People: roles given and taken by the admins of an environment, accounts switched off and on, and
values to rotate."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.roles import ONLY_WHOLE, ROLES, InvalidGrant
from ...domain.people.terms import MOST_HOURS
from ...forms.people import GrantForm
from ...models import RoleGrant
from ...permissions import actor_of, ensure_over, ensure_somewhere, enter_to_change
from ...services.configuration import environments
from ...services.people import people as service
from ...services.people.givers import entrance_of, givers_of
from ...services.people.links import waits_for_password
from ...services.people.people import LastAdmin
from ...services.people.requests import waiting_requests
from ...services.secrets import debts
from ...services.secrets.rotation_tasks import planned, to_do
from ..answers import page_with_refusal
from ..notices import notice_of, redirect_with_notice


@require_GET
def list_people(request: HttpRequest) -> HttpResponse:
    managed = ensure_somewhere(request, "people.manage")
    found = service.people([environment.name for environment in managed])
    context = {
        "people": found,
        "places_managed": managed,
        "to_rotate": len(to_do(managed)),
        "asked_for": waiting_requests([environment.name for environment in managed]).count(),
    }
    return render(request, "people/list.html", context)


@require_GET
def open_person(request: HttpRequest, number: int) -> HttpResponse:
    managed = ensure_somewhere(request, "people.manage")
    return _page(request, managed, _find(number, managed))


@require_GET
def list_to_rotate(request: HttpRequest) -> HttpResponse:
    """Keys that people know who have no role there any more, or are to leave."""
    managed = ensure_somewhere(request, "people.manage")
    context = {"debts": to_do(managed), "places_managed": managed}
    tasks = planned([environment.name for environment in managed])
    return render(request, "people/to_rotate.html", {**context, "tasks": tasks})


@require_POST
def give_role(request: HttpRequest, number: int) -> HttpResponse:
    wanted = request.POST.get("environment", "")
    if wanted not in environments():
        ensure_somewhere(request, "people.manage")
    environment = enter_to_change(request, "people.manage", wanted)
    managed = ensure_somewhere(request, "people.manage")
    person, form = _find(number, managed), GrantForm(request.POST)
    if not form.is_valid():
        return _page(request, managed, person, _invalid(form), form)
    try:
        mark = service.give_role(
            environment,
            actor_of(request),
            person,
            form.cleaned_data["role"],
            form.cleaned_data["names"],
            form.term(),
        )
    except InvalidGrant as error:
        return _page(request, managed, person, error, form)
    return redirect_with_notice(mark, "person", number)


@require_POST
def take_role(request: HttpRequest, number: int, grant: int) -> HttpResponse:
    given = (
        RoleGrant.objects.filter(pk=grant, user_id=number).first()
        if max(grant, number) < 2**62
        else None
    )
    if given is None:
        ensure_somewhere(request, "people.manage")
        raise Http404
    environment = enter_to_change(request, "people.manage", given.environment)
    managed = ensure_somewhere(request, "people.manage")
    person = _find(number, managed)
    try:
        mark = service.take_role(environment, actor_of(request), person, grant)
    except (InvalidGrant, LastAdmin) as error:
        return _page(request, managed, person, error)
    return redirect_with_notice(mark, "person", number)


@require_POST
def switch_account(request: HttpRequest, number: int) -> HttpResponse:
    managed = ensure_somewhere(request, "people.manage")
    person, wanted = _find(number, managed), request.POST.get("account")
    if wanted not in ("on", "off"):
        raise BadRequest
    ensure_over(request, "people.manage", number, enter_to_change)
    try:
        mark = service.switch_account(actor_of(request), person, on=wanted == "on")
    except LastAdmin as error:
        return _page(request, managed, person, error)
    return redirect_with_notice(mark, "person", number)


def _invalid(form: GrantForm) -> InvalidGrant:
    if "role" in form.errors:
        return InvalidGrant("Choose an environment and a role.")
    return InvalidGrant("Say for how many whole hours, or until which day and time in UTC.")


def _find(number: int, managed: list[Environment]) -> service.Person:
    found = service.find_person(number, [environment.name for environment in managed])
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    managed: list[Environment],
    person: service.Person,
    error: ConsoleError | None = None,
    form: GrantForm | None = None,
) -> HttpResponse:
    context = {
        "person": person,
        "givers": givers_of(person.name, person.grants),
        "entrance": entrance_of(person.name),
        "notice": notice_of(request, person.name),
        "places_managed": managed,
        "roles": ROLES,
        "only_whole": ONLY_WHOLE,
        "most_hours": MOST_HOURS,
        "waits_for_password": waits_for_password(person.pk),
        "is_oneself": person.pk == request.user.pk,
        "debts": debts.debts_of(person.name, managed),
        "typed": form.data if form else {},
    }
    return page_with_refusal(request, "people/person.html", context, error)
