"""key_rules: errors where a value cannot be right, warnings where it may not, never the value."""

import re
import string
import sys
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.catalog import KeySpec
from secrets_ui.domain.secrets.formats import CHECKS, FORMATS, ODDITIES, github_checksum
from secrets_ui.domain.secrets.key_rules import VARIABLE, check_value, is_placeholder
from secrets_ui.domain.secrets.loading import UNFIT_NAME, name_problem
from tests.domain.strategies import ANY_TEXT

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BODIES = st.text(string.ascii_letters + string.digits, min_size=30, max_size=30)
PREFIXES = st.sampled_from(["ghp_", "gho_", "ghu_", "ghs_", "ghr_"])
BODY = "0123456789abcdefghijABCDEFGHIJ"


def problems(value: str, form: str = "free_text", **more: object) -> list[tuple[str, str]]:
    return [(p.level, p.code) for p in check_value(value, KeySpec("KEY", format=form, **more))]


def github_token(body: str = BODY, prefix: str = "ghp_") -> str:
    return prefix + body + github_checksum(body)


def test_the_checksum_is_crc32_in_base62_with_digits_then_capitals_then_small_letters() -> None:
    """0xCBF43926 is the check value that CRC-32's definition gives for "123456789"."""
    number = 0
    for character in github_checksum("123456789"):
        number = number * 62 + BASE62.index(character)
    assert number == 0xCBF43926


def test_a_small_checksum_is_filled_up_with_zeros() -> None:
    assert github_checksum("") == "000000"  # the CRC-32 of nothing is 0


@given(BODIES, PREFIXES)
def test_a_github_token_with_its_checksum_is_good(body: str, prefix: str) -> None:
    assert problems(github_token(body, prefix), "github_token") == []


@given(BODIES, st.integers(4, 39), st.sampled_from(BASE62))
def test_a_github_token_with_one_character_changed_is_an_error(
    body: str, place: int, other: str
) -> None:
    token = github_token(body)
    assume(token[place] != other)

    assert problems(token[:place] + other + token[place + 1 :], "github_token") == [
        ("error", "github_checksum")
    ]


@given(BODIES, st.integers(4, 38))
def test_a_github_token_with_two_neighbours_swapped_is_an_error(body: str, place: int) -> None:
    token = github_token(body)
    assume(token[place] != token[place + 1])
    swapped = token[:place] + token[place + 1] + token[place] + token[place + 2 :]

    assert problems(swapped, "github_token") == [("error", "github_checksum")]


@pytest.mark.parametrize(
    "token",
    [
        github_token()[:-1],
        github_token() + "0",
        "ghx_" + github_token()[4:],
        github_token()[4:],
        "GHP_" + github_token()[4:],
        "github_pat_short",
        "ghp_" + "é" * 36,
    ],
)
def test_what_has_not_the_shape_of_a_github_token_is_an_error(token: str) -> None:
    assert problems(token, "github_token") == [("error", "github_format")]


def test_a_fine_grained_github_token_is_taken_by_its_shape() -> None:
    assert problems(f"github_pat_{'A' * 22}_{'b' * 59}", "github_token") == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://example.org", []),
        ("https://example.org:8443/a?b=c#d", []),
        ("https://[2001:db8::1]/", []),
        ("https://bücher.example/", []),
        ("HTTPS://EXAMPLE.ORG", []),
        ("http://example.org", ["not_https"]),
        ("ftp://example.org", ["url"]),
        ("javascript:alert(1)", ["url"]),
        ("//example.org", ["url"]),
        ("example.org", ["url"]),
        ("https:example.org", ["url"]),
        ("https://", ["url"]),
        ("https:///path", ["url"]),
        ("https://?q", ["url"]),
        ("https://exa mple.org", ["url"]),
        ("https://example.org/a\nb", ["url"]),
        ("https://example.org/\\evil", ["url"]),
        ("https://example.org:port", ["url"]),
        ("https://example.org:0", ["url"]),
        ("https://example.org:70000", ["url"]),
        ("https://[::1", ["url"]),
        ("https://user@example.org", ["url_userinfo"]),
        ("https://user:word@example.org", ["url_userinfo"]),
    ],
)
def test_an_https_url_is_judged_by_its_parts(value: str, expected: list[str]) -> None:
    assert [code for _, code in problems(value, "https_url")] == expected


def test_a_url_may_be_http_as_well() -> None:
    assert problems("http://example.org", "url") == []
    assert problems("nothing", "url") == [("error", "url")]


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        ("x" * 32, "token", []),
        ("x" * 31, "token", [("warning", "short_token")]),
        ("x" * 20 + " " + "x" * 20, "token", [("error", "blank_inside")]),
        (
            "x" * 20 + "\u00a0" + "x" * 20,
            "token",
            [("warning", "invisible"), ("error", "blank_inside")],
        ),
        ("Iv1.abc-123_x", "identifier", []),
        ("two words", "identifier", [("error", "identifier")]),
        ("-dash", "identifier", [("error", "identifier")]),
        ("näme", "identifier", [("error", "identifier")]),
        ("/mnt/miyabi", "path", []),
        ("mnt/miyabi", "path", [("warning", "path")]),
        ("anything at all\nwith lines", "free_text", []),
    ],
)
def test_each_format_says_what_it_expects(
    value: str, form: str, expected: list[tuple[str, str]]
) -> None:
    assert problems(value, form) == expected


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_value_is_a_warning_and_nothing_more(form: str) -> None:
    assert problems("", form, min_length=5) == [("warning", "empty")]


