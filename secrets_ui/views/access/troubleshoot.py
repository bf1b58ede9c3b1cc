"""Troubleshooting: can the Lambda read its secrets; streamed as answers arrive, kept as runs, and tried with other policies."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ...domain.access.run import Run
from ...domain.access.what_if import editable_policies, what_if
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, DatabaseAway
from ...forms import ErrorTextForm, WhatIfForm
from ...permissions import actor_of, ensure_reach, enter, may, refuse
from ...services import configuration
from ...services.access import kept_runs as check_runs
from ...services.access.check import CHECK_IDS, judge
from ...services.access.explain_error import explain_error
from ...services.access.gather import Gathering, gather_evidence
from ..answers import problem

_HERE = "<!-- answers -->"


@require_GET
def choose(request: HttpRequest, environment: str) -> HttpResponse:
    """The catalogue's first secret: what most people come for."""
    configured = enter(request, "access.check", environment)
    names = _secrets(request, configured)
    if not names:
        refuse(request, "access.check", configured.name)
    return redirect("troubleshoot", configured.name, names[0])


@require_GET
def troubleshoot(request: HttpRequest, environment: str, name: str) -> StreamingHttpResponse:
    """A fresh run. The page arrives in pieces: its head at once, a line for each answer of AWS, then the findings; `?check=` shows one."""
    configured = enter(request, "access.check", environment, name)
    if (check := request.GET.get("check")) and check not in CHECK_IDS:
        raise Http404
    gathering = Gathering(configured, name, actor_of(request))
    context = {
        "environment": configured,
        "name": gathering.name,
        "secrets": _secrets(request, configured),
        "may_run": True,
        "marker": _HERE,
    }
    head, foot = render_to_string("access/run.html", context, request).split(_HERE)
    return StreamingHttpResponse(_pieces(request, configured, gathering, head, foot))


def _pieces(
    request: HttpRequest, configured: Environment, gathering: Gathering, head: str, foot: str
) -> Iterator[str]:
    yield head
    try:
        for name in gathering.run():
            yield render_to_string(
                "access/_answer.html", {"name": name, "answer": gathering.answers[name]}
            )
        yield _result(request, configured, judge(gathering.evidence()))
    except (
        ConsoleError,
        DatabaseError,
    ) as error:  # the page has begun, so the error becomes its end
        told = error if isinstance(error, ConsoleError) else DatabaseAway()
        yield render_to_string("access/_stopped.html", {"problem": problem(told)}, request)
    yield foot


def _result(request: HttpRequest, configured: Environment, run: Run) -> str:
    """A run of all checks is kept; one check that was run again is shown, and the run it stands in is not."""
    context = {"environment": configured, "name": run.secret, "run": run}
    if check := request.GET.get("check"):
        return render_to_string(
            "access/_one.html", {**context, "finding": run.finding(check)}, request
        )
    kept = check_runs.keep(run, actor_of(request))
    return render_to_string("access/_result.html", {**context, "kept": kept}, request)


@require_GET
def open_run(request: HttpRequest, environment: str, number: int) -> HttpResponse:
    """A run that was kept, as it was."""
    configured = enter(request, "access.check", environment)
    kept = check_runs.find(configured, number)
    if kept is None:
        raise Http404
    ensure_reach(request, "access.check", configured, kept.secret)
    context = {
        "environment": configured,
        "name": kept.secret,
        "secrets": _secrets(request, configured),
        "run": check_runs.read(kept),
        "kept": kept,
    }
    return render(request, "access/kept.html", context)


@require_GET
def run_report(request: HttpRequest, environment: str, number: int) -> HttpResponse:
    """The report as Markdown, for a ticket: ARNs and findings, never a value."""
    configured = enter(request, "access.check", environment)
    kept = check_runs.find(configured, number)
    if kept is None:
        raise Http404
    ensure_reach(request, "access.check", configured, kept.secret)
    address = request.build_absolute_uri(reverse("check_run", args=[configured.name, kept.pk]))
    return HttpResponse(
        check_runs.as_markdown(kept, address), content_type="text/markdown; charset=utf-8"
    )


@require_http_methods(["GET", "POST"])
def paste_error(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """An error text of a Lambda's log, and the checks that explain it. The text is looked at and not kept."""
    configured = enter(request, "access.check", environment, name)
    form = ErrorTextForm(request.POST or None)
    told = (
        explain_error(
            configured, configured.secret_name(name), actor_of(request), form.cleaned_data["text"]
        )
        if form.is_valid()
        else None
    )
    context = {
        "environment": configured,
        "name": name,
        "form": form,
        "told": told,
        "secrets": _secrets(request, configured),
    }
    return render(
        request,
        "access/paste_error.html",
        context,
        status=400 if request.method == "POST" and not form.is_valid() else 200,
    )


@require_http_methods(["GET", "POST"])
def try_policy(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """What if a policy read otherwise: the answer before and after, nothing written."""
    configured = enter(request, "access.check", environment, name)
    evidence = gather_evidence(configured, name, actor_of(request))
    policies = editable_policies(evidence)
    form = WhatIfForm(policies, request.POST or None, location=request.GET.get("policy", ""))
    compared = (
        what_if(evidence, form.cleaned_data["policy"], form.cleaned_data["text"])
        if form.is_valid()
        else None
    )
    context = {
        "environment": configured,
        "name": name,
        "form": form,
        "policies": policies,
        "compared": compared,
        "secrets": _secrets(request, configured),
    }
    return render(
        request,
        "access/what_if.html",
        context,
        status=400 if request.method == "POST" and not form.is_valid() else 200,
    )


def _secrets(request: HttpRequest, configured: Environment) -> list[str]:
    """The catalogue's, as far as the person's role reaches."""
    names = [configured.prefix + short for short in configuration.catalog().secrets]
    return [name for name in names if may(request, "access.check", configured, name)]
