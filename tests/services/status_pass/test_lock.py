"""One pass at a time: a lease on SQLite, an advisory lock on PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from secrets_ui.models import StatusRunner
from secrets_ui.services.status_pass import lock as status_lock
from secrets_ui.services.status_pass.lock import LockHeld, Renewal, pass_lock
from secrets_ui.services.status_pass.run import run_status_pass

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has a lock of its own"),
]
_ = connection


def held_by(holder: str, seconds: int) -> None:
    StatusRunner.objects.update_or_create(
        pk=1,
        defaults={"holder": holder, "lease_until": datetime.now(UTC) + timedelta(seconds=seconds)},
    )


def test_while_another_process_holds_the_lease_no_pass_begins() -> None:
    held_by("elsewhere:1", 60)
    with pytest.raises(LockHeld) as result:
        run_status_pass()
    assert result.value.holder == "elsewhere:1"


def test_the_lease_of_a_process_that_died_ends_by_itself() -> None:
    held_by("elsewhere:1", -1)
    with pass_lock():
        assert StatusRunner.objects.get().holder == status_lock.me()


def test_it_is_let_go_after_a_pass_that_fails_as_well() -> None:
    with pytest.raises(ZeroDivisionError), pass_lock():
        raise ZeroDivisionError
    with pass_lock():
        pass


def test_a_second_one_in_the_same_process_waits_too() -> None:
    with pass_lock(), pytest.raises(LockHeld), pass_lock():
        pass


def test_a_lease_is_renewed_and_its_loss_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pass_lock():
        monkeypatch.setattr(status_lock, "RENEW_EVERY", 0)
        renew, before = Renewal(), StatusRunner.objects.get().lease_until
        renew()
        after = StatusRunner.objects.get().lease_until
        assert before is not None
        assert after is not None
        assert after > before
        held_by("elsewhere:1", 60)
        with pytest.raises(LockHeld):
            renew()
