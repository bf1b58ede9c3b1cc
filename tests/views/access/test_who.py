"""The page of who can read a secret, its exports, and the command."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.errors import AwsAccessDenied, AwsCall
from tests.conftest import Estate, MakeEstate, SignedIn, Watched, as_toml, forget_configuration

pytestmark = pytest.mark.django_db
URL = "/prod/who/miyabi/prod/api-keys"
READ = "secretsmanager:GetSecretValue"


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("prod",))


def allow(*actions: str, **more: Any) -> str:
    statement = {"Sid": "Stray", "Effect": "Allow", "Action": list(actions), **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Resource": "*", **statement}]})


def add_role(estate: Estate, name: str, policy: str) -> None:
    trust = allow("sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"})
    iam = estate["prod"].clients.iam
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust.replace('"Resource": "*", ', ""))
    iam.put_role_policy(RoleName=name, PolicyName="stray", PolicyDocument=policy)


def let_the_key_go_by_iam(estate: Estate) -> None:
    """As a key policy of the console's wizard: whoever IAM lets may decrypt."""
    account = estate["prod"].environment.account
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    kms, key = estate["prod"].clients.kms, estate["prod"].key_arn
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=allow("kms:*", Principal=root))


def titles(client: Client, query: str = "") -> list[str]:
    """The principals that are shown, without the account."""
    return [row.name for row in client.get(f"{URL}?{query}").context["rows"]]


def test_in_a_clean_account_only_those_expected_can_read(
    estate: Estate, signed_in: SignedIn
) -> None:
    page = signed_in("auditor").get(URL)
    text = page.content.decode()
    assert [row.name for row in page.context["rows"]] == [
        "role/miyabi-console",
        "role/miyabi-lambda-execution",
    ]
    assert "2 principals can read it" in text
    assert "in no organization, so no SCPs or RCPs limit it" in text
    assert "policy miyabi-lambda-secrets-access version 1, statement ReadSecrets" in text
    assert "the AWS service lambda.amazonaws.com" in text


def test_in_an_outage_nothing_is_told_as_read(watched: Watched, signed_in: SignedIn) -> None:
    _, aws = watched(only=("prod",))
    client = signed_in("auditor")
    aws.break_call("AssumeRole", "ServiceUnavailable", status=400)
    told = {
        URL: "AWS calls, all of which failed",
        "/prod/troubleshoot/miyabi/prod/api-keys": "AWS calls, all of which failed",
        "/prod/usage": "Not read from AWS",
        "/cost": "not read from AWS<",
    }
    for page, words in told.items():
        text = client.get(page).getvalue().decode()
        assert words in text
        assert "read from AWS at" not in text


def test_a_stray_role_a_grouped_user_and_an_outsider_are_told_apart(
    estate: Estate, signed_in: SignedIn
) -> None:
    clients = estate["prod"].clients
    let_the_key_go_by_iam(estate)
    add_role(estate, "ci-deploy", allow(READ, "kms:Decrypt"))
    clients.iam.create_group(GroupName="ops")
    clients.iam.put_group_policy(
        GroupName="ops", PolicyName="all", PolicyDocument=allow("secretsmanager:*", "kms:*")
    )
    clients.iam.create_user(UserName="mallory")
    clients.iam.add_user_to_group(GroupName="ops", UserName="mallory")
    outside = {"AWS": "arn:aws:iam::444444444444:role/backup"}
    clients.secretsmanager.put_resource_policy(
        SecretId="miyabi/prod/api-keys", ResourcePolicy=allow(READ, Principal=outside)
    )
    client = signed_in("admin")
    assert titles(client) == [
        *("role/backup", "role/ci-deploy", "user/mallory"),
        *("role/miyabi-console", "role/miyabi-lambda-execution"),
    ]
    assert titles(client, "show=unexpected") == ["role/backup", "role/ci-deploy", "user/mallory"]
    assert titles(client, "text=CI-DEP&show=unexpected") == ["role/ci-deploy"]
    assert titles(client, "action=change-policy&show=unexpected") == ["role/backup", "user/mallory"]
    page = client.get(f"{URL}?show=all").content.decode()
    assert "outside: 444444444444" in page
    assert "policy all of group ops, statement Stray" in page
    with pytest.raises(SystemExit) as ended:
        call_command("who_can_read", "prod", "api-keys")
    assert ended.value.code == 1


