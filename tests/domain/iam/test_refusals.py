"""What is said of a policy, a request or a grant that is refused, and where the limits lie."""

import json
import re
from typing import Any

import pytest

from secrets_ui.domain.iam import Grant, MalformedPolicy, MalformedRequest, PolicyKind, parse_policy
from secrets_ui.domain.iam.parse import MAX_POLICY_CHARACTERS
from secrets_ui.domain.iam.reader import MAX_NUMBER_BITS, MAX_VALUE_CHARACTERS
from secrets_ui.domain.iam.wire import answer_line, read_request

from .building import GET, SECRET, SESSION, document, statement

LONG = "x" * 200


def refusal(policy: Any, kind: PolicyKind = PolicyKind.IDENTITY) -> str:
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy("reader", policy, kind)
    return str(caught.value)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (None, "policy: expected an object"),
        ({1: 2}, "policy: expected an object"),
        ("[]", "policy: expected an object"),
        ("[1", "policy: not JSON: Expecting ',' delimiter at line 1, column 3"),
        ("[" * 100_000, "policy: nested too deeply"),
        (b"\xff\xfe\xfd", "policy: not UTF-8 text"),
        ('{"Statement": [' + "9" * 5_000 + "]}", "policy: a number is too large"),
        ('{"Statement": NaN}', "policy: NaN is not a JSON number"),
        (
            json.dumps({LONG: 1})[:-1] + f', "{LONG}": 2}}',
            f"policy: the key '{LONG[:60]}' stands twice in one object",
        ),
        ({LONG: 1}, f"{LONG[:60]}: a policy has no such element"),
        ({"Version": "2012-10-18"}, "Version: expected 2008-10-17 or 2012-10-17"),
        ({"Id": 1, "Statement": []}, "Id: expected text"),
        ({"Version": "2012-10-17"}, "Statement: missing"),
    ],
)
def test_a_policy_is_refused_with_what_is_wrong_outside_its_statements(
    policy: Any, message: str
) -> None:
    assert refusal(policy) == f"Policy reader, {message}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({LONG: 1}, f"{LONG[:60]}: a statement has no such element"),
        ({"Effect": "allow"}, "Effect: expected Allow or Deny"),
        ({"Sid": 5}, "Sid: expected text"),
        ({"Action": []}, "Action: expected at least one value"),
        ({"Action": [5]}, "Action: expected text"),
        (
            {"NotAction": "s3:*"},
            "Action: stands beside NotAction; only one of the two may be there",
        ),
        ({"Principal": "*"}, "Principal: an identity-based policy has no principal"),
        ({"NotPrincipal": "*"}, "NotPrincipal: an identity-based policy has no principal"),
        ({"Resource": []}, "Resource: expected at least one value"),
        ({"Resource": LONG}, f"Resource: expected * or an ARN, not '{LONG[:60]}'"),
        ({"Resource": ""}, "Resource: expected * or an ARN, not ''"),
        ({"Condition": []}, "Condition: expected an object"),
        ({"Condition": {LONG: []}}, f"Condition {LONG[:60]}: expected an object"),
        ({"Condition": {"Bool": {LONG: None}}}, f"Condition Bool {LONG[:120]}: expected text"),
        (
            {"Condition": {LONG: {"aws:x": 2 ** (MAX_NUMBER_BITS + 1)}}},
            f"Condition {LONG[:60]} aws:x: this number is too large",
        ),
        (
            {"Condition": {"Bool": {"aws:x": float("nan")}}},
            "Condition Bool aws:x: not a number that JSON has",
        ),
    ],
)
def test_a_statement_is_refused_with_what_is_wrong_in_it(
    changes: dict[str, Any], message: str
) -> None:
    policy = document(statement(), {**statement(), **changes})
    assert refusal(policy) == f"Policy reader, statement 1, {message}"


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("Effect", "Effect: expected Allow or Deny"),
        ("Action", "Action: missing"),
        ("Resource", "Resource: missing"),
    ],
)
def test_an_element_that_is_missing_is_named(missing: str, message: str) -> None:
    whole = statement(Sid="Reads")
    del whole[missing]
    assert refusal(document(whole)) == f"Policy reader, statement Reads, {message}"


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        ({}, "Principal: missing"),
        ({"Principal": "me"}, 'Principal: expected * or an object such as {"AWS": …}'),
        ({"NotPrincipal": "me"}, 'NotPrincipal: expected * or an object such as {"AWS": …}'),
        ({"Principal": []}, "Principal: expected an object"),
        ({"Principal": {}}, "Principal: expected one of AWS, CanonicalUser, Federated, Service"),
        (
            {"Principal": {"AWS": "*", "aws": "*"}},
            "Principal: expected one of AWS, CanonicalUser, Federated, Service",
        ),
        ({"Principal": {"AWS": []}}, "Principal: expected at least one value"),
        ({"Principal": {"AWS": "*", "Service": 5}}, "Principal: expected text"),
        (
            {"Principal": "*", "NotPrincipal": "*"},
            "Principal: stands beside NotPrincipal; only one of the two may be there",
        ),
    ],
)
def test_a_principal_is_refused_with_what_is_wrong_in_it(
    principal: dict[str, Any], message: str
) -> None:
    policy = document(statement(**principal))
    assert refusal(policy, PolicyKind.RESOURCE) == f"Policy reader, statement 0, {message}"


