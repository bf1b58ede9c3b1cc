"""Patterns and values at their edges: what wildcards cross, what an unknown tag leaves open."""

from typing import Any

import pytest

from secrets_ui.domain.iam import UNKNOWN, MalformedPolicy, PolicyKind, evaluate, parse_policy
from secrets_ui.domain.iam.context import Context
from secrets_ui.domain.iam.variables import resolve_variables

from .building import ask, covers, document, holds, only, statement, under


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


def test_a_range_of_addresses_may_be_written_with_any_address_in_it() -> None:
    for wanted in ("10.1.2.3/8", "10.0.0.0/8"):
        assert holds("IpAddress", "aws:SourceIp", wanted, "10.9.9.9") is True
        assert holds("IpAddress", "aws:SourceIp", wanted, "11.9.9.9") is False


def test_a_plain_pattern_counts_beside_one_with_a_variable() -> None:
    wanted = ["blue-*", "${aws:PrincipalTag/team}-*"]
    for actual, expected in (("blue-1", True), ("red-1", True), ("green-1", False)):
        assert holds("StringLike", "aws:x", wanted, actual, **{TAG: "red"}) is expected


def test_a_statement_that_is_no_object_is_refused_by_that_name() -> None:
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy("reader", document("Allow"))
    assert str(caught.value) == "Policy reader, statement 0, Statement: expected an object"


def test_a_star_after_text_may_end_with_its_own_segment() -> None:
    assert covers("arn:*:us-*:111122223333:secret:*AbC123") is True
    assert covers("arn:*:us-*:111122223334:secret:*AbC123") is False


def test_an_incomplete_arn_that_covers_as_it_stands_leaves_it_open() -> None:
    assert covers("arn:aws:secretsmanager:*miyabi/prod/api-keys-AbC123") is None


def test_a_doubtful_deny_is_among_what_is_missing_and_a_doubtful_allow_is_not() -> None:
    unknown = {"unknown_context_keys": frozenset({"aws:x", "aws:y"})}
    deny = under({"StringEquals": {"aws:x": "1"}}, "Deny")
    allows = document(statement(), statement(Condition={"StringEquals": {"aws:y": "1"}}))
    told = evaluate(ask(allows, deny, **unknown))
    assert told.decision == "Undetermined"
    assert told.missing == (
        "identity policy identity1, statement 0: The value of aws:x is not known here.",
    )


def test_all_keys_of_a_prefix_may_be_unknown_and_no_key_is_named_by_the_star() -> None:
    policy = under({"Null": {"aws:ResourceTag/*": "true"}})
    unknown = {"unknown_context_keys": frozenset({"aws:ResourceTag/*"})}
    assert only(evaluate(ask(policy, **unknown))).condition is None
    other = under({"Null": {"aws:PrincipalTag/a": "true"}})
    assert only(evaluate(ask(other, **unknown))).condition is True


def test_the_values_of_a_policy_s_variables_are_told_by_variable_as_written() -> None:
    text = "a-${aws:username}-${AWS:userid, 'x'}-${*}-${aws:x, 'd'}-${aws:y}-${aws:z}"
    context = Context.of({"aws:username": "hana", "aws:userid": "7", "aws:y": ["1"]}, ["aws:z"])
    assert resolve_variables(text, context) == {
        "${aws:username}": ("hana",),
        "${AWS:userid, 'x'}": ("7",),
        "${aws:x, 'd'}": ("d",),
        "${aws:y}": None,
        "${aws:z}": UNKNOWN,
    }


def test_a_condition_that_holds_for_want_of_its_key_names_the_key() -> None:
    condition = {
        "StringNotEquals": {"aws:Absent": "1", "aws:x": "2"},
        "StringEqualsIfExists": {"aws:AbsentToo": "1"},
    }
    result = only(evaluate(ask(under(condition), context={"aws:x": "1"})))
    assert (result.condition, result.absent) == (True, ("aws:Absent", "aws:AbsentToo"))
    there = {"aws:Absent": "0", "aws:x": "1", "aws:AbsentToo": "1"}
    assert only(evaluate(ask(under(condition), context=there))).absent == ()


def test_a_failing_condition_tells_the_values_of_its_variables() -> None:
    wanted = "a-${aws:PrincipalTag/team}"
    condition = {"StringEquals": {"aws:x": [wanted, "b"]}}
    asked = ask(under(condition), context={"aws:x": "c", TAG: "red"})
    assert only(evaluate(asked)).unmet[0].variables == {"${aws:PrincipalTag/team}": ("red",)}
    older = document(statement(Condition=condition), version="2008-10-17")
    asked = ask(older, context={"aws:x": "c", TAG: "red"})
    assert only(evaluate(asked)).unmet[0].variables == {}


@pytest.mark.parametrize("condition", [{"O" * 4_097: {"aws:x": "1"}}, {"Bool": {"k" * 4_097: "1"}}])
def test_an_operator_or_a_key_that_is_too_long_is_refused_as_a_part_of_the_condition(
    condition: dict[str, Any],
) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy("reader", document(statement(Condition=condition)))
    assert caught.value.element == "Condition"
