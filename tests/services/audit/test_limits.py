"""Reservations in the database: each counts before anything is verified."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from secrets_ui.domain.errors import AuditUnavailable
from secrets_ui.domain.limits import Limit
from secrets_ui.models import Reservation
from secrets_ui.services.audit import limits
from secrets_ui.services.audit.limits import Reserved, reserve

pytestmark = pytest.mark.django_db
TWO, ROW = Limit("values", 2, 60), Limit("proofs", 2, 900, in_a_row=True)


def take(limit: Limit = TWO, who: str = "hana", once: str = "") -> Reserved:
    taken = reserve(limit, who, once)
    assert taken
    return taken


def move_clock(seconds: int) -> None:
    """As if it were so many seconds later."""
    Reservation.objects.update(at=F("at") - timedelta(seconds=seconds))


def test_so_many_are_reserved_and_the_last_says_so() -> None:
    assert [take().is_last, take().is_last] == [False, True]
    assert reserve(TWO, "hana") is None


def test_each_person_and_each_limit_has_its_own() -> None:
    for _ in range(2):
        take()
        take(who="kenji")
        take(ROW)
    assert reserve(TWO, "hana") is None


def test_what_is_given_back_counts_no_more_and_what_is_forgotten_none_before_it_either() -> None:
    first, second = take(), take()
    first.give_back()
    third = take()
    assert reserve(TWO, "hana") is None
    third.forget()
    assert [take().is_last, take().is_last] == [False, True]
    second.forget()  # once more: it takes nothing from those that came later
    assert reserve(TWO, "hana") is None


def test_the_same_sent_twice_counts_once_until_it_is_to_count_alone() -> None:
    first, again = take(once="form 1"), take(once="form 1")
    assert (first.number, first.is_last) == (again.number, again.is_last)
    first.count_alone()
    assert take(once="form 1").number != first.number
    assert reserve(TWO, "hana", "form 2") is None
    assert reserve(TWO, "hana", "form 1")


def test_while_others_are_open_it_waits_for_them_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = take(), take()
    monkeypatch.setattr(limits.time, "sleep", lambda seconds: first.give_back())
    third = reserve(TWO, "hana", patience=60)
    assert third
    second.fail()
    monkeypatch.setattr(limits.time, "sleep", lambda seconds: third.fail())
    assert reserve(TWO, "hana", patience=60) is None


def test_a_try_counts_for_its_time() -> None:
    take(), take()
    move_clock(59)
    assert reserve(TWO, "hana") is None
    move_clock(2)
    assert reserve(TWO, "hana")


def test_a_refused_try_makes_a_lock_longer() -> None:
    take(ROW), take(ROW)
    for _ in range(3):
        move_clock(800)
        assert reserve(ROW, "hana") is None
    move_clock(901)
    assert reserve(ROW, "hana")


@pytest.mark.parametrize("limit", [TWO, ROW])
def test_a_clock_that_goes_back_an_hour_makes_it_hold_for_its_time_and_not_for_an_hour(
    limit: Limit,
) -> None:
    take(limit), take(limit)
    move_clock(-3600)
    assert reserve(limit, "hana") is None
    move_clock(limit.seconds + 1)
    assert reserve(limit, "hana")


def test_rows_that_nobody_asks_for_are_swept_by_the_next_of_their_kind() -> None:
    take(who="a name that never comes back"), take(ROW)
    move_clock(61)
    take()
    assert set(Reservation.objects.values_list("limit", "who")) == {
        ("values", "hana"),
        ("proofs", "hana"),
    }


def test_where_nothing_can_be_kept_nothing_is_let_in() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE secrets_ui_reservation RENAME TO away")
    with pytest.raises(AuditUnavailable):
        reserve(TWO, "hana")
