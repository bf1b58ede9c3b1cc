"""Whether the console can do its work, and that an answer comes whatever happens."""

from collections.abc import Callable

import pytest
from django.db import connection

from secrets_ui.models import AuditRecord, Heartbeat
from secrets_ui.services.status import readiness
from secrets_ui.services.status.readiness import Readiness, look_at_audit_log


class Looks:
    """Looks that end when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.begun, self.found = 100.0, list[Callable[[], None]](), True
        monkeypatch.setattr(readiness, "time", self)
        monkeypatch.setattr(readiness, "PATIENCE", 0)
        self.readiness = Readiness(lambda: self.found, self.begun.append)

    def monotonic(self) -> float:
        return self.now

    def end(self, found: bool) -> None:
        self.found = found
        self.begun[-1]()


def test_a_look_that_does_not_end_is_not_ready_and_is_the_only_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = Looks(monkeypatch)
    for _ in range(3):
        assert not looks.readiness.is_ready()
        looks.now += 60
    assert len(looks.begun) == 1
    looks.end(True)
    assert looks.readiness.is_ready()


@pytest.mark.parametrize("found", [True, False])
def test_an_answer_is_good_for_a_second(monkeypatch: pytest.MonkeyPatch, found: bool) -> None:
    looks = Looks(monkeypatch)
    looks.readiness.is_ready()
    looks.end(found)
    looks.now += readiness.FRESH
    assert looks.readiness.is_ready() is found
    assert len(looks.begun) == 1
    looks.now += 0.1
    assert not looks.readiness.is_ready()
    assert len(looks.begun) == 2


@pytest.mark.django_db
def test_a_log_that_takes_a_record_has_none_more_afterwards() -> None:
    before = AuditRecord.objects.count()
    assert look_at_audit_log()
    assert AuditRecord.objects.count() == before
    assert Heartbeat.objects.get().name == "audit"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken",
    [
        "ALTER TABLE secrets_ui_auditrecord RENAME TO somewhere_else",
        "CREATE TRIGGER full BEFORE INSERT ON secrets_ui_auditrecord "
        "BEGIN SELECT RAISE(ABORT, 'no'); END",
        "ALTER TABLE secrets_ui_heartbeat RENAME TO somewhere_else",
    ],
    ids=["it is not there", "it takes no row", "nothing is committed"],
)
def test_one_that_takes_none_is_not_ready(broken: str) -> None:
    if connection.vendor != "sqlite" and "TRIGGER" in broken:
        pytest.skip("SQLite's own words.")
    with connection.cursor() as cursor:
        cursor.execute(broken)
    assert not look_at_audit_log()


@pytest.mark.django_db
def test_a_fault_of_the_look_itself_is_not_ready_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(readiness.audit, "ensure_writable", broken)
    assert not look_at_audit_log()
