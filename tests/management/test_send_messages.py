"""manage.py send_messages: what is new is put in the outbox and sent; no error ends the loop."""

from typing import Any

import pytest
from django.core.management import call_command

from secrets_ui.management.commands import send_messages
from secrets_ui.models import Heartbeat
from tests.management.shell import LoopClock

pytestmark = pytest.mark.django_db
ROUNDS = 6


def test_once_it_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("send_messages")
    assert capsys.readouterr().out == "0 changes are new; 0 messages sent.\n"


def test_no_error_ends_the_loop_and_after_each_it_waits_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = LoopClock(monkeypatch, send_messages, ROUNDS)

    def send() -> Any:
        if len(clock.pauses) != ROUNDS - 1:
            raise ZeroDivisionError("a detail")

    monkeypatch.setattr(send_messages, "send_due", send)
    call_command("send_messages", every=2)
    assert clock.pauses == [4, 8, 16, 30, 30, 2]
    assert Heartbeat.objects.filter(name="send_messages").exists()
