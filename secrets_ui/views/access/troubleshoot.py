"""Troubleshooting: can the Lambda read its secrets?

Runs are streamed as AWS answers, and stored. Other policies and error texts can be tried.
"""

from collections.abc import Iterator

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ...domain.access.run import Run
from ...domain.access.unseen import not_seen
from ...domain.access.what_if import editable_policies, what_if
from ...domain.environment import Environment
from ...domain.errors import ConsoleError, DatabaseAway
from ...forms.access import ErrorTextForm, WhatIfForm
from ...models import CheckRun
from ...permissions import actor_of, ensure_reach, enter, may, refuse
from ...services import configuration
from ...services.access import kept_runs as check_runs
from ...services.access.check import CHECK_IDS, judge
from ...services.access.explain_error import explain_error
from ...services.access.gather import Gathering, gather_evidence
from ...services.access.who import find_gains
from ..answers import plain_answer, problem

_HERE = "<!-- answers -->"


@require_GET
def choose(request: HttpRequest, environment: str) -> HttpResponse:
    """Redirect to the catalogue's first secret, which most people want."""
    chosen = enter(request, "access.check", environment)
    names = _secrets(request, chosen)
    if not names:
        refuse(request, "access.check", chosen.name)
    return redirect("troubleshoot", chosen.name, names[0])


@require_GET
def troubleshoot(request: HttpRequest, environment: str, name: str) -> StreamingHttpResponse:
    """Run the checks. The page is streamed: head, a line for each answer of AWS, then findings.

    `?check=` runs one check only.
    """
    chosen = enter(request, "access.check", environment, name)
    if (check := request.GET.get("check")) and check not in CHECK_IDS:
        raise Http404
    gathering = Gathering(chosen, name, actor_of(request))
    context = {
        "environment": chosen,
        "name": gathering.name,
        "secrets": _secrets(request, chosen),
        "may_run": True,
        "marker": _HERE,
    }
    head, foot = render_to_string("access/run.html", context, request).split(_HERE)
    pieces = _pieces(request, chosen, gathering, head, foot)
    # nginx passes each line on at once: https://nginx.org/en/docs/http/ngx_http_proxy_module.html
    return StreamingHttpResponse(pieces, headers={"X-Accel-Buffering": "no"})


def _pieces(
    request: HttpRequest, environment: Environment, gathering: Gathering, head: str, foot: str
) -> Iterator[str]:
    yield head
    try:
        for name in gathering.run():
            yield render_to_string(
                "access/_answer.html", {"name": name, "answer": gathering.answers[name]}
            )
        yield _result(request, environment, judge(gathering.evidence()))
    # The page has begun, so the error becomes its end.
    except (ConsoleError, DatabaseError) as error:
        shown = error if isinstance(error, ConsoleError) else DatabaseAway()
        yield render_to_string("access/_stopped.html", {"problem": problem(shown)}, request)
    yield foot


def _result(request: HttpRequest, environment: Environment, run: Run) -> str:
    """Render the result. A full run is stored; a single check is only shown."""
    context = {"environment": environment, "name": run.secret, "run": run}
    if check := request.GET.get("check"):
        return render_to_string(
            "access/_one.html", {**context, "finding": run.finding(check)}, request
        )
    kept = check_runs.keep(run, actor_of(request))
    return render_to_string("access/_result.html", {**context, "kept": kept}, request)


@require_GET
def open_run(request: HttpRequest, environment: str, number: int) -> HttpResponse:
    """Show a stored run as it was."""
    chosen, kept = _kept(request, environment, number)
    context = {
        "environment": chosen,
        "name": kept.secret,
        "secrets": _secrets(request, chosen),
        "run": check_runs.read(kept),
        "kept": kept,
        "ends": check_runs.kept_until(kept),
    }
    return render(request, "access/kept.html", context)


@require_GET
def run_report(request: HttpRequest, environment: str, number: int) -> HttpResponse:
    """Return a stored run as Markdown for a ticket: ARNs and findings, never a value."""
    chosen, kept = _kept(request, environment, number)
    address = request.build_absolute_uri(reverse("check_run", args=[chosen.name, kept.pk]))
    return plain_answer(check_runs.as_markdown(kept, address), "text/markdown")


def _kept(request: HttpRequest, environment: str, number: int) -> tuple[Environment, CheckRun]:
    """A stored run that the person may see. Raises Http404."""
    chosen = enter(request, "access.check", environment)
    kept = check_runs.find(chosen, number)
    if kept is None:
        raise Http404
    ensure_reach(request, "access.check", chosen, kept.secret)
    return chosen, kept


@require_http_methods(["GET", "POST"])
def paste_error(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Explain an error text of a Lambda's log. The text is not stored."""
    chosen = enter(request, "access.check", environment, name)
    form = ErrorTextForm(request.POST or None)
    explained = (
        explain_error(
            chosen, chosen.secret_name(name), actor_of(request), form.cleaned_data["text"]
        )
        if form.is_valid()
        else None
    )
    context = {
        "environment": chosen,
        "name": name,
        "form": form,
        "explained": explained,
        "secrets": _secrets(request, chosen),
    }
    return render(
        request,
        "access/paste_error.html",
        context,
        status=400 if request.method == "POST" and not form.is_valid() else 200,
    )


@require_http_methods(["GET", "POST"])
def try_policy(request: HttpRequest, environment: str, name: str) -> HttpResponse:
    """Show the decision before and after a change to a policy. Nothing is written."""
    chosen = enter(request, "access.check", environment, name)
    evidence = gather_evidence(chosen, name, actor_of(request))
    policies = editable_policies(evidence)
    form = WhatIfForm(policies, request.POST or None, location=request.GET.get("policy", ""))
    compared = (
        what_if(evidence, form.cleaned_data["policy"], form.cleaned_data["text"])
        if form.is_valid()
        else None
    )
    sees_everybody = chosen.who_can_read and may(request, "access.who", chosen, name)
    turns, gaps = (
        find_gains(
            evidence, form.cleaned_data["policy"], form.cleaned_data["text"], actor_of(request)
        )
        if form.is_valid() and sees_everybody
        else ((), ())
    )
    context = {
        "environment": chosen,
        "name": name,
        "form": form,
        "policies": policies,
        "compared": compared,
        "not_seen": not_seen(evidence),
        "sees_everybody": sees_everybody,
        "turns": [turn for turn in turns if turn.gains or turn.losses],
        "untold": sum(bool(turn.untold) for turn in turns),
        "gaps": gaps,
        "secrets": _secrets(request, chosen),
    }
    return render(
        request,
        "access/what_if.html",
        context,
        status=400 if request.method == "POST" and not form.is_valid() else 200,
    )


def _secrets(request: HttpRequest, environment: Environment) -> list[str]:
    """Return the catalogue's secrets that the person's role reaches."""
    names = [environment.prefix + short for short in configuration.catalog().secrets]
    return [name for name in names if may(request, "access.check", environment, name)]
