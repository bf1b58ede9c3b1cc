"""Condition operators: values, missing keys, sets, variables, and what cannot be told."""

from typing import Any

import pytest

from secrets_ui.domain.iam import (
    BOOLEAN_OPERATORS,
    NEGATED_TEXT_OPERATORS,
    TEXT_OPERATORS,
    UNKNOWN,
    evaluate,
)
from secrets_ui.domain.iam.operators import find_operator

from .building import ask, decide, document, holds, only, statement, under

TAG, AGE, IP, TIME, ALIASES = (
    "aws:PrincipalTag/team",
    "aws:MultiFactorAuthAge",
    "aws:SourceIp",
    "aws:CurrentTime",
    "kms:ResourceAliases",
)
NOON = "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("StringEquals", "red", "red", True),
        ("StringEquals", "Red", "red", False),
        ("StringEquals", "r*", "red", False),
        ("StringEquals", ["blue", "red"], "red", True),
        ("StringNotEquals", ["blue", "red"], "red", False),
        ("StringNotEquals", ["blue", "green"], "red", True),
        ("StringEqualsIgnoreCase", "RED", "red", True),
        ("StringNotEqualsIgnoreCase", "RED", "red", False),
        ("StringLike", "r?d", "red", True),
        ("StringLike", "R*", "red", False),
        ("StringNotLike", ["b*", "r*"], "red", False),
        ("StringEquals", True, "true", True),
        ("StringEquals", 5, "5", True),
        ("StringEquals", [], "red", False),
        ("StringNotEquals", [], "red", True),
        ("BinaryEquals", "cmVk", "cmVk", True),
        ("BinaryEquals", "cmVk", "cmVl", False),
        ("BinaryEquals", "not base64", "not base64", False),
    ],
)
def test_text_operators(operator: str, wanted: Any, actual: str, expected: bool) -> None:
    assert holds(operator, TAG, wanted, actual) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("NumericEquals", "3600", "3600.0", True),
        ("NumericEquals", 3600, "3600", True),
        ("NumericNotEquals", ["60", "3600"], "3600", False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "-1", "0", True),
        ("NumericGreaterThanEquals", "0.5", "0.5", True),
        ("NumericEquals", "many", "many", False),
        ("NumericNotEquals", "many", "3", None),
        ("NumericNotEquals", "3", "many", None),
        ("NumericNotEquals", ["many", "3"], "3", False),
    ],
)
def test_numeric_operators(operator: str, wanted: Any, actual: str, expected: bool | None) -> None:
    assert holds(operator, AGE, wanted, actual) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("DateEquals", "2026-03-01T21:00:00+09:00", True),
        ("DateEquals", "2026-03-01T12:00Z", True),
        ("DateEquals", "2026-03-01T12:00:00.000Z", True),
        ("DateEquals", "1772366400", True),
        ("DateNotEquals", NOON, False),
        ("DateLessThan", NOON, False),
        ("DateLessThanEquals", NOON, True),
        ("DateGreaterThan", "2026", True),
        ("DateGreaterThan", "2026-04", False),
        ("DateGreaterThanEquals", "2026-03-01", True),
        ("DateGreaterThan", "2026-03-01T11:59:59.999Z", True),
        ("DateEquals", "yesterday", False),
        ("DateEquals", "2026-02-30", False),
        ("DateNotEquals", "2026-02-30", None),
    ],
)
def test_date_operators(operator: str, wanted: str, expected: bool | None) -> None:
    assert holds(operator, TIME, wanted, NOON) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("IpAddress", "0.0.0.0/0", "198.51.100.9", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("IpAddress", "::/0", "2001:db8::1", True),
        ("IpAddress", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", True),
        ("IpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.7", True),
        ("NotIpAddress", ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.7", False),
        ("NotIpAddress", "203.0.113.7", "2001:db8::1", True),
        ("IpAddress", "vpce-1", "203.0.113.7", False),
        ("NotIpAddress", "vpce-1", "203.0.113.7", None),
        ("Bool", "true", "true", True),
        ("Bool", False, "false", True),
        ("Bool", "TRUE", "true", True),
        ("Bool", "yes", "true", False),
    ],
)
def test_address_and_boolean_operators(
    operator: str, wanted: Any, actual: str, expected: bool | None
) -> None:
    assert holds(operator, IP, wanted, actual) is expected


ARN = "arn:aws:iam::111122223333:role/service-role/miyabi"


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("ArnEquals", ARN, True),
        ("ArnEquals", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "arn:aws:iam::*:role/*/miyabi", True),
        ("ArnLike", "arn:aws:iam:*:role/*", None),  # five components
        ("ArnLike", "arn:aws:sns:*", False),
        ("ArnLike", "arn:aws:iam::1111*:user/*", False),
        ("ArnNotEquals", "arn:aws:iam::*:user/*", True),
        ("ArnNotLike", ["arn:aws:iam::*:user/*", "arn:aws:iam::*:role/*"], False),
    ],
)
def test_arn_operators_compare_component_by_component(
    operator: str, wanted: Any, expected: bool | None
) -> None:
    assert holds(operator, "aws:PrincipalArn", wanted, ARN) is expected