@pytest.mark.parametrize("sid", ["", "Reads"])
def test_a_statement_is_named_by_its_sid_if_that_says_anything(sid: str) -> None:
    policy = document(statement(), statement(Sid=sid, Effect="allow"))
    assert refusal(policy).startswith(f"Policy reader, statement {sid or 1}, Effect: ")


def test_a_policy_s_text_may_have_twice_as_many_characters_as_its_values() -> None:
    text = json.dumps(document(statement()))
    fits = text.ljust(2 * MAX_POLICY_CHARACTERS)
    assert parse_policy("reader", fits) == parse_policy("reader", text)
    assert refusal(fits + " ").startswith("Policy reader, policy: larger than any policy")


def test_a_value_may_have_so_many_characters_and_no_more() -> None:
    fits = "arn:" + "a" * (MAX_VALUE_CHARACTERS - 4)
    assert parse_policy("reader", document(statement(resource=fits))).statements
    refused = refusal(document(statement(resource=fits + "a")))
    assert refused.startswith("Policy reader, statement 0, Resource: larger than any policy")


def test_all_values_together_may_have_so_many_characters_and_no_more() -> None:
    pieces, left = divmod(MAX_POLICY_CHARACTERS - len(GET), 1_000)
    resources = ["arn:".ljust(1_000, "a")] * pieces + ["arn:".ljust(left, "a")]
    assert parse_policy("reader", document(statement(resource=resources))).statements
    resources[-1] += "a"
    refused = refusal(document(statement(resource=resources)))
    assert refused.startswith("Policy reader, statement 0, Resource: larger than any policy")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2**MAX_NUMBER_BITS - 1, str(2**MAX_NUMBER_BITS - 1)),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        ("True", "True"),
    ],
)
def test_a_condition_s_value_is_read_as_text(value: object, wanted: str) -> None:
    condition = {"StringEquals": {"aws:x": value}}
    (parsed,) = parse_policy("reader", document(statement(Condition=condition))).statements
    assert parsed.conditions[0].wanted == (wanted,)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Operations": "Decrypt"}, "Operations: expected a list of names"),
        ({"Operations": ["Decrypt", 1]}, "Operations: expected a list of names"),
        ({"Constraints": []}, "Constraints: expected objects of text"),
        ({"Constraints": {"a": "x"}}, "Constraints: expected objects of text"),
        ({"Constraints": {"a": {"b": 1}}}, "Constraints: expected objects of text"),
        ({"Constraints": {"a": {1: "b"}}}, "Constraints: expected objects of text"),
        ({"Name": 5}, "Name: expected text"),
        ({"GrantId": 5}, "GrantId: expected text"),
        ({"KeyId": 5}, "KeyId: expected text"),
        ({"GranteePrincipal": 5}, "GranteePrincipal: expected text"),
    ],
)
def test_a_grant_is_refused_with_what_is_wrong_in_it(members: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        Grant.of(members)
    assert str(caught.value) == f"grants: {message}"


def test_a_grant_of_which_nothing_is_told_names_nobody_and_nothing() -> None:
    assert Grant.of({}) == Grant("", "", "", frozenset(), {})


def asked(**changes: Any) -> dict[str, Any]:
    members = {"principal": SESSION, "action": GET, "resource": SECRET}
    return {name: value for name, value in {**members, **changes}.items() if value != "absent"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"principal": "absent"}, "principal: expected text"),
        ({"action": "absent"}, "action: expected text"),
        ({"action": "GetSecretValue"}, "action: expected service:Action"),
        ({"action": "secretsmanager:"}, "action: expected service:Action"),
        ({"action": ":GetSecretValue"}, "action: expected service:Action"),
        ({"resource": "absent"}, "resource: expected text"),
        ({"resource": "*"}, "resourceAccount: expected text"),
        ({"resource": "arn:aws:kms:us-west-2:111122223333"}, "resourceAccount: expected text"),
        ({"resourceAccount": 1}, "resourceAccount: expected text"),
        ({"context": []}, "context: expected an object"),
        ({"context": {LONG: None}}, f"context: {LONG[:60]}: expected text or a list of text"),
        (
            {"context": {LONG: ["x" * (MAX_VALUE_CHARACTERS + 1)]}},
            f"context: {LONG[:60]}: longer than {MAX_VALUE_CHARACTERS} characters",
        ),
        ({"identityPolicies": {}}, "identityPolicies: expected a list"),
        ({"identityPolicies": [5]}, "identityPolicies: expected an object"),
        ({"identityPolicies": [{}]}, "identityPolicies name: expected text"),
        ({"identityPolicies": [{"name": "n"}]}, "Policy n, policy: expected an object"),
        ({"permissionBoundaries": 5}, "permissionBoundaries: expected a list"),
        ({"permissionBoundaries": [5]}, "permissionBoundaries: expected an object"),
        ({"permissionBoundaries": [{}]}, "permissionBoundaries name: expected text"),
        ({"resourcePolicy": {}}, "Policy resource, Statement: missing"),
        ({"grants": 5}, "grants: expected a list"),
        ({"grants": [5]}, "grants: expected an object"),
        ({"unknownContextKeys": 5}, "unknownContextKeys: expected a list"),
        ({"unknownContextKeys": [""]}, "unknownContextKeys: expected text"),
        ({"unreadableLayers": 5}, "unreadableLayers: expected a list"),
        ({"unreadableLayers": [5]}, "unreadableLayers: expected text"),
        (
            {"unreadableLayers": ["scp", "kms"]},
            "unreadableLayers: expected some of "
            "rcp, scp, endpoint, resource, grant, identity, boundary, session",
        ),
    ],
)
def test_a_request_is_refused_with_what_is_wrong_in_it(
    changes: dict[str, Any], message: str
) -> None:
    answer = answer_line(json.dumps(asked(id=7, **changes)))
    assert answer.is_error
    assert (answer.document["id"], answer.document["error"]) == (7, message)


