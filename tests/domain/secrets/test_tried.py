"""What a trial means: an answer is believed, a missing one never makes a refusal or hides one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.tried import OLD, WARN_BEFORE, Answer, Tried, judge

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def verdict(answer: Answer | None, *, age: timedelta = HOUR, why_not: str = "") -> tuple[str, str]:
    found = judge(Tried(NOW - HOUR, answer, NOW - age if answer else None, why_not), NOW)
    return found.level, found.text


def expiring(after: timedelta) -> Answer:
    return Answer(True, "miyabi-bot", expires=NOW + after)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(True), ("ok", "Works")),
        (Answer(False), ("bad", "Refused")),
        (expiring(WARN_BEFORE + HOUR), ("ok", "Works")),
        (expiring(WARN_BEFORE), ("warn", "Expires in 14 days")),
        (expiring(9 * DAY - HOUR), ("warn", "Expires in 9 days")),
        (expiring(HOUR), ("warn", "Expires in 1 day")),
        (expiring(timedelta()), ("bad", "Expired")),
        (None, ("mute", "Not known")),
    ],
)
def test_an_answer_is_a_verdict(answer: Answer | None, expected: tuple[str, str]) -> None:
    assert verdict(answer) == expected


def test_nobody_has_tried_is_a_verdict_too() -> None:
    assert judge(None, NOW).text == "Not tried yet"


def test_an_old_answer_is_none_any_more_and_a_refusal_stays_one() -> None:
    old = OLD + HOUR
    assert verdict(Answer(True), age=old, why_not="no way out") == ("mute", "Not known")
    assert verdict(Answer(True), age=old) == ("ok", "Works")
    assert verdict(Answer(True), why_not="no way out") == ("ok", "Works")
    assert verdict(Answer(False), age=old, why_not="no way out") == ("bad", "Refused")
    assert verdict(expiring(-HOUR), age=old, why_not="no way out") == ("bad", "Expired")


def test_the_words_say_whose_it_is_what_it_may_and_until_when() -> None:
    answer = Answer(True, "miyabi-bot", "classic", ("repo", "workflow"), NOW + 9 * DAY)
    assert judge(Tried(NOW, answer, NOW), NOW).hint == (
        "miyabi-bot, classic, scopes repo workflow, expires on 8 December 2026"
    )


def test_what_had_no_answer_is_tried_sooner() -> None:
    answered, not_answered = Tried(NOW, Answer(True), NOW), Tried(NOW, why_not="no way out")
    for age, is_due in ((59 * timedelta(minutes=1), (False, False)), (HOUR, (False, True))):
        assert (answered.is_due(NOW + age), not_answered.is_due(NOW + age)) == is_due
    assert answered.is_due(NOW + DAY)


@given(
    st.builds(
        Answer,
        st.booleans(),
        st.text(),
        st.text(),
        st.none() | st.lists(st.text()).map(tuple),
        st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_an_answer_is_kept_whole(answer: Answer) -> None:
    assert Answer.from_json(answer.to_json()) == answer