@pytest.mark.parametrize("form", FORMATS)
def test_a_nul_is_an_error_in_every_format(form: str) -> None:
    assert ("error", "nul") in problems("a\x00b", form)


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("word", []),
        ("two words", []),
        (" word", ["leading_blank"]),
        ("\tword", ["leading_blank"]),
        ("\u00a0word", ["leading_blank", "invisible"]),
        ("word ", ["trailing_blank"]),
        ("word\n", ["trailing_newline"]),
        ("word\r\n", ["trailing_newline"]),
        ("word\r", ["trailing_blank", "invisible"]),
        (" word\n", ["leading_blank", "trailing_newline"]),
        ("   ", ["leading_blank", "trailing_blank"]),
    ],
)
def test_stray_blanks_are_told_and_never_trimmed(value: str, codes: list[str]) -> None:
    assert [code for _, code in problems(value)] == codes


@pytest.mark.parametrize("form", ["github_token", "token", "https_url", "identifier", "path"])
def test_a_stray_blank_is_told_once_beside_what_the_format_says(form: str) -> None:
    good = {
        "github_token": github_token(),
        "token": "x" * 40,
        "https_url": "https://example.org",
        "identifier": "name",
        "path": "/srv",
    }[form]
    assert problems(good, form) == []
    # An error where a blank cannot be meant.
    level = "warning" if form in ("token", "path") else "error"
    assert problems(good + "\n", form) == [(level, "trailing_newline")]


def test_a_value_shorter_than_the_catalogue_asks_for_is_an_error() -> None:
    assert problems("1234", min_length=5) == [("error", "too_short")]
    assert problems("12345", min_length=5) == []


def test_a_placeholder_is_a_warning_and_is_not_judged_by_its_format() -> None:
    spec = KeySpec(
        "KEY", format="github_token", min_length=99, placeholders=(re.compile("^ghp_x+$"),)
    )
    assert is_placeholder("ghp_xxxxx", spec)
    assert not is_placeholder("ghp_xxxxy", spec)
    assert [(p.level, p.code) for p in check_value("ghp_xxxxx", spec)] == [
        ("warning", "placeholder")
    ]


def test_every_format_has_a_name_for_people() -> None:
    labels = [item.label for item in FORMATS.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_a_format_is_known_by_its_own_name_and_asks_only_for_checks_that_there_are() -> None:
    assert [item.name for item in FORMATS.values()] == list(FORMATS)
    asked = {rule.check for item in FORMATS.values() for rule in item.rules}
    assert asked - {""} == set(CHECKS)


@pytest.mark.parametrize("form", FORMATS)
def test_every_value_of_a_format_has_a_verdict_while_it_is_typed(form: str) -> None:
    assert FORMATS[form].verdicts[-1][0] == ""  # the prefix of every text


@given(ANY_TEXT, st.sampled_from(sorted(FORMATS)), st.integers(0, 100))
def test_no_text_makes_a_rule_fall_over(value: str, form: str, min_length: int) -> None:
    for problem in check_value(value, KeySpec("KEY", format=form, min_length=min_length)):
        assert problem.level in ("error", "warning")
        assert problem.code
        assert problem.text


@given(
    st.text("QXZJ#%&=+/\\ \n\t\x00", min_size=6, max_size=40),
    st.sampled_from(sorted(FORMATS)),
    st.sampled_from(["", "https://", "ghp_", " "]),
)
def test_s02_no_remark_repeats_six_characters_of_the_value(
    body: str, form: str, start: str
) -> None:
    result = "".join(
        p.text + p.code
        for p in check_value(start + body, KeySpec("KEY", format=form, min_length=50))
    )
    assert not [body[i : i + 6] for i in range(len(body) - 5) if body[i : i + 6] in result]


LAYOUT = "\t\n\r "


@pytest.mark.parametrize("category", ["Cf", "Cc", "Zl", "Zp", "Zs"])
def test_every_character_that_cannot_be_seen_is_pointed_at(category: str) -> None:
    unseen = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == category]
    invisible = next(oddity for oddity in ODDITIES if oddity.code == "invisible")
    missed = [c for c in unseen if c not in LAYOUT and invisible.position(f"a{c}b") != 2]
    assert missed == []
    assert not any(invisible.position(f"a{c}b") for c in "\t\n ")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("value", "code", "position"),
    [
        ("x" * 40 + "\u200b" + "y", "invisible", 41),
        ("https://a.test/\u200bx", "invisible", 16),
        ("\U0001f600\u2060x", "invisible", 2),
        ("a\rb", "invisible", 2),
        ('"' + "x" * 40 + '"', "quoted", 0),
        ("「x」", "quoted", 0),
        ("TOKEN=x", "assignment", 7),
        ("export GITHUB_TOKEN=x", "assignment", 21),
    ],
)
def test_what_was_pasted_along_is_warned_of_in_every_format(
    name: str, value: str, code: str, position: int
) -> None:
    found = {p.code: p for p in check_value(value, KeySpec("any", format=name))}
    assert found[code].level == "warning"
    where = f"at position {position}" if position else "first and its last position"
    assert where in found[code].text


@pytest.mark.parametrize(
    "value", ["plain", "日本語", "two\nlines\tand a tab", "cr\r\nlf", "QUJD==", "a=b", '"', '"a" b']
)
def test_an_ordinary_text_is_not_warned_of(value: str) -> None:
    assert check_value(value, KeySpec("any")) == ()


@given(st.one_of(ANY_TEXT, st.from_regex(rf"\A{VARIABLE}.?\Z")))
def test_the_pattern_that_the_script_gets_takes_the_names_that_the_loader_takes(name: str) -> None:
    fits = re.fullmatch(VARIABLE, name) is not None
    assert fits == (name_problem(name) != UNFIT_NAME)
