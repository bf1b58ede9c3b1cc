"""actor: the name that a person, or a job of the console, has in AWS."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.people.actor import CONSOLE, Actor, session_name


@pytest.mark.parametrize("person", ["hana", "ken@example.org", "a-b_c+d,e.f", "x" * 64, "42"])
def test_s48_a_name_that_sts_takes_is_the_session_s_name(person: str) -> None:
    assert Actor(person).session_name == person


@pytest.mark.parametrize(
    ("person", "written"),
    [("hana k", "hana=20k"), ("a=b", "a=3Db"), ("é!", "=C3=A9=21"), ("a/b", "a=2Fb")],
)
def test_s48_what_sts_does_not_take_is_written_as_bytes(person: str, written: str) -> None:
    assert session_name(person) == written


@given(st.text(st.characters(exclude_categories=())), st.text())
def test_s48_every_person_has_a_session_name_that_sts_takes_and_nobody_else_has(
    one: str, other: str
) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", session_name(one))
    assert (session_name(one) == session_name(other)) is (one == other)


@given(st.text())
def test_s48_nobody_can_be_called_what_another_name_is_written_as(person: str) -> None:
    written = session_name(person)
    assert written == person or session_name(written) != written


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a-b"),
        ("é", "ü"),
        ("x" * 64 + "1", "x" * 64 + "2"),
        ("", "-"),
        ("hana\n", "hana"),
        ("é", "e\u0301"),
        ("Hana", "hana"),
    ],
)
def test_s48_names_that_look_alike_stay_apart(one: str, other: str) -> None:
    assert session_name(one) != session_name(other)


@given(st.text(min_size=1))
def test_s48_no_person_is_called_as_the_console_s_own_jobs_are(person: str) -> None:
    assert CONSOLE.session_name == "console=settle_audit"
    assert not re.search("(?<!=)=[a-z]", session_name(person))
    assert session_name(CONSOLE.session_name) != CONSOLE.session_name
