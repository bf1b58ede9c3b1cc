"""A local person is added by an admin, and sets their password by a link that works once.

The link's code stands behind the `#` of its address, which browsers send to nobody: it is in no
log, of this server or of a proxy before it. The page's script puts it into the form; without a
script it is pasted there.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ...domain.audit.actions import Action
from ...domain.people.actor import Actor
from ...forms.people import LinkForm, NewPersonForm
from ...permissions import (
    actor_of,
    ensure_fresh_proof_for_account,
    ensure_over,
    ensure_somewhere,
    enter_to_change,
)
from ...services import audit
from ...services.people import links
from ...services.people.people import MOST_ID
from ...services.people.tries import Try, counted_name
from ..answers import page_with_refusal
from .proofs import locked_out


@require_http_methods(["GET", "POST"])
def add_person(request: HttpRequest) -> HttpResponse:
    """The answer to the POST has the link; nothing leads back to it."""
    ensure_somewhere(request, "people.manage")
    ensure_fresh_proof_for_account(request, "add a person")
    form, error = NewPersonForm(request.POST or None), None
    if request.method == "POST":
        name = form.cleaned_data["name"] if form.is_valid() else ""
        try:
            person, code = links.add_person(actor_of(request), name)
            return _link_page(request, person, code)
        except links.InvalidName as refusal:
            error = refusal
    context = {"typed": form.data, "hours": links.HOURS}
    return page_with_refusal(request, "people/add.html", context, error)


@require_POST
def renew_link(request: HttpRequest, number: int) -> HttpResponse:
    ensure_somewhere(request, "people.manage")
    ensure_over(request, "people.manage", min(number, MOST_ID), enter_to_change)
    ensure_fresh_proof_for_account(request, "make a one-time link")
    users = get_user_model()._default_manager
    person = users.filter(pk=number).first() if number < MOST_ID else None
    if person is None:
        raise Http404
    return _link_page(request, person, links.renew_link(actor_of(request), person))


def _link_page(request: HttpRequest, person: Any, code: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("use_link"))
    context = {
        "person": person,
        "link": f"{address}#{code}",
        "address": address,
        "hours": links.HOURS,
    }
    return render(request, "people/link.html", context)


@login_not_required
@require_http_methods(["GET", "POST"])
def use_link(request: HttpRequest) -> HttpResponse:
    """Wrong codes count by the address that they come from. A right one is taken however many were
    wrong: nobody guesses one, and others come from the same address."""
    if request.user.is_authenticated:
        return render(request, "people/use_link.html", {"is_signed_in": True})
    if request.method == "GET":
        return render(request, "people/use_link.html")
    failed = {"failed": True, "hours": links.HOURS}
    address, form = str(request.META.get("REMOTE_ADDR", "")), LinkForm(request.POST)
    if not form.is_valid():
        return render(request, "people/use_link.html", failed, status=403)
    code = form.cleaned_data["code"].strip()
    link = links.find_link(code)
    if link is None:
        tried = Try(counted_name(f"one-time link from {address}"))
        tried.verify(lambda: None)
        audit.refuse_counted(Action.USE_LINK, Actor("unknown", address))
        if tried.is_locked:
            return locked_out(request)
        return render(request, "people/use_link.html", failed, status=403)
    chosen: SetPasswordForm[Any] = SetPasswordForm(link.user, request.POST)
    if not chosen.is_valid():
        context: dict[str, Any] = {"form": chosen, "code": code}
        return render(request, "people/use_link.html", context, status=400)
    links.use_link(link, address, chosen.cleaned_data["new_password1"])
    return redirect(reverse("sign_in", query={"set": ""}))