def test_a_principal_that_is_no_caller_s_arn_is_refused() -> None:
    answer = answer_line(json.dumps(asked(principal="me")))
    assert re.fullmatch(
        r"principal: expected the ARN of a role, [a-z ',IAM]* user", str(answer.document["error"])
    )


def test_what_is_no_request_is_refused() -> None:
    assert answer_line("5") == answer_line("[]")
    assert answer_line("5").document == {"id": None, "error": "request: expected an object"}
    cut_off = answer_line('{"id": 1')
    assert cut_off.document["error"] == (
        "request: not JSON: Expecting ',' delimiter at line 1, column 9"
    )
    assert cut_off.is_error is answer_line("5").is_error is True
    assert answer_line(json.dumps(asked())).is_error is False


def test_a_malformed_policy_of_a_request_is_named_in_members_of_their_own() -> None:
    policy = document(statement(Sid="Reads", Effect="allow"))
    listed = [{"name": "reader", "policy": policy}]
    answer = answer_line(json.dumps(asked(id="x", identityPolicies=listed)))
    assert answer.is_error
    assert answer.document == {
        "id": "x",
        "error": "Policy reader, statement Reads, Effect: expected Allow or Deny",
        "policy": "reader",
        "statement": "Reads",
        "element": "Effect",
    }


def test_a_request_is_read_as_it_was_written() -> None:
    values = {"a": "x" * MAX_VALUE_CHARACTERS, "b": ["1", 2, True], "c": False, "d": 1.5}
    policies = [{"name": name, "policy": document(statement())} for name in ("one", "two")]
    request = read_request(
        asked(
            context=values,
            identityPolicies=policies,
            permissionBoundaries=policies[:1],
            grants=[{"GrantId": "g1"}, {"GrantId": "g2"}],
            unknownContextKeys=["e", "f"],
            unreadableLayers=["grant", "scp"],
        )
    )
    assert (request.principal, request.action, request.resource) == (SESSION, GET, SECRET)
    assert request.resource_account == SECRET.split(":")[4]
    assert request.context == {**values, "b": ("1", "2", "true"), "c": "false", "d": "1.5"}
    assert [policy.name for policy in request.identity_policies] == ["one", "two"]
    assert [policy.name for policy in request.permission_boundaries] == ["one"]
    assert [grant.name for grant in request.grants] == ["g1", "g2"]
    assert request.resource_policy is None
    assert request.unknown_context_keys == {"e", "f"}
    assert request.unreadable_layers == {"grant", "scp"}
    assert read_request(asked(resourceAccount="1" * 12)).resource_account == "1" * 12
