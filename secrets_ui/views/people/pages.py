"""People: who has which role, given and taken by the admins of an environment; accounts switched off; what is to be rotated."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ...domain.environment import Environment
from ...domain.errors import ConsoleError, InvalidGrant, LastAdmin
from ...domain.people.roles import ONLY_WHOLE, ROLES
from ...forms import GrantForm
from ...models import RoleGrant
from ...permissions import actor_of, ensure_somewhere, enter_to_change
from ...services.configuration import environments
from ...services.people import people as service
from ...services.secrets import reveal_debt
from ..answers import problem


@require_GET
def list_people(request: HttpRequest) -> HttpResponse:
    places = ensure_somewhere(request, "people.manage")
    found = service.people([place.name for place in places])
    context = {
        "people": found,
        "places_managed": places,
        "to_rotate": len(reveal_debt.to_rotate(places)),
    }
    return render(request, "people/list.html", context)


@require_GET
def open_person(request: HttpRequest, number: int) -> HttpResponse:
    places = ensure_somewhere(request, "people.manage")
    return _page(request, places, _find(number, places))


@require_GET
def list_to_rotate(request: HttpRequest) -> HttpResponse:
    """Keys that people saw who have no role there any more."""
    places = ensure_somewhere(request, "people.manage")
    return render(
        request,
        "people/to_rotate.html",
        {"debts": reveal_debt.to_rotate(places), "places_managed": places},
    )


@require_POST
def give_role(request: HttpRequest, number: int) -> HttpResponse:
    wanted = request.POST.get("environment", "")
    if wanted not in environments():
        ensure_somewhere(request, "people.manage")
    place = enter_to_change(request, "people.manage", wanted)
    places = ensure_somewhere(request, "people.manage")
    person, form = _find(number, places), GrantForm(request.POST)
    if not form.is_valid():
        return _page(
            request, places, person, InvalidGrant("Choose an environment and a role."), form
        )
    try:
        service.give_role(
            place, actor_of(request), person, form.cleaned_data["role"], form.cleaned_data["names"]
        )
    except InvalidGrant as error:
        return _page(request, places, person, error, form)
    return redirect("person", number)


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
    place = enter_to_change(request, "people.manage", given.environment)
    places = ensure_somewhere(request, "people.manage")
    person = _find(number, places)
    try:
        service.take_role(place, actor_of(request), person, grant)
    except (InvalidGrant, LastAdmin) as error:
        return _page(request, places, person, error)
    return redirect("person", number)


@require_POST
def switch_account(request: HttpRequest, number: int) -> HttpResponse:
    """An account is of all environments: whoever switches it is an admin wherever the person has a role."""
    places = ensure_somewhere(request, "people.manage")
    person, wanted = _find(number, places), request.POST.get("account")
    if wanted not in ("on", "off"):
        raise BadRequest
    given = set(RoleGrant.objects.filter(user_id=number).values_list("environment", flat=True))
    for place in [place for name, place in environments().items() if name in given] or places[:1]:
        enter_to_change(request, "people.manage", place.name)
    try:
        service.switch_account(actor_of(request), person, on=wanted == "on")
    except LastAdmin as error:
        return _page(request, places, person, error)
    return redirect("person", number)


def _find(number: int, places: list[Environment]) -> service.Person:
    found = service.find_person(number, [place.name for place in places])
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    places: list[Environment],
    person: service.Person,
    error: ConsoleError | None = None,
    form: GrantForm | None = None,
) -> HttpResponse:
    context = {
        "person": person,
        "places_managed": places,
        "roles": ROLES,
        "only_whole": ONLY_WHOLE,
        "is_oneself": person.pk == request.user.pk,
        "debts": reveal_debt.debts_of(person.name, places),
        "typed": form.data if form else {},
        "problem": problem(error) if error else None,
    }
    return render(request, "people/person.html", context, status=error.status if error else 200)