def test_what_is_not_an_arn_matches_no_arn() -> None:
    assert holds("ArnLike", "aws:SourceArn", "arn:aws:*:*:*:*", "miyabi") is False
    assert holds("ArnNotLike", "aws:SourceArn", "arn:aws:*:*:*:*", "miyabi") is True


POSITIVE = [
    "StringEquals",
    "StringLike",
    "NumericLessThan",
    "DateEquals",
    "Bool",
    "IpAddress",
    "ArnLike",
    "BinaryEquals",
]
NEGATED = [
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
    "NumericNotEquals",
    "DateNotEquals",
]
NEGATED += ["NotIpAddress", "ArnNotEquals", "ArnNotLike"]


@pytest.mark.parametrize("operator", POSITIVE + NEGATED)
def test_a_missing_key_fails_an_operator_unless_it_is_negated(operator: str) -> None:
    assert holds(operator, TAG, "1") is (operator in NEGATED)
    assert holds(f"{operator}IfExists", TAG, "1") is True
    assert holds(f"ForAllValues:{operator}", TAG, "1") is True
    assert holds(f"ForAllValues:{operator}IfExists", TAG, "1") is True
    assert holds(f"ForAnyValue:{operator}", TAG, "1") is False
    assert holds(f"ForAnyValue:{operator}IfExists", TAG, "1") is None


@pytest.mark.parametrize(
    ("wanted", "actual", "expected"),
    [
        ("true", None, True),
        ("false", None, False),
        (True, "x", False),
        (False, "x", True),
        ("true", [], True),
        ("false", [""], False),
        ("false", ["x"], True),
        ("true", "", None),
        (["true", "false"], "", True),
        ("maybe", "x", None),
    ],
)
def test_null_asks_whether_a_key_is_there(wanted: Any, actual: Any, expected: bool | None) -> None:
    assert holds("Null", ALIASES, wanted, actual) is expected


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b", "a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", "a", "a", True),
        ("ForAllValues:StringNotEquals", "a", ["b", "a"], False),
        ("ForAllValues:StringLike", "alias/*", ["alias/a", "alias/b"], True),
        ("ForAllValues:StringEquals", "a", [""], True),
        ("ForAnyValue:StringEquals", "a", ["b", "a"], True),
        ("ForAnyValue:StringEquals", "a", ["b"], False),
        ("ForAnyValue:StringNotEquals", "a", ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", "a", ["a"], False),
        ("ForAnyValue:StringEquals", "", [""], False),
        ("ForAnyValue:NumericLessThan", "5", ["9", "4"], True),
    ],
)
def test_set_operators_look_at_every_value_of_the_request(
    operator: str, wanted: Any, actual: Any, expected: bool
) -> None:
    assert holds(operator, ALIASES, wanted, actual) is expected


def test_several_values_without_a_set_operator_count_when_they_agree() -> None:
    assert holds("StringLike", ALIASES, "alias/*", ["alias/a", "alias/b"]) is True
    assert holds("StringEquals", ALIASES, "alias/c", ["alias/a", "alias/b"]) is False
    assert holds("StringEquals", ALIASES, "alias/a", ["alias/a", "alias/b"]) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "expected"),
    [
        ("StringEquals", "${aws:username}", "alice", True),
        ("StringEquals", "x-${AWS:UserName}-y", "x-alice-y", True),
        ("StringEquals", "${aws:userid}", "alice", False),
        ("StringNotEquals", "${aws:userid}", "alice", True),
        ("StringEquals", ["${aws:userid}", "alice"], "alice", True),
        ("StringEquals", "${aws:userid, 'alice'}", "alice", True),
        ("StringEquals", "${aws:userid,'alice'}", "alice", True),
        ("StringEquals", "${aws:userid, alice}", "alice", False),
        ("StringEqualsIgnoreCase", "${aws:username}", "ALICE", True),
        ("StringLike", "${aws:username}*", "alice-2", True),
        ("StringLike", "${*}", "alice", False),
        ("StringLike", "${*}", "*", True),
        ("StringEquals", "${$}{aws:username}", "${aws:username}", True),
        ("ArnLike", "arn:aws:iam::1:role/${aws:username}", "arn:aws:iam::1:role/alice", True),
        ("NumericEquals", "${aws:MultiFactorAuthAge}", "1", False),
    ],
)
def test_variables_take_the_values_of_their_keys(
    operator: str, wanted: Any, actual: str, expected: bool
) -> None:
    assert holds(operator, TAG, wanted, actual, **{"aws:username": "alice", AGE: "1"}) is expected


