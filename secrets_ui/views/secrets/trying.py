"""Tries one value where it was given out, by POST alone; the secret's page then says what came of
it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from ...forms.secrets import OneKeyForm
from ...permissions import actor_of, enter
from ...services.secrets.try_key import try_key
from .reveal import key_asked_for


@require_POST
def try_value(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    chosen = enter(request, "secret.edit", environment, name)
    form = OneKeyForm(request.POST)
    key = key_asked_for(chosen, name, form)
    try_key(chosen, actor_of(request), name, key, form.cleaned_data["version"])
    return redirect(f"{reverse('secret', args=[chosen.name, name])}#keys")
