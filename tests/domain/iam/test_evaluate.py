"""How the layers come together, what the answer holds, and what is not known."""

from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.iam import Layer, PolicyKind, evaluate, parse_policy

from .building import (
    ACCOUNT,
    DECRYPT,
    GET,
    OTHER_ACCOUNT,
    ROLE,
    ROOT,
    SECRET,
    SESSION,
    ask,
    decide,
    document,
    statement,
)

READ = document(statement())
LOGS = document(statement(action="logs:*"))
NO = document(statement("Deny"))


def of_secret(principal: Any, effect: str = "Allow", action: str = GET) -> dict[str, Any]:
    return document(statement(effect, action, Principal=principal))


def test_everything_starts_denied() -> None:
    evaluation = evaluate(ask())
    assert (evaluation.decision, evaluation.statements, evaluation.deciding) == (
        "ImplicitlyDenied",
        (),
        (),
    )
    assert evaluation.layers == {Layer.IDENTITY: "ImplicitlyDenied"}
    assert not evaluation.is_allowed


@pytest.mark.parametrize("layer", ["identity", "boundary", "resource_policy"])
def test_one_deny_in_any_layer_ends_it(layer: str) -> None:
    open_layers = {"boundary": document(statement(action="*")), "resource_policy": of_secret("*")}
    policies: dict[str, Any] = {"identity": READ, **open_layers}
    policies[layer] = of_secret("*", "Deny") if layer == "resource_policy" else NO
    evaluation = evaluate(ask(policies.pop("identity"), **policies))
    assert evaluation.decision == "ExplicitlyDenied"
    assert {result.effect for result in evaluation.deciding} == {"Deny"}


@pytest.mark.parametrize(
    ("principal", "identity", "boundary", "decision"),
    [
        (ROLE, None, None, "Allowed"),
        (ROLE, None, READ, "Allowed"),
        (ROLE, READ, LOGS, "ImplicitlyDenied"),
        (SESSION, None, LOGS, "Allowed"),
        ("*", None, LOGS, "Allowed"),
        (ACCOUNT, None, None, "ImplicitlyDenied"),
        (ACCOUNT, READ, LOGS, "ImplicitlyDenied"),
        (ACCOUNT, READ, READ, "Allowed"),
        (OTHER_ACCOUNT, READ, READ, "Allowed"),
        (OTHER_ACCOUNT, None, READ, "ImplicitlyDenied"),
    ],
)
def test_same_account_by_whom_the_secrets_policy_names(
    principal: str, identity: Any, boundary: Any, decision: str
) -> None:
    policies = [identity] if identity else []
    found = decide(*policies, boundary=boundary, resource_policy=of_secret({"AWS": principal}))
    assert found == decision


@pytest.mark.parametrize(
    ("principal", "identity", "boundary", "decision"),
    [
        (ROLE, READ, None, "Allowed"),
        (SESSION, READ, None, "Allowed"),
        ("*", READ, READ, "Allowed"),
        (ACCOUNT, READ, None, "Allowed"),
        (SESSION, None, None, "ImplicitlyDenied"),
        ("*", None, None, "ImplicitlyDenied"),
        (SESSION, READ, LOGS, "ImplicitlyDenied"),
        (OTHER_ACCOUNT, READ, None, "ImplicitlyDenied"),
    ],
)
def test_cross_account_needs_both_sides(
    principal: str, identity: Any, boundary: Any, decision: str
) -> None:
    policies = [identity] if identity else []
    found = decide(
        *policies,
        boundary=boundary,
        resource_policy=of_secret({"AWS": principal}),
        resource=SECRET.replace(ACCOUNT, OTHER_ACCOUNT),
        resource_account=OTHER_ACCOUNT,
    )
    assert found == decision


@pytest.mark.parametrize(
    ("principal", "identity", "decision"),
    [
        (ROLE, False, "Allowed"),
        (SESSION, False, "Allowed"),
        (ROOT, False, "ImplicitlyDenied"),
        (ROOT, True, "Allowed"),
        (OTHER_ACCOUNT, True, "ImplicitlyDenied"),
        (f"{ROLE}-2", True, "ImplicitlyDenied"),
    ],
)
def test_a_key_policy_must_allow_itself_or_hand_the_question_to_iam(
    principal: str, identity: bool, decision: str
) -> None:
    policies = [document(statement(action=DECRYPT))] if identity else []
    assert (
        decide(
            *policies, action=DECRYPT, resource_policy=of_secret({"AWS": principal}, action="kms:*")
        )
        == decision
    )


