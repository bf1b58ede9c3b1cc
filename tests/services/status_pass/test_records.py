"""The audit chain from pass to pass: in steps, daily as a whole, and against checkpoints."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.models import StatusDelivery
from secrets_ui.services import audit
from secrets_ui.services.status_pass import records as watch_records
from secrets_ui.services.status_pass.records import watch_records as watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a chain that is too long to be verified as a whole each time."""
    monkeypatch.setattr(watch_records, "SMALL", 0)


def add(actor: Any, count: int) -> str:
    return [audit.record(Action.SIGN_IN, actor).hash for _ in range(count)][-1]


def test_it_goes_on_from_where_it_stood(hana: Any, in_steps: None) -> None:
    add(hana, 3)
    records, remembered = watch({})
    assert (records.verified, records.breaks) == (3, ())
    last = add(hana, 2)
    again, remembered = watch(remembered)
    assert (again.verified, again.checkpoint, again.breaks) == (5, last, ())
    assert again.full_at == records.full_at  # only the new ones were verified
    same, _ = watch(remembered)
    assert (same.verified, same.breaks) == (5, ())


def test_after_a_day_all_of_it_is_verified_again(hana: Any, in_steps: None) -> None:
    add(hana, 2)
    _, remembered = watch({})
    old = (datetime.now(UTC) - timedelta(hours=25)).isoformat(timespec="seconds")
    records, _ = watch({**remembered, "full_at": old})
    assert records.full_at > old


def test_a_tail_that_was_cut_off_is_found(hana: Any) -> None:
    add(hana, 2)
    _, remembered = watch({})
    records, kept = watch({**remembered, "sequence": 9, "count": 9})
    assert "the tail was cut off" in records.breaks[0]
    assert kept["full_at"] == ""  # so the next pass verifies all of it again


def test_another_chain_is_found(hana: Any, in_steps: None) -> None:
    add(hana, 2)
    _, remembered = watch({})
    records, _ = watch({**remembered, "hash": "f" * 64})
    assert "another hash than its checkpoint" in " ".join(records.breaks)


def test_an_empty_chain_holds() -> None:
    records, _ = watch({})
    assert (records.verified, records.breaks) == (0, ())


def test_a_message_counts_as_not_sent_once_it_was_given_up_or_has_waited_for_a_while() -> None:
    now = datetime.now(UTC)
    old = now - timedelta(days=8)
    messages: tuple[dict[str, Any], ...] = (
        {"attempts": 3},
        {"attempts": 4, "last_error": "the webhook answered 500"},
        {"attempts": 9, "sent_at": now},
        {"given_up_at": now, "made_at": now - timedelta(days=1)},
        {"given_up_at": old, "made_at": old},
    )
    for number, more in enumerate(messages):
        about = {"event": str(number), "payload": "{}", "made_at": now, "next_at": now, **more}
        StatusDelivery.objects.create(channel="webhook", **about)
    records, _ = watch({})
    assert (records.undelivered, records.why_undelivered) == (2, "the webhook answered 500")
