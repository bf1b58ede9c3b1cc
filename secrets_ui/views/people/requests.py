"""A role is asked for by a person, and given for a time or refused by an admin."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.roles import ONLY_WHOLE, ROLES, InvalidGrant
from ...domain.people.terms import MOST_HOURS
from ...forms.people import AnswerForm, AskForm
from ...models import RoleRequest
from ...permissions import actor_of, ensure_somewhere, enter_to_change
from ...services.configuration import environments, get_environment
from ...services.people import people, requests
from ..answers import page_with_refusal
from ..notices import notice_of, redirect_with_notice


@require_http_methods(["GET", "POST"])
def ask_role(request: HttpRequest) -> HttpResponse:
    form = AskForm(request.POST or None)
    if request.method == "GET":
        return _asking(request, form)
    if not form.is_valid():
        wrong = "Choose an environment and a role, say for how many hours, and why."
        return _asking(request, form, InvalidGrant(wrong))
    data = form.cleaned_data
    try:
        mark = requests.ask_for_role(
            get_environment(data["environment"]),
            actor_of(request),
            request.user,
            data["role"],
            data["names"],
            data["hours"],
            data["reason"],
        )
    except InvalidGrant as error:
        return _asking(request, form, error)
    return redirect_with_notice(mark, "ask_role")


def _asking(request: HttpRequest, form: AskForm, error: ConsoleError | None = None) -> HttpResponse:
    context = {
        "requests": requests.requests_of(request.user),
        "places": environments().values(),
        "roles": ROLES,
        "only_whole": ONLY_WHOLE,
        "most_hours": MOST_HOURS,
        "typed": form.data,
        "notice": notice_of(request, request.user.get_username()),
    }
    return page_with_refusal(request, "people/ask_role.html", context, error)


@require_GET
def list_requests(request: HttpRequest) -> HttpResponse:
    return _list(request, ensure_somewhere(request, "people.manage"))


@require_POST
def answer_request(request: HttpRequest, number: int) -> HttpResponse:
    asked = requests.find_waiting(number)
    if asked is None:
        ensure_somewhere(request, "people.manage")
        raise Http404
    environment = enter_to_change(request, "people.manage", asked.environment)
    managed = ensure_somewhere(request, "people.manage")
    person, form = people.find_person(asked.user_id, ()), AnswerForm(request.POST)
    if person is None:
        raise Http404
    if not form.is_valid():
        return _list(request, managed, InvalidGrant("Say for how many hours, or why not."))
    try:
        mark = _answer(environment, request, asked, person, form)
    except InvalidGrant as error:
        return _list(request, managed, error)
    return redirect_with_notice(mark, "role_requests")


def _answer(
    environment: Environment,
    request: HttpRequest,
    asked: RoleRequest,
    person: people.Person,
    form: AnswerForm,
) -> str:
    actor = actor_of(request)
    if form.cleaned_data["answer"] == "refuse":
        reason = form.cleaned_data["reason"]
        return requests.refuse_asked(environment, actor, asked, person, reason)
    term = form.term(asked.hours, asked.reason, asked.pk)
    return requests.give_asked(environment, actor, asked, person, term)


def _list(
    request: HttpRequest, managed: list[Environment], error: ConsoleError | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "requests": requests.waiting_requests([environment.name for environment in managed]),
        "most_hours": MOST_HOURS,
        "places_managed": managed,
        "notice": notice_of(request),
    }
    return page_with_refusal(request, "people/requests.html", context, error)
