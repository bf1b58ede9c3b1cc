"""The status page, read from the database alone.

A pass is asked for by POST, and made by the runner.
"""

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ...domain.access.finding import WORST_FIRST
from ...forms.status import AcknowledgeForm
from ...permissions import (
    actor_of,
    ensure_somewhere,
    enter,
    enter_to_change,
    environments_with,
    may,
    needs_proof,
)
from ...services.status.board import StatusBoard
from ...services.status.read import first_rows, is_runner_alive, read_status, rows_of, want_a_pass
from ...services.status_pass import acknowledge as acknowledging
from ..notices import notice_of, redirect_with_notice

# Shown on the page; the pages of the environments show all.
MOST_TROUBLES = 50
ROWS = 25  # of each environment
SOON, QUIET = 3, 15  # seconds until the page asks again, while a pass is under way and otherwise
_started: list[subprocess.Popen[bytes]] = []


@require_GET
def status_page(request: HttpRequest) -> HttpResponse:
    """With `?wall`, in large type and without the frame."""
    environments = ensure_somewhere(request, "status.view")
    board = read_status(environments)
    context = _context(request, board) | {"wall": "wall" in request.GET}
    if not context["wall"]:
        context["sections"] = [
            (summary, first_rows(summary.environment, ROWS)) for summary in board.environments
        ]
    return render(request, "status/status.html", context)


@require_GET
def environment_status(request: HttpRequest, environment: str) -> HttpResponse:
    """Every row of one environment, by the page."""
    chosen = enter(request, "status.view", environment)
    wanted = request.GET.get("status", "")
    wanted = wanted if wanted in WORST_FIRST else ""
    rows, after = rows_of(chosen, wanted, request.GET.get("after", "")[:512])
    board = read_status([chosen])
    context = _context(request, board) | {
        "environment": chosen,
        "summary": board.environments[0],
        "rows": rows,
        "after": after,
        "wanted": wanted,
        "is_first": "after" not in request.GET,
        "notice": notice_of(request),
        "may_acknowledge": may(request, "status.acknowledge", chosen),
        "asks_for_proof": needs_proof(request, chosen),
    }
    return render(request, "status/environment.html", context)


def _context(request: HttpRequest, board: StatusBoard) -> dict[str, Any]:
    is_busy = board.runner.is_wanted or board.runner.is_running
    return {
        "board": board,
        "troubles": board.troubles[:MOST_TROUBLES],
        "untold": max(0, len(board.troubles) - MOST_TROUBLES),
        "is_busy": is_busy,
        "refresh": SOON if is_busy else QUIET,
        "audited": {environment.name for environment in environments_with(request, "audit.view")},
        "may_run": bool(environments_with(request, "status.run")),
    }


@require_POST
def acknowledge(request: HttpRequest, environment: str, name: str = "") -> HttpResponse:
    """A finding of a secret, or of the environment itself."""
    chosen = enter_to_change(request, "status.acknowledge", environment, name)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    finding, reason = form.cleaned_data["finding"], form.cleaned_data["reason"]
    done = acknowledging.acknowledge(chosen, actor_of(request), name, finding, reason)
    if name:
        return redirect_with_notice(done, "secret", chosen.name, name)
    return redirect_with_notice(done, "environment_status", chosen.name)


@require_POST
def run_now(request: HttpRequest) -> HttpResponse:
    """Asks for a pass; without a runner, starts a process for this one pass."""
    ensure_somewhere(request, "status.run")
    begin_a_pass()
    return redirect("status")


def begin_a_pass() -> None:
    """Within seconds, by the runner or else by a process of its own."""
    want_a_pass()
    if not is_runner_alive():
        _start_one_pass()


def _start_one_pass() -> None:
    """The lock lets no second one begin; a process that has ended is forgotten here."""
    _started[:] = [process for process in _started if process.poll() is None]
    if not _started:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_checks"]
        nothing = subprocess.DEVNULL
        _started.append(
            subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=settings.COMMAND_ENVIRON(),
                stdin=nothing,
                stdout=nothing,
                stderr=nothing,
            )
        )
