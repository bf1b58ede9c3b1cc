"""The page that explains one answer of who-can-read, and the command."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import Estate, MakeEstate, SignedIn
from tests.views.access.test_who import READ, URL, add_role, allow

pytestmark = pytest.mark.django_db


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    """With a role that may read another secret."""
    estate = make_estate(only=("prod",))
    account = estate["prod"].environment.account
    other = f"arn:aws:secretsmanager:*:{account}:secret:miyabi/prod/config-*"
    add_role(estate, "ci-deploy", allow(READ, Resource=other))
    return estate


def address(estate: Estate, name: str, **more: str) -> str:
    account = estate["prod"].environment.account
    query = {"principal": f"arn:aws:iam::{account}:{name}", **more}
    return f"{URL}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


def test_each_row_leads_to_its_page_which_says_why_and_what_would_change_it(
    estate: Estate, signed_in: SignedIn
) -> None:
    client = signed_in("auditor")
    rows = client.get(f"{URL}?show=all").content.decode()
    assert "role%2Fci-deploy&amp;action=read" in rows
    page = client.get(address(estate, "role/ci-deploy", action="read"))
    text = page.content.decode()
    assert "<bdi>Can role/ci-deploy read it?</bdi>" in text
    assert "Closest statement" in text
    assert "miyabi/prod/config-*" in text
    assert "Tried on the policies as read: with this, role/ci-deploy can read it." in text
    assert "aws iam put-role-policy --role-name ci-deploy" in text
    assert page.context["found"].calls == 9
    may = client.get(address(estate, "role/miyabi-lambda-execution")).content.decode()
    assert "What would take it away" in may
    assert "statement ReadSecrets" in may


def test_the_same_as_json(estate: Estate, signed_in: SignedIn) -> None:
    url = address(estate, "role/ci-deploy", action="put")
    found = json.loads(signed_in("auditor").get(f"{url}&as=json").content)
    assert (found["action"], found["can"]) == ("put", False)
    assert [hop["action"] for hop in found["ways"][0]] == [
        *("secretsmanager:PutSecretValue", "kms:GenerateDataKey", "kms:Decrypt")
    ]
    assert found["changes"][0]["steps"][0]["cli"].startswith("aws ")


def test_who_may_see_it_and_whom_it_does_not_know(estate: Estate, signed_in: SignedIn) -> None:
    assert signed_in("editor").get(address(estate, "role/ci-deploy")).status_code == 403
    client = signed_in("auditor")
    unknown = client.get(address(estate, "role/<b>nobody"))
    assert unknown.status_code == 404
    assert "role/&lt;b&gt;nobody is not a role or user" in unknown.content.decode()
    assert client.get(address(estate, "role/ci-deploy", action="eat")).status_code == 400


def test_the_command_explains_one(estate: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("who_can_read", "prod", "api-keys", "--principal")
    with pytest.raises(SystemExit) as ended:
        call_command(*command, "role/ci-deploy")
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "prod: No, role/ci-deploy cannot read it" in printed
    assert "identity policy stray (closest statement)" in printed
    assert "Resource asks for arn:aws:secretsmanager:*:" in printed
    assert "Change 1 of " in printed
    with pytest.raises(SystemExit):
        call_command(*command, "role/ci-deploy", "--json", "--action", "delete")
    assert json.loads(capsys.readouterr().out)["action"] == "delete"
    with pytest.raises(CommandError, match="not a role or user of prod"):
        call_command(*command, "role/nobody")