@pytest.mark.parametrize(
    ("principal", "identity", "decision"), [(ROLE, False, "Allowed"), (ROOT, True, "Allowed")]
)
def test_a_trust_policy_has_the_same_rules_and_no_resource(
    principal: str, identity: bool, decision: str
) -> None:
    assume = "sts:AssumeRole"
    trust = document({"Effect": "Allow", "Action": assume, "Principal": {"AWS": principal}})
    asked = {"action": assume, "resource": f"arn:aws:iam::{ACCOUNT}:role/miyabi-console"}
    policies = [document(statement(action=assume))] if identity else []
    assert decide(*policies, resource_policy=trust, **asked) == decision
    assert decide(document(statement(action=assume)), **asked) == "Undetermined"


@pytest.mark.parametrize("action", ["kms:ListKeys", "sts:GetCallerIdentity"])
def test_what_is_asked_of_no_key_and_no_role_is_for_iam_alone(action: str) -> None:
    assert decide(document(statement(action=action)), action=action, resource="*") == "Allowed"


@pytest.mark.parametrize("missing", ["Action", "Resource"])
def test_a_key_policys_statement_without_action_or_resource_has_no_effect(missing: str) -> None:
    whole = statement(action="kms:*", Principal={"AWS": ROLE})
    part = {name: value for name, value in whole.items() if name != missing}
    assert decide(action=DECRYPT, resource_policy=document(whole)) == "Allowed"
    assert decide(action=DECRYPT, resource_policy=document(part)) == "ImplicitlyDenied"


def test_the_layers_say_what_each_one_says() -> None:
    evaluation = evaluate(ask(READ, boundary=LOGS, resource_policy=of_secret({"AWS": ROOT})))
    assert evaluation.layers == {
        Layer.IDENTITY: "Allowed",
        Layer.BOUNDARY: "ImplicitlyDenied",
        Layer.RESOURCE: "AllowedForAccount",
    }
    denied = evaluate(ask(READ, resource_policy=of_secret({"AWS": ROOT}, "Deny")))
    assert denied.layers[Layer.RESOURCE] == "DeniedForAccount"
    both = document(statement("Deny", Principal={"AWS": ROOT}), statement("Deny", Principal="*"))
    assert evaluate(ask(READ, resource_policy=both)).layers[Layer.RESOURCE] == "ExplicitlyDenied"


def test_every_part_of_a_statement_is_shown_also_after_one_that_fails() -> None:
    policy = document(
        statement(
            action="s3:*", resource="arn:aws:s3:::b", Sid="S3", Condition={"Null": {"a:b": "true"}}
        )
    )
    (result,) = evaluate(ask(policy)).statements
    assert (result.sid, result.statement.index, result.effect, result.policy) == (
        "S3",
        0,
        "Allow",
        "identity0",
    )
    assert (result.matches, result.action, result.resource, result.condition) == (
        False,
        False,
        False,
        True,
    )
    assert result.statement.document["Resource"] == "arn:aws:s3:::b"
    assert result.location == "identity policy identity0, statement S3"


def test_all_statements_that_decide_are_listed_in_every_layer() -> None:
    evaluation = evaluate(
        ask(
            document(statement(), statement(action="*")),
            boundary=READ,
            resource_policy=of_secret({"AWS": ROOT}),
        )
    )
    places = [
        (result.layer, result.policy, result.statement.index) for result in evaluation.deciding
    ]
    assert sorted(places) == [
        ("boundary", "boundary", 0),
        ("identity", "identity0", 0),
        ("identity", "identity0", 1),
        ("resource", "resource", 0),
    ]


ALL = parse_policy("FullAWSAccess", document(statement(action="*")))
READ_POLICY, LOGS_POLICY = parse_policy("read", READ), parse_policy("logs", LOGS)
ALL_RESOURCES = parse_policy("RCPFullAWSAccess", of_secret("*", action="*"), PolicyKind.RESOURCE)
NO_PLAIN_HTTP = parse_policy(
    "tls",
    document(
        statement(
            "Deny", "*", Principal="*", Condition={"BoolIfExists": {"aws:SecureTransport": "false"}}
        )
    ),
    PolicyKind.RESOURCE,
)


