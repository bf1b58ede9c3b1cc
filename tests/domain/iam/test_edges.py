"""Patterns and values at their edges: what wildcards cross, what an unknown tag leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from secrets_ui.domain.iam import PolicyKind, evaluate

from .building import ask, covers, holds, only, under


def test_a_star_after_text_crosses_colons_where_another_stands_inside_a_segment() -> None:
    assert covers("arn:aws:secretsmanager:us-*:secret:*keys-AbC123") is True


def test_a_segment_is_looked_for_after_those_before_it() -> None:
    """`a*` takes the first of three segments; `a?b` would take it once more, or cross a colon."""
    asked = "arn:aws:axb:a:b"
    assert covers("arn:aws:a*:a?b*", asked, PolicyKind.RESOURCE) is None


TAG = "aws:PrincipalTag/team"


@pytest.mark.parametrize(
    ("operator", "wanted", "matching", "other"),
    [
        ("StringEquals", "a-${aws:PrincipalTag/team}", "a-1", "b-1"),
        ("StringEqualsIgnoreCase", "A-${aws:PrincipalTag/team}", "a-1", "b-1"),
        ("StringLike", "a-${aws:PrincipalTag/team}-*", "a-1-2", "b-1-2"),
        (
            "ArnLike",
            "arn:aws:s3:::${aws:PrincipalTag/team}/*",
            "arn:aws:s3:::x/y",
            "arn:aws:kms:::x/y",
        ),
    ],
)
def test_an_unknown_variable_leaves_open_what_it_could_match_and_nothing_else(
    operator: str, wanted: str, matching: str, other: str
) -> None:
    def condition(actual: str, **more: Any) -> bool | None:
        policy = under({operator: {"aws:x": wanted}})
        return only(evaluate(ask(policy, context={"aws:x": actual}, **more))).condition

    unknown = {"unknown_context_keys": frozenset({TAG})}
    assert condition(matching, **unknown) is None
    assert condition(other, **unknown) is False
    assert condition(matching) is False  # a tag that is not there matches nothing


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("QUJD", True), ("QUJE", False), ("QU!JD", False), ("QUJ", False), ("QU\nJD", False)],
)
def test_a_binary_value_is_base64_and_nothing_beside_it(actual: str, expected: bool) -> None:
    assert holds("BinaryEquals", "aws:x", "QUJD", actual) is expected


@pytest.mark.parametrize("operator", ["StringEquals", "StringEqualsIgnoreCase"])
@pytest.mark.parametrize("wanted", ["${aws:PrincipalTag/team}-*", "red-*", "${*}${?}${$}*"])
def test_an_operator_without_wildcards_takes_them_for_characters(
    operator: str, wanted: str
) -> None:
    tags = {TAG: "red"}
    written = wanted.replace("${aws:PrincipalTag/team}", "red").replace("${*}${?}${$}", "*?$")
    assert holds(operator, "aws:x", wanted, written, **tags) is True
    assert holds(operator, "aws:x", wanted, written[:-1] + "x", **tags) is False
