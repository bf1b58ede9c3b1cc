"""What people may be called, and the one spelling of a name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.people.actor import session_name
from secrets_ui.domain.people.names import LONGEST, is_usable_name, tidy_name

REAL = [
    "o'brien@miyabi-world.com",
    "r&d@miyabi-world.com",
    "hana+test=1@miyabi-world.com",
    "Satō, Hana (Platform)",
    "山田 太郎",
    "MIYABI\\hana",
    "live.com#hana@miyabi-world.com",
    "अनीता",
    "x" * LONGEST,
]


@pytest.mark.parametrize("name", REAL)
def test_names_of_providers_are_usable_as_they_are_and_aws_takes_them(name: str) -> None:
    assert tidy_name(name) == name
    assert is_usable_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,64}", session_name(name))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * (LONGEST + 1),
        "a\nb",
        "a\tb",
        "a\x7fb",
        "a\u200bb",
        "a\u202eb",
        "a\u2028b",
        "a\ufeffb",
        "<!channel>",
        "Console",
        "UNKNOWN",
    ],
)
def test_what_cannot_be_seen_or_is_the_console_s_own_is_not(name: str) -> None:
    assert not is_usable_name(name)


@pytest.mark.parametrize(
    ("sent", "tidy"),
    [
        (" hana ", "hana"),
        ("hana \u00a0\u3000satō", "hana satō"),
        ("e\u0301ric", "éric"),
        ("ｃｏｎｓｏｌｅ", "console"),
        ("a\nb", "a\nb"),
    ],
)
def test_what_looks_alike_has_one_spelling(sent: str, tidy: str) -> None:
    assert tidy_name(sent) == tidy


@given(st.text())
def test_a_tidy_name_stays_as_it_is(text: str) -> None:
    assert tidy_name(tidy_name(text)) == tidy_name(text)