def test_a_substituted_wildcard_is_a_plain_character() -> None:
    assert holds("StringLike", TAG, "${aws:username}", "anything", **{"aws:username": "*"}) is False
    assert (
        holds(
            "ArnLike",
            TAG,
            "arn:aws:iam::1:${aws:username}",
            "arn:aws:iam::1:x",
            **{"aws:username": "*"},
        )
        is False
    )


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_the_older_language_has_no_variables(version: str | None) -> None:
    context = {"aws:username": "alice"}
    assert (
        holds("StringEquals", TAG, "${aws:username}", "alice", version=version, **context) is False
    )
    assert (
        holds("StringEquals", TAG, "${aws:username}", "${aws:username}", version=version, **context)
        is True
    )
    assert holds("StringLike", TAG, "${*}", "${anything}", version=version, **context) is True


def test_key_names_ignore_case() -> None:
    assert holds("StringEquals", "AWS:pRINCIPALtAG/TEAM", "red", **{TAG: "red"}) is True


def test_two_spellings_of_a_key_with_two_values_leave_it_open() -> None:
    assert holds("StringEquals", TAG, "red", **{TAG: "red", TAG.upper(): "blue"}) is None
    assert holds("StringEquals", TAG, "red", **{TAG: "red", TAG.upper(): "red"}) is True


@pytest.mark.parametrize(
    "operator",
    [
        "StringMatches",
        "stringequals",
        "NullIfExists",
        "ForAllValues:Null",
        "IfExists",
        "ForEach:Bool",
    ],
)
def test_an_operator_that_aws_does_not_have_never_holds_and_leaves_a_deny_open(
    operator: str,
) -> None:
    condition = {operator: {TAG: "red"}}
    assert decide(under(condition), context={TAG: "red"}) == "ImplicitlyDenied"
    evaluation = evaluate(
        ask(document(statement()), under(condition, "Deny"), context={TAG: "red"})
    )
    assert evaluation.decision == "Undetermined"
    assert operator in evaluation.missing[0]


def test_a_failing_condition_is_shown_with_wanted_and_actual() -> None:
    condition = {
        "StringEquals": {TAG: ["red", "blue"]},
        "Bool": {"aws:SecureTransport": True},
        "Null": {TAG: "false"},
    }
    result = only(evaluate(ask(under(condition), context={TAG: "green"})))
    assert [(u.operator, u.key, u.wanted, u.actual, u.outcome) for u in result.unmet] == [
        ("StringEquals", TAG, ("red", "blue"), ("green",), False),
        ("Bool", "aws:SecureTransport", ("true",), None, False),
    ]


def test_an_unknown_key_is_shown_as_unknown() -> None:
    request = ask(
        under({"IpAddress": {IP: "10.0.0.0/8"}}), unknown_context_keys=frozenset({"AWS:sourceip"})
    )
    evaluation = evaluate(request)
    (unmet,) = only(evaluation).unmet
    assert (evaluation.decision, unmet.actual, unmet.outcome) == ("Undetermined", UNKNOWN, None)
    assert evaluation.missing == (
        "identity policy identity0, statement 0: The value of aws:SourceIp is not known here.",
    )


def test_a_false_condition_decides_whatever_an_unknown_one_may_be() -> None:
    condition = {"IpAddress": {IP: "10.0.0.0/8"}, "StringEquals": {TAG: "red"}}
    assert decide(under(condition), unknown_context_keys=frozenset({IP})) == "ImplicitlyDenied"


def test_the_operator_families_are_disjoint_and_known():
    families = (TEXT_OPERATORS, NEGATED_TEXT_OPERATORS, BOOLEAN_OPERATORS)
    assert [len(family) for family in families] == [10, 10, 2]
    assert len(frozenset().union(*families)) == 22
    for family, is_negated in zip(families, (False, True, False), strict=True):
        found = [find_operator(name) for name in family]
        assert [operator and operator.is_negated for operator in found] == [is_negated] * len(found)


@pytest.mark.parametrize(
    ("name", "has_wildcards", "ignores_case"),
    [
        ("StringEquals", False, False),
        ("StringNotEqualsIgnoreCaseIfExists", False, True),
        ("ForAnyValue:StringNotLike", True, False),
        ("ArnEquals", True, False),
        ("Null", False, False),
        ("IpAddress", False, False),
    ],
)
def test_an_operator_says_how_it_reads_texts(
    name: str, has_wildcards: bool, ignores_case: bool
) -> None:
    operator = find_operator(name)
    assert operator
    assert (operator.has_wildcards, operator.ignores_case) == (has_wildcards, ignores_case)
