"""manage.py run_checks --every: the loop survives any error, and waits longer after each."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from secrets_ui.management.commands import run_checks
from secrets_ui.models import StatusRunner
from tests.management.shell import LoopClock

pytestmark = pytest.mark.django_db


def broken(*args: Any) -> Any:
    raise ZeroDivisionError("a detail")


def test_a_pass_that_raises_anything_does_not_end_the_loop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, errors = LoopClock(monkeypatch, run_checks, rounds=4), StringIO()
    monkeypatch.setattr(run_checks, "run_status_pass", broken)
    call_command("run_checks", every=1, stderr=errors)
    assert clock.pauses == [4, 8, 16, 30]
    # The log tells of it: beside the console, a line of text would break the stream of JSON lines.
    assert errors.getvalue() == ""
    logged = [record for record in caplog.records if record.getMessage() == "status runner"]
    assert [record.exc_info[0] for record in logged if record.exc_info] == [ZeroDivisionError] * 4
    assert StatusRunner.objects.get().alive_at is not None