def test_csv_and_json_hold_the_filtered_rows(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("auditor")
    answer = client.get(f"{URL}?as=csv&text=lambda")
    assert answer["Content-Disposition"] == 'attachment; filename="who-prod.csv"'
    text = answer.content.decode()
    assert text.startswith('\ufeff"principal","kind"')
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["read"], row["put"], row["expected"]) == ("yes", "no", "yes")
    found = json.loads(client.get(f"{URL}?as=json&show=all").content)
    assert {entry["principal"].partition("/")[2] for entry in found["principals"]} >= {
        *("miyabi-console", "miyabi-lambda-execution")
    }
    assert (found["not_seen"], "no organization" in found["control_policies"]) == ([], True)
    assert client.get(f"{URL}?show=none-such").status_code == 400


def test_it_costs_the_pages_of_the_list_and_eight_calls_more(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws = watched(only=("prod",))
    for number in range(5):
        add_role(estate, f"one-more-{number}", allow("logs:*"))
    aws.begin_anew()
    page = signed_in("auditor").get(URL)
    asked = sorted(call.operation for call in aws.received if call.operation != "AssumeRole")
    assert asked == [
        *("DescribeKey", "DescribeKey", "DescribeOrganization", "DescribeSecret"),
        *(
            "GetAccountAuthorizationDetails",
            "GetKeyPolicy",
            "GetResourcePolicy",
            "ListGrants",
            "ListSecretVersionIds",
        ),
    ]
    assert page.context["found"].calls == len(asked)


def test_a_refused_list_is_an_answer_that_cannot_be_told(
    estate: Estate, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, most: int = 0) -> None:
        call = AwsCall("iam:GetAccountAuthorizationDetails", code="AccessDenied")
        raise AwsAccessDenied("AWS says no.", call, "iam:GetAccountAuthorizationDetails")

    monkeypatch.setattr("secrets_ui.aws.iam.IamGateway.get_account_authorization_details", refuse)
    text = signed_in("auditor").get(URL).content.decode()
    assert "lacks iam:GetAccountAuthorizationDetails" in text
    assert "Whether anybody can read it is not known" in text
    with pytest.raises(SystemExit) as ended:
        call_command("who_can_read", "prod", "api-keys")
    assert ended.value.code == 2


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 403), ("auditor", 200)])
def test_who_may_see_it_and_is_led_there(
    estate: Estate, signed_in: SignedIn, role: str, status: int
) -> None:
    client = signed_in(role)
    assert client.get(URL).status_code == status
    for page in ("secret", "what-if"):
        text = client.get(URL.replace("who", page)).content.decode()
        assert (f'href="{URL}"' in text) is (status == 200)


def test_it_says_how_to_switch_it_on(estate: Estate, signed_in: SignedIn, settings: Any) -> None:
    off = replace(estate["prod"].environment, who_can_read=False)
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"prod": off}), encoding="utf-8")
    forget_configuration()
    answer = signed_in("auditor").get(URL)
    assert answer.status_code == 409
    assert "who_can_read = true" in answer.content.decode()
    with pytest.raises(CommandError, match="who_can_read = true"):
        call_command("who_can_read", "prod", "api-keys")


def test_the_command_prints_them_and_ends_well(
    estate: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("who_can_read", "prod", "api-keys")
    assert ended.value.code == 0
    assert "expected     arn:aws:iam::" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("who_can_read", "prod", "miyabi/prod/api-keys", "--json")
    assert json.loads(capsys.readouterr().out)["secret"] == "miyabi/prod/api-keys"


def test_the_what_if_page_tells_who_gains_and_who_loses_to_those_who_may_see_everybody(
    estate: Estate, signed_in: SignedIn
) -> None:
    add_role(estate, "ci-deploy", allow(READ, "kms:Decrypt"))
    account = estate["prod"].environment.account
    text = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{account}:root"})
    path, form = URL.replace("who", "what-if"), {"policy": "key", "text": text}
    page = signed_in("auditor").post(path, form)
    assert [(turn.row.name, turn.gains) for turn in page.context["turns"]] == [
        ("role/ci-deploy", (Ability.READ,))
    ]
    assert "Who gains and who loses" in page.content.decode()
    assert "Who gains and who loses" not in signed_in("viewer").post(path, form).content.decode()
