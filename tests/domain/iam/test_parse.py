"""Policies outside AWS's grammar give an error that names policy, statement and element."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from secrets_ui.domain.iam import MalformedPolicy, PolicyKind, Request, evaluate, parse_policy
from tests.domain.strategies import VALUES

from .building import ACCOUNT, GET, SECRET, SESSION, ask, document, statement


def refused(policy: Any, kind: PolicyKind = PolicyKind.IDENTITY) -> MalformedPolicy:
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy("reader", policy, kind)
    assert caught.value.policy == "reader"
    return caught.value


@pytest.mark.parametrize(
    ("policy", "element"),
    [
        (None, "policy"),
        ([], "policy"),
        (5, "policy"),
        ("[]", "policy"),
        ("", "policy"),
        ("{", "policy"),
        ('{"Statement": NaN}', "policy"),
        ('{"Statement": [], "Statement": []}', "policy"),
        ("[" * 100_000, "policy"),
        ('{"a":' * 100_000, "policy"),
        (b"\xff\xfe\xfd", "policy"),
        ('{"Statement": [' + "9" * 5_000 + "]}", "policy"),
        ({}, "Statement"),
        ({"Version": "2012-10-18", "Statement": []}, "Version"),
        ({"Version": 2012, "Statement": []}, "Version"),
        ({"Version": ["2012-10-17"], "Statement": []}, "Version"),
        ({"Id": 1, "Statement": []}, "Id"),
        ({"Statements": []}, "Statements"),
        ({1: 2}, "policy"),
    ],
)
def test_a_policy_that_is_none_is_an_error_outside_its_statements(
    policy: Any, element: str
) -> None:
    error = refused(policy)
    assert (error.statement, error.element) == (None, element)


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"Effect": None}, "Effect"),
        ({"Effect": "allow"}, "Effect"),
        ({"Effect": ["Allow"]}, "Effect"),
        ({"Action": None}, "Action"),
        ({"Action": []}, "Action"),
        ({"Action": [5]}, "Action"),
        ({"Action": [["a:b"]]}, "Action"),
        ({"NotAction": "s3:*"}, "Action"),
        ({"Resource": "miyabi/prod/api-keys"}, "Resource"),
        ({"Resource": ""}, "Resource"),
        ({"Resource": {"a": "b"}}, "Resource"),
        ({"NotResource": "*"}, "Resource"),
        ({"Condition": []}, "Condition"),
        ({"Condition": None}, "Condition"),
        ({"Condition": {"Bool": "true"}}, "Condition Bool"),
        ({"Condition": {"Bool": {"aws:x": None}}}, "Condition Bool aws:x"),
        ({"Condition": {"Bool": {"aws:x": [["true"]]}}}, "Condition Bool aws:x"),
        ({"Condition": {"NumericEquals": {"aws:x": 2**300}}}, "Condition NumericEquals aws:x"),
        (
            {"Condition": {"NumericEquals": {"aws:x": float("inf")}}},
            "Condition NumericEquals aws:x",
        ),
        ({"Sid": 5}, "Sid"),
        ({"Actions": "*"}, "Actions"),
        ({"Principal": "*"}, "Principal"),
        ({"NotPrincipal": "*"}, "NotPrincipal"),
    ],
)
def test_a_statement_that_is_none_is_named_by_its_sid_or_index(
    changes: dict[str, Any], element: str
) -> None:
    for sid, name in (({"Sid": "Reads"}, "Reads"), ({}, 1)):
        error = refused(document(statement(), {**statement(), **sid, **changes}))
        assert (error.statement, error.element) == (1 if "Sid" in changes else name, element)
        assert str(error).startswith(f"Policy reader, statement {error.statement}, {element}: ")


@pytest.mark.parametrize("missing", ["Effect", "Action", "Resource"])
def test_a_statement_needs_its_elements(missing: str) -> None:
    whole = statement()
    error = refused(document({name: value for name, value in whole.items() if name != missing}))
    assert (error.statement, error.element) == (0, missing)


@pytest.mark.parametrize(
    "principal",
    [
        None,
        [],
        "arn:aws:iam::111122223333:root",
        ["*"],
        {},
        {"AWS": []},
        {"AWS": [5]},
        {"Aws": "*"},
        5,
    ],
)
def test_a_resource_policy_needs_a_principal_of_the_right_form(principal: Any) -> None:
    for element in ("Principal", "NotPrincipal"):
        error = refused(document(statement(**{element: principal})), PolicyKind.RESOURCE)
        assert (error.statement, error.element) == (0, element)
    assert refused(document(statement()), PolicyKind.RESOURCE).element == "Principal"
    both = statement(Principal="*", NotPrincipal="*")
    assert refused(document(both), PolicyKind.RESOURCE).element == "Principal"


@pytest.mark.parametrize("kind", [PolicyKind.IDENTITY, PolicyKind.RESOURCE])
def test_only_key_and_trust_policies_may_lack_a_resource(kind: PolicyKind) -> None:
    bare = {
        "Effect": "Allow",
        "Action": "*",
        **({"Principal": "*"} if kind is PolicyKind.RESOURCE else {}),
    }
    assert refused(document(bare), kind).element == "Resource"


def test_one_statement_may_stand_without_a_list() -> None:
    policy = {"Version": "2012-10-17", "Id": "x", "Statement": statement()}
    assert len(parse_policy("reader", policy).statements) == 1
    assert parse_policy("reader", json.dumps(policy)) == parse_policy("reader", policy)


@pytest.mark.parametrize(
    "policy",
    [
        document(statement(action=["*"] * 270_000)),
        document(statement(resource="arn:" + "a" * 5_000)),
        document(*[statement(resource="arn:" + "*a" * 2_000)] * 100),
        json.dumps(document(statement())) + " " * 600_000,
        document(statement(Condition={"StringLike": {"aws:x": ["*a" * 2_000] * 100}})),
    ],
)
def test_a_policy_larger_than_any_that_aws_takes_is_refused_quickly(policy: Any) -> None:
    started = time.process_time()
    assert refused(policy).reason == "larger than any policy of AWS"
    assert time.process_time() - started < 5


def test_the_largest_policies_with_deep_conditions_are_decided_in_bounded_time() -> None:
    # About 10 KB in one condition.
    patterns = ["*" + "a*?" * 40 + str(number) for number in range(70)]
    conditions = {
        operator: {"aws:PrincipalTag/x": patterns}
        for operator in ("StringLike", "ForAnyValue:StringNotLike")
    }
    policy = parse_policy("large", document(statement(Condition=conditions)))
    started = time.process_time()
    tagged = Request(SESSION, GET, SECRET, ACCOUNT, {"aws:PrincipalTag/x": "a" * 4_000}, (policy,))
    assert evaluate(tagged).decision == "ImplicitlyDenied"
    assert time.process_time() - started < 5


def test_markup_in_a_policy_stays_as_it_is() -> None:
    markup = "<script>alert(1)</script>"
    policy = document(statement(Sid=markup, Condition={"StringEquals": {markup: markup}}))
    (result,) = evaluate(ask(policy)).statements
    assert (result.sid, result.unmet[0].key, result.unmet[0].wanted) == (markup, markup, (markup,))


ELEMENTS = (
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Action",
    "Resource",
    "Principal",
    "Condition",
    "AWS",
    "Bool",
)


@given(VALUES)
def test_any_json_is_parsed_or_refused(text: str) -> None:
    _parse_anything(text)


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.floats(),
            st.integers(),
            st.sampled_from(("*", "Allow", "2012-10-17", "a:b")),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(ELEMENTS), inner)
        ),
        max_leaves=20,
    )
)
def test_any_document_that_looks_like_a_policy_is_parsed_or_refused(policy: Any) -> None:
    _parse_anything(policy)


def _parse_anything(policy: Any) -> None:
    for kind in PolicyKind:
        try:
            parsed = parse_policy("any", policy, kind)
        except MalformedPolicy:
            continue
        layer = (
            {"resource_policy": parsed}
            if kind.is_attached_to_a_resource
            else {"identity_policies": (parsed,)}
        )
        evaluation = evaluate(Request(SESSION, GET, SECRET, ACCOUNT, **layer))
        assert len(evaluation.statements) == len(parsed.statements)


@pytest.mark.parametrize("name", ["GetSecretValue", "secretsmanager:", "", "access-analyzer:List "])
def test_an_action_that_is_no_action_matches_nothing_and_is_named(name: str) -> None:
    good = "secretsmanager:GetSecretValue"
    [parsed] = parse_policy("reader", document(statement(action=[name, good]))).statements
    assert parsed.actions.malformed == (name,)
    assert parsed.actions.matches(good.lower())
    assert not parsed.actions.matches(name.casefold())
    spared = {"Effect": "Deny", "NotAction": [name, good], "Resource": "*"}
    [negated] = parse_policy("reader", document(spared)).statements
    assert negated.actions.malformed == (name,)
    assert not negated.actions.matches(good.lower())


@pytest.mark.slow
def test_every_policy_that_aws_manages_parses() -> None:
    """moto brings AWS's own managed policies, which are not held to a customer's quota."""
    policies = json.loads(aws_managed_policies_data)
    assert len(policies) > 1_000
    longest = 0
    for name, policy in policies.items():
        parsed = parse_policy(name, policy["Document"])
        assert parsed.statements
        assert [s.actions.malformed for s in parsed.statements if s.actions.malformed] == []
        longest = max(longest, len(json.dumps(policy["Document"])))
    assert longest > 65_536


VARIABLES = {
    "Effect": "Allow",
    "Action": "secretsmanager:*",
    "Resource": ["arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*", "*"],
    "Condition": {
        "StringLike": {"aws:userid": ["*:${ AWS:SourceIdentity , 'nobody'}${*}", "plain"]},
        "StringEquals": {"aws:PrincipalOrgID": "o-example"},
    },
}


@pytest.mark.parametrize(
    ("version", "variables"),
    [("2012-10-17", {"aws:principaltag/team", "aws:sourceidentity"}), ("2008-10-17", set())],
)
def test_a_statement_tells_which_keys_it_uses_as_variables(
    version: str, variables: set[str]
) -> None:
    text = json.dumps({"Version": version, "Statement": VARIABLES})
    [only] = parse_policy("p", text, PolicyKind.IDENTITY).statements
    assert only.variables == variables
