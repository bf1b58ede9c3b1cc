"""Whose role signs a call to AWS, in whose name, and what its session's policy allows.

Row S48 of the security requirements.
"""

import json

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.iam import Request, evaluate, parse_policy
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services.changes.settle import settle_audit, sweep_labels
from secrets_ui.services.configuration import get_environment
from testkit.intents import intend
from testkit.posting import prod_rules, save_key
from testkit.recording_aws import Call
from tests.conftest import Estate, SignedIn, Watched

pytestmark = pytest.mark.django_db
ENVIRONMENTS = ("dev", "staging", "prod")


def test_s48_each_environment_s_calls_are_signed_by_its_own_role_in_the_person_s_name(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws = watched()
    for name in ("hana", "kenji"):
        client = signed_in("editor", name=name)
        for environment in ENVIRONMENTS:
            aws.received.clear()
            save_key(
                client,
                estate,
                environment,
                "config",
                "MIYABI_ROOT",
                f"/{name}",
                **prod_rules(f"miyabi/{environment}/config"),
            )
            role = estate.environments[environment].assume_role
            calls = [call for call in aws.received if call.operation != "AssumeRole"]
            assert "PutSecretValue" in [call.operation for call in calls]
            assert {call.session for call in calls} == {f"{role} as {name}"}


def test_s48_a_role_is_assumed_once_for_a_person_and_what_a_request_does(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws = watched()
    client = signed_in("viewer", name="hana kato")
    for _ in range(2):
        aws.received.clear()
        for environment in ENVIRONMENTS:
            client.get(f"/{environment}/")
            client.get(f"/{environment}/secret/miyabi/{environment}/config")
    assert "AssumeRole" not in aws.operations()
    for call in aws.received:
        assert call.assumed["RoleSessionName"] == call.assumed["SourceIdentity"] == "hana=20kato"
        assert call.assumed["RoleArn"] in {
            place.assume_role for place in estate.environments.values()
        }


def test_s48_each_call_is_allowed_by_its_session_s_policy_and_a_call_on_a_neighbour_is_not(
    watched: Watched, signed_in: SignedIn
) -> None:
    """Reads session policies off the local AWS, and evaluates each call against its own."""
    estate, aws = watched(only=("dev",), dev=Rules(second_person=True))
    client, name = signed_in("editor", "dev", name="hana"), "miyabi/dev/config"
    for path in ("/dev/", f"/dev/secret/{name}", f"/dev/troubleshoot/{name}"):
        b"".join(client.get(path))
    save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/mine")
    client.get("/dev/changes")
    calls = [
        call
        for call in aws.received
        if call.operation != "AssumeRole" and not call.operation.startswith("GET ")
    ]

    assert {"ListSecrets", "GetSecretValue", "PutSecretValue", "GetRole"} <= {
        call.operation for call in calls
    }
    for call in calls:
        assert holds(call, estate, str(call.body.get("SecretId", ""))), call
        if "SecretId" in call.body and "config" in json.dumps(call.policy):
            assert not holds(call, estate, "miyabi/dev/api-keys"), call
    reading = {call.operation for call in calls if "GetSecretValue" in json.dumps(call.policy)}
    assert reading <= {
        "GetSecretValue",
        "DescribeSecret",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    }


def holds(call: Call, estate: Estate, name: str) -> bool:
    """Whether AWS would let the session make this call, on the secret of that name."""
    policy, place = call.policy, estate.environments["dev"]
    actions = [
        action
        for statement in policy["Statement"]
        for action in statement["Action"]
        if action.endswith(f":{call.operation}")
    ]
    return (
        bool(actions)
        and evaluate(
            Request(
                principal=f"arn:aws:sts::{place.account}:assumed-role/miyabi-console/{call.person}",
                action=actions[0],
                resource=f"arn:aws:secretsmanager:us-west-2:{place.account}:secret:{name}-AbCdEf"
                if name
                else "*",
                resource_account=place.account,
                context={},
                identity_policies=(
                    parse_policy("role", {"Version": "2012-10-17", "Statement": ALL}),
                ),
                session_policies=(parse_policy("session", policy),),
            )
        ).is_allowed
    )


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def test_s48_what_the_console_does_by_itself_says_so(watched: Watched, hana: Actor) -> None:
    _, aws = watched(only=("dev",))
    place = get_environment("dev")
    intent = intend(
        Action.SAVE, hana, environment="dev", secret="miyabi/dev/config", base_version_id="a" * 32
    )
    assert [settled.sequence for settled in settle_audit(0)] == [intent.sequence]
    sweep_labels(place)
    assert {call.person for call in aws.received} == {"console=settle_audit"}
    assert "GetSecretValue" not in str([call.policy for call in aws.received])
