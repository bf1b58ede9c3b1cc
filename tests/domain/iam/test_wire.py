"""The JSON form: every line gets an answer, whatever it holds."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.iam import Layer
from secrets_ui.domain.iam.wire import answer_line, read_request
from tests.domain.strategies import ANY_TEXT, VALUES

from .building import (
    ACCOUNT,
    DECRYPT,
    GET,
    KEY,
    OTHER_ACCOUNT,
    ROLE,
    ROOT,
    SECRET,
    SESSION,
    document,
    statement,
)


def asked(**members: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": "a",
        "principal": SESSION,
        "action": GET,
        "resource": SECRET,
        "resourceAccount": ACCOUNT,
        "context": {},
        "identityPolicies": [{"name": "reader", "policy": document(statement(Sid="Read"))}],
        "permissionBoundaries": [],
        "resourcePolicy": None,
    }
    return {**found, **members}


def answered(line: Any) -> dict[str, Any]:
    text = line if isinstance(line, str | bytes) else json.dumps(line)
    found: dict[str, Any] = json.loads(answer_line(text).line)
    return found


def test_an_answer_has_the_form_that_the_readme_gives() -> None:
    place = {"layer": "identity", "policy": "reader", "sid": "Read", "index": 0, "effect": "Allow"}
    parts = {
        "matches": True,
        "action": True,
        "resource": True,
        "condition": True,
        "failingConditions": [],
    }
    assert answered(asked()) == {
        "id": "a",
        "decision": "Allowed",
        "layers": {"identity": "Allowed"},
        "deciding": [place],
        "statements": [{**place, **parts}],
    }


def test_a_resource_policys_statements_say_how_they_name_the_caller() -> None:
    principals = ["*", {"AWS": SESSION}, {"AWS": ROLE}, {"AWS": ROOT}, {"AWS": OTHER_ACCOUNT}]
    policy = document(*[statement(Principal=principal) for principal in principals])
    listed = [
        s for s in answered(asked(resourcePolicy=policy))["statements"] if s["layer"] == "resource"
    ]
    assert [found["principal"] for found in listed] == ["direct", "direct", "role", "account", None]
    assert {found["policy"] for found in listed} == {"resource"}


def test_what_cannot_be_known_is_null_and_said() -> None:
    condition = {
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    policies = [{"name": "reader", "policy": document(statement(Condition=condition))}]
    context = {"aws:SecureTransport": True}
    answer = answered(
        asked(identityPolicies=policies, context=context, unknownContextKeys=["aws:SourceIp"])
    )
    (found,) = answer["statements"]
    assert (answer["decision"], found["matches"], found["condition"]) == (
        "Undetermined",
        None,
        None,
    )
    assert found["failingConditions"] == []
    assert answer["undetermined"] == [
        "identity policy reader, statement 0: The value of aws:SourceIp is not known here."
    ]


def test_a_grant_that_decides_is_among_the_deciding() -> None:
    key_policy = document(statement(action="kms:*", Principal={"AWS": ROOT}))
    grants = [{"GrantId": "g1", "GranteePrincipal": ROLE, "Operations": ["Decrypt"]}]
    answer = answered(asked(action=DECRYPT, resource=KEY, resourcePolicy=key_policy, grants=grants))
    assert answer["decision"] == "Allowed"
    assert {"layer": "grant", "policy": "g1", "sid": None, "index": 0, "effect": "Allow"} in answer[
        "deciding"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"context": None},
        {"identityPolicies": [{"name": "reader", "policy": json.dumps(document(statement()))}]},
        {"resourceAccount": None},
        {"permissionBoundaries": None, "grants": None, "title": "read"},
        {"endpointPolicy": None},
        {"sessionPolicy": None, "serviceControlPolicies": None, "resourceControlPolicies": []},
    ],
)
def test_members_that_may_be_absent_or_written_otherwise(changes: dict[str, Any]) -> None:
    assert answered(asked(**changes))["decision"] == "Allowed"


@pytest.mark.parametrize("member", ["sessionpolicy", "Context", "permissionBoundary", "x" * 90])
def test_a_member_that_no_request_has_is_an_error_that_names_it(member: str) -> None:
    error = answered(asked(**{member: None}))["error"]
    assert error == f"{member[:60]}: a request has no such member"


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_policies_of_session_endpoint_and_organization_are_read(effect: str) -> None:
    policy = document(statement(effect, action="secretsmanager:*"))
    level = [{"orgIdentifier": "o-1", "policies": [{"name": "guard", "policy": policy}]}]
    of_resource = document(statement(effect, action="secretsmanager:*", Principal="*"))
    rcp = [{"orgIdentifier": "o-1", "policies": [{"name": "guard", "policy": of_resource}]}]
    decision = {"Allow": "Allowed", "Deny": "ExplicitlyDenied"}[effect]
    for member, value, layer, name in (
        ("sessionPolicy", policy, "session", "session"),
        ("endpointPolicy", of_resource, "endpoint", "endpoint"),
        ("serviceControlPolicies", level, "scp", "guard"),
        ("resourceControlPolicies", rcp, "rcp", "guard"),
    ):
        answer = answered(asked(**{member: value}))
        assert (answer["decision"], answer["layers"][layer]) == (decision, decision)
        assert {"layer": layer, "policy": name} in [
            {key: entry[key] for key in ("layer", "policy")} for entry in answer["statements"]
        ]


def test_a_malformed_action_is_named_with_its_statement() -> None:
    bad = document(statement(action=["secretsmanager:GetSecretValue", "s3:Get "]))
    answer = answered(asked(identityPolicies=[{"name": "reader", "policy": bad}]))
    assert answer["decision"] == "Allowed"
    assert next(entry.get("malformedActions") for entry in answer["statements"]) == ["s3:Get "]


def test_the_resources_arn_tells_its_account_where_nobody_says() -> None:
    document = asked(resource=SECRET.replace(ACCOUNT, OTHER_ACCOUNT))
    del document["resourceAccount"]
    assert read_request(document).resource_account == OTHER_ACCOUNT


def test_unreadable_layers_are_taken_by_name() -> None:
    assert read_request(asked(unreadableLayers=["boundary"])).unreadable_layers == {Layer.BOUNDARY}


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"principal": None}, "principal: expected text"),
        ({"principal": ROOT}, "principal: expected the ARN"),
        ({"action": "GetSecretValue"}, "action: expected service:Action"),
        ({"action": ":"}, "action: expected service:Action"),
        ({"action": [GET]}, "action: expected text"),
        ({"resource": ""}, "resource: expected text"),
        ({"resource": "miyabi", "resourceAccount": None}, "resourceAccount: expected text"),
        ({"resourceAccount": 111122223333}, "resourceAccount: expected text"),
        ({"context": []}, "context: expected an object"),
        ({"context": {"aws:x": None}}, "context: aws:x: expected text"),
        ({"context": {"aws:x": [["y"]]}}, "context: aws:x: expected text"),
        ({"context": {"aws:x": "y" * 5_000}}, "context: aws:x: longer than"),
        ({"identityPolicies": {}}, "identityPolicies: expected a list"),
        ({"identityPolicies": [5]}, "identityPolicies: expected an object"),
        ({"identityPolicies": [{"policy": {}}]}, "identityPolicies name: expected text"),
        ({"identityPolicies": [{"name": "n"}]}, "Policy n, policy: expected an object"),
        ({"resourcePolicy": {}}, "Policy resource, Statement: missing"),
        ({"resourcePolicy": False}, "Policy resource, policy: expected an object"),
        ({"grants": [5]}, "grants: expected an object"),
        ({"unreadableLayers": ["somewhere"]}, "unreadableLayers: expected some of"),
        ({"unknownContextKeys": "aws:x"}, "unknownContextKeys: expected a list"),
    ],
)
def test_a_request_of_another_form_is_answered_with_an_error_and_its_id(
    changes: dict[str, Any], begins: str
) -> None:
    answer = answered(asked(**changes))
    assert answer["id"] == "a"
    assert answer["error"].startswith(begins)
    assert "decision" not in answer
    assert answer_line(json.dumps(asked(**changes))).is_error


def test_a_malformed_policy_is_named_in_members_of_their_own() -> None:
    bad = document(statement(), statement(Sid="Writes", Action=[]))
    answer = answered(asked(identityPolicies=[{"name": "writer", "policy": bad}]))
    assert (answer["policy"], answer["statement"], answer["element"]) == (
        "writer",
        "Writes",
        "Action",
    )


@pytest.mark.parametrize(
    ("line", "ident", "reason"),
    [
        ("", None, "not JSON"),
        ("{", None, "not JSON"),
        ("[]", None, "expected an object"),
        ("null", None, "expected an object"),
        (b"\xff\xff", None, "not UTF-8 text"),
        ('{"id": "x", "action": "a", "action": "b"}', "x", "the key 'action' stands twice"),
        ('{"id": "x", "context": {"a": NaN}}', "x", "NaN is not a JSON number"),
        ('{"id": "x", "context": ' + "9" * 5_000 + "}", None, "a number is too large"),
        ('{"id": "x", "context": ' + "[" * 200_000, None, "nested too deeply"),
        ('{"id": {"a": "b"}}', None, "action: expected text"),
    ],
)
def test_a_line_that_cannot_be_read_is_answered(
    line: str | bytes, ident: str | None, reason: str
) -> None:
    answer = answered(line)
    assert answer["id"] == ident
    assert reason in answer["error"]


@given(st.one_of(VALUES, ANY_TEXT, st.binary(max_size=60)))
def test_any_line_is_answered(line: str | bytes) -> None:
    assert set(answered(line)) >= {"id"}


@given(st.sampled_from(sorted(asked())), VALUES)
def test_a_request_with_any_value_in_any_member_is_answered(member: str, value: str) -> None:
    members = [
        f"{json.dumps(name)}: {json.dumps(found)}"
        for name, found in asked().items()
        if name != member
    ]
    line = "{" + ", ".join([*members, f"{json.dumps(member)}: {value}"]) + "}"
    assert {"decision", "error"} & set(answered(line))


def test_a_huge_request_is_answered_in_bounded_time() -> None:
    many = [{"name": "n", "policy": document(*[statement(action=["a:*"] * 5)] * 200)}] * 20
    started = time.process_time()
    assert answered(asked(identityPolicies=many))["decision"] == "ImplicitlyDenied"
    assert time.process_time() - started < 10


def test_a_key_can_be_present_with_a_value_that_nobody_knows() -> None:
    def decision(operator: str, value: str) -> str:
        condition = {operator: {"aws:TokenIssueTime": value}}
        policies = [{"name": "reader", "policy": document(statement(Condition=condition))}]
        line = asked(identityPolicies=policies, presentContextKeys=["aws:TokenIssueTime"])
        return str(answered(line)["decision"])

    assert decision("Null", "false") == "Allowed"
    assert decision("Null", "true") == "ImplicitlyDenied"
    assert decision("DateGreaterThan", "2026-01-01") == "Undetermined"
