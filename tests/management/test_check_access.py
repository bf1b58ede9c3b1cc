"""manage.py check_access: for people and for pipelines."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import Estate, MakeEstate

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_access", *arguments, stdout=out)
    return int(ended.value.code or 0), out.getvalue()


def test_all_the_catalogue_s_secrets_pass(dev: Estate) -> None:
    status, result = run("dev")
    assert status == 0
    assert "Yes. miyabi-lambda-execution can read miyabi/dev/api-keys." in result
    assert "Yes. miyabi-lambda-execution can read miyabi/dev/config." in result
    assert result.count("Of the way over the network") == 2


def test_a_failure_is_status_1_with_the_command_that_heals_it(make_estate: MakeEstate) -> None:
    make_estate(clean=False, only=("staging",))
    status, result = run("staging", "--secret", "api-keys")
    assert status == 1
    assert "No. The key policy of" in result
    assert "$ aws kms put-key-policy" in result


@pytest.mark.parametrize("name", ["api-keys", "miyabi/dev/api-keys"])
def test_one_secret_by_its_short_or_full_name_as_json(dev: Estate, name: str) -> None:
    status, result = run("dev", "--secret", name, "--json")
    [found] = json.loads(result)
    assert (status, found["secret"], found["answer"], found["verdict"]) == (
        0,
        "miyabi/dev/api-keys",
        "yes",
        "pass",
    )
    assert "no SCPs or RCPs limit it." in found["not_seen"][0]


def test_a_warning_is_status_0(dev: Estate) -> None:
    dev["dev"].clients.kms.disable_key_rotation(KeyId=dev["dev"].key_arn)
    status, result = run("dev", "--secret", "api-keys")
    assert status == 0
    assert "warning  key_rotates" in result


def test_something_unknown_is_status_2(dev: Estate, settings: Any) -> None:
    settings.LOCAL_AWS_ENDPOINT = "http://127.0.0.1:9"  # nobody listens there
    status, result = run("dev", "--secret", "api-keys")
    assert status == 2
    assert "Unknown." in result


def test_a_failure_says_more_than_something_unknown(make_estate: MakeEstate) -> None:
    make_estate(clean=False, only=("staging",))
    assert run("staging", "--secret", "nothing", "--secret", "api-keys")[0] == 1


@pytest.mark.parametrize("arguments", [("nowhere",), ("dev", "--secret", "../prod/api-keys")])
def test_what_does_not_exist_is_one_clear_line_and_status_2(
    dev: Estate, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("check_access", *arguments)
    assert caught.value.returncode == 2


def test_what_moves_a_terminal_s_cursor_is_spelled_out(dev: Estate) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "\x1b[2Jgone", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
    dev["dev"].clients.iam.put_role_policy(
        RoleName="miyabi-lambda-execution", PolicyName="x", PolicyDocument=json.dumps(policy)
    )
    result = run("dev", "--secret", "api-keys")[1]
    assert "\\x1b[2Jgone" in result
    assert "\x1b" not in result
