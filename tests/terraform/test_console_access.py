"""The console's own policy is exact: it has what the tour needs, and nothing else."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from deploy.demo import policies
from tests.conftest import MakeEstate, SignedIn, as_toml, forget_configuration
from tests.terraform.conftest import TRAIL
from tests.terraform.guard import Asked, Guard, guarded
from tests.terraform.iam_needs import Place
from tests.terraform.tour import Tour

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[True, False], ids=["managing", "not managing"])
def guard(request: pytest.FixtureRequest, make_estate: MakeEstate, settings: Any) -> Guard:
    """Before the demo's prod, the console's only environment here, where secrets are created and
    deleted, or are not.

    A test of the applied estate shows that Terraform's policies are the same.
    """
    account = make_estate(only=("prod",))["prod"]
    place = replace(
        account.environment, manage=request.param, refresh=request.param, trail_log_group=TRAIL
    )
    account.clients.logs.create_log_group(logGroupName=TRAIL)
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"prod": place}), encoding="utf-8")
    forget_configuration()
    document = deepcopy(policies.console_access(place, account.key_arn))
    return Guard(Place(place, account.clients), document)


def test_s85_the_whole_tour_needs_all_of_the_policy_and_nothing_more(
    guard: Guard, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tour = Tour(guard.place, signed_in)
    with guarded(monkeypatch, guard):
        tour.take()
    assert guard.refused == {Asked("kms:Decrypt", tour.foreign_key, True)}
    assert guard.unused() == []


def test_s85_who_can_read_is_off_unless_the_environment_says_so(
    guard: Guard, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    off = replace(guard.place.environment, who_can_read=False)
    [more] = [
        statement
        for statement in guard.document["Statement"]
        if statement not in policies.console_access(off, "KEY")["Statement"]
        and statement["Sid"] not in ("UseTheKey",)
    ]
    assert more["Sid"] == "SeeEveryRoleAndUser"
    guard.document["Statement"].remove(more)
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"prod": off}), encoding="utf-8")
    forget_configuration()
    admin, page = signed_in("admin", "prod"), "/prod/secret/miyabi/prod/config"
    with guarded(monkeypatch, guard):
        assert admin.get(page.replace("secret/", "who/", 1)).status_code == 409
        assert not guard.asked
        assert "/prod/who/" not in admin.get(page).content.decode()
    assert guard.refused == set()


def test_s85_it_has_no_wildcard_action_and_writes_nothing_but_versions(guard: Guard) -> None:
    actions = [
        action for statement in guard.document["Statement"] for action in statement["Action"]
    ]
    assert [action for action in actions if "*" in action or "?" in action] == []
    # A query of logs begins with StartQuery and changes nothing.
    reading = (
        *("List", "Get", "Describe", "Lookup", "Simulate", "Decrypt", "Filter", "StartQuery"),
    )
    writing = [action for action in actions if not action.partition(":")[2].startswith(reading)]
    versions = [
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        "kms:GenerateDataKey",
    ]
    whole = [
        f"secretsmanager:{operation}"
        for operation in (
            *("CreateSecret", "RestoreSecret", "TagResource", "UntagResource"),
            *("UpdateSecret", "DeleteSecret"),
        )
    ]
    function = ["lambda:UpdateFunctionConfiguration"]
    more = [*function, *whole] if guard.place.environment.manage else []
    assert writing == versions + more


@pytest.mark.parametrize(
    ("action", "context", "is_allowed"),
    [
        ("DeleteSecret", {"secretsmanager:RecoveryWindowInDays": "7"}, True),
        ("DeleteSecret", {"secretsmanager:ForceDeleteWithoutRecovery": "false"}, True),
        ("DeleteSecret", {"secretsmanager:ForceDeleteWithoutRecovery": "true"}, False),
        ("UpdateSecret", {"secretsmanager:Description": "new"}, True),
        ("UpdateSecret", {"secretsmanager:KmsKeyId": "alias/another"}, False),
    ],
)
def test_s85_a_deletion_has_a_recovery_window_and_a_description_no_other_key(
    guard: Guard, action: str, context: dict[str, str], is_allowed: bool
) -> None:
    asked = Asked(
        f"secretsmanager:{action}",
        guard.place.arn("secretsmanager", "secret:miyabi/prod/config-AbCdEf"),
        False,
    )
    found = guard.allows(asked, context=context)
    assert found is (is_allowed and guard.place.environment.manage)


def test_s85_the_one_function_is_changed_and_no_other(guard: Guard) -> None:
    name = guard.place.environment.lambda_function
    for other, is_ours in {name: True, f"{name}-2": False, "other": False}.items():
        arn = guard.place.arn("lambda", f"function:{other}")
        found = guard.allows(Asked("lambda:UpdateFunctionConfiguration", arn, False))
        assert found is (is_ours and guard.place.environment.refresh)


@pytest.mark.parametrize("name", ["miyabi/production/api-keys", "miyabi/dev/api-keys", "other"])
def test_s85_another_place_s_secret_is_out_of_reach(guard: Guard, name: str) -> None:
    arn = guard.place.arn("secretsmanager", f"secret:{name}-AbCdEf")
    assert not guard.allows(Asked("secretsmanager:GetSecretValue", arn, False))


def test_s85_the_key_opens_nothing_outside_secrets_manager(guard: Guard) -> None:
    key = guard.place.key(guard.place.environment.kms_alias)
    assert guard.allows(Asked("kms:Decrypt", key, True))
    assert not guard.allows(Asked("kms:Decrypt", key, False))
    assert not guard.allows(Asked("kms:CreateGrant", key, True))


def test_a_call_that_the_policy_does_not_allow_is_refused_and_told(
    guard: Guard, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    [editing] = [item for item in guard.document["Statement"] if item["Sid"] == "EditSecrets"]
    editing["Action"] = [
        action for action in editing["Action"] if action != "secretsmanager:DescribeSecret"
    ]
    client = signed_in("viewer", "prod")
    with guarded(monkeypatch, guard):
        answer = client.get("/prod/secret/miyabi/prod/config")
    assert {question.action for question in guard.refused} == {"secretsmanager:DescribeSecret"}
    assert "secretsmanager:DescribeSecret" in answer.content.decode()


def test_a_part_that_nothing_uses_is_told(guard: Guard) -> None:
    unused = {"Sid": "Unused", "Effect": "Allow", "Action": ["iam:GetUser"], "Resource": "*"}
    guard.document["Statement"].append(unused)
    key = guard.place.key(guard.place.environment.kms_alias)
    guard.asked.add(Asked("kms:DescribeKey", key, False))
    unused_parts = guard.unused()
    assert {"Unused: iam:GetUser", "Unused: *"} <= set(unused_parts)
    assert "SeeKeys: kms:DescribeKey" not in unused_parts