@pytest.mark.parametrize(
    ("limits", "decision"),
    [
        ({"service_control_policies": ((ALL,), (READ_POLICY, LOGS_POLICY))}, "Allowed"),
        ({"service_control_policies": ((ALL,), (LOGS_POLICY,))}, "ImplicitlyDenied"),
        ({"resource_control_policies": ((ALL_RESOURCES,),)}, "Allowed"),
        ({"resource_control_policies": ((ALL_RESOURCES, NO_PLAIN_HTTP),)}, "ExplicitlyDenied"),
        ({"session_policies": (LOGS_POLICY, READ_POLICY)}, "Allowed"),
        ({"session_policies": (LOGS_POLICY,)}, "ImplicitlyDenied"),
        ({"unreadable_layers": frozenset({Layer.SCP})}, "Undetermined"),
        ({"endpoint_policy": ALL_RESOURCES}, "Allowed"),
        ({"endpoint_policy": NO_PLAIN_HTTP}, "ExplicitlyDenied"),
        ({"unreadable_layers": frozenset({Layer.ENDPOINT})}, "Undetermined"),
    ],
)
def test_control_policies_and_session_policies_limit(limits: dict[str, Any], decision: str) -> None:
    assert decide(READ, context={"aws:SecureTransport": "false"}, **limits) == decision


@pytest.mark.parametrize(
    ("principal", "decision"),
    [
        ("*", "Allowed"),
        ({"AWS": ROLE}, "Allowed"),
        ({"AWS": ROOT}, "Allowed"),
        ({"AWS": f"{ROLE}-2"}, "ImplicitlyDenied"),
    ],
)
def test_an_endpoint_policy_limits_whatever_else_allows(principal: Any, decision: str) -> None:
    """Also what the secret's own policy gives to this very session."""
    policy = parse_policy("vpce-1", of_secret(principal), PolicyKind.RESOURCE)
    for request in (ask(READ), ask(resource_policy=of_secret({"AWS": SESSION}))):
        assert evaluate(replace(request, endpoint_policy=policy)).decision == decision


def test_a_control_policy_limits_what_a_session_policy_does_not() -> None:
    request = ask(resource_policy=of_secret({"AWS": SESSION}))
    assert evaluate(replace(request, session_policies=(LOGS_POLICY,))).decision == "Allowed"
    assert (
        evaluate(replace(request, service_control_policies=((LOGS_POLICY,),))).decision
        == "ImplicitlyDenied"
    )


@pytest.mark.parametrize(
    ("layer", "identity", "boundary", "decision"),
    [
        ("identity", None, None, "Undetermined"),
        ("identity", None, LOGS, "ImplicitlyDenied"),
        ("identity", NO, None, "ExplicitlyDenied"),
        ("boundary", READ, None, "Undetermined"),
        ("boundary", None, None, "ImplicitlyDenied"),
        ("resource", None, None, "Undetermined"),
        ("resource", READ, None, "Undetermined"),
        ("resource", None, LOGS, "Undetermined"),
        ("grant", None, None, "Undetermined"),
    ],
)
def test_a_layer_that_could_not_be_read_may_allow_and_may_deny(
    layer: str, identity: Any, boundary: Any, decision: str
) -> None:
    policies = [identity] if identity else []
    evaluation = evaluate(
        ask(*policies, boundary=boundary, unreadable_layers=frozenset({Layer(layer)}))
    )
    assert evaluation.decision == decision
    assert bool(evaluation.missing) == (decision == "Undetermined")
    if decision != "ExplicitlyDenied" or layer != "identity":
        assert evaluation.layers[Layer(layer)] == "Undetermined"


def test_an_allow_that_was_read_stands_beside_policies_that_were_not() -> None:
    evaluation = evaluate(ask(READ, unreadable_layers=frozenset({Layer.IDENTITY})))
    assert evaluation.decision == "Undetermined"  # what was not read may still deny
    assert evaluation.missing == ("Not known: the identity policies.",)


def test_a_what_if_is_the_same_request_with_another_policy() -> None:
    request = ask(LOGS)
    assert evaluate(request).decision == "ImplicitlyDenied"
    assert evaluate(replace(request, identity_policies=(READ_POLICY,))).decision == "Allowed"


def test_a_layer_that_allows_and_may_deny_is_undetermined() -> None:
    from_office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    policy = document(statement(), statement("Deny", Condition=from_office))
    request = ask(policy, unknown_context_keys=frozenset({"aws:SourceIp"}))
    evaluation = evaluate(request)
    assert evaluation.layers[Layer.IDENTITY] == "Undetermined"
    assert evaluation.decision == "Undetermined"
    assert evaluation.request is request


@pytest.mark.parametrize(
    ("rcp", "expected"), [("Allow", "Undetermined"), ("Deny", "ExplicitlyDenied")]
)
def test_an_rcp_that_was_not_read_may_deny_and_one_that_denies_does(
    rcp: str, expected: str
) -> None:
    level = (parse_policy("rcp", document(statement(rcp, Principal="*")), PolicyKind.RESOURCE),)
    request = ask(
        document(statement()),
        resource_control_policies=(level,),
        unreadable_layers=frozenset({Layer.RCP}),
    )
    assert evaluate(request).decision == expected
