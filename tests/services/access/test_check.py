"""One run: gathered, judged, told; and the demo's fault with the AWS CLI itself."""

import json
import os
import shutil
import subprocess

import boto3
import pytest

from secrets_ui.domain.access.run import Run
from secrets_ui.domain.errors import InvalidSecretName
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services.access.check import check_access
from tests.conftest import Estate, MakeEstate

pytestmark = pytest.mark.django_db


def test_it_works(make_estate: MakeEstate, hana: Actor) -> None:
    estate = make_estate(only=("dev",))
    run = check_access(estate.environments["dev"], "miyabi/dev/config", hana)
    assert (run.answer, run.verdict, run.exit_status) == ("yes", "pass", 0)
    assert run.headline == "Yes. miyabi-lambda-execution can read miyabi/dev/config."
    assert [step.status for step in run.steps] == ["pass"] * 5
    assert run.calls > 15
    assert run.seconds > 0
    assert Run.from_json(json.loads(json.dumps(run.to_json()))) == run


def test_no_value_is_in_a_run(make_estate: MakeEstate, hana: Actor) -> None:
    estate = make_estate(only=("dev",))
    result = json.dumps(
        check_access(estate.environments["dev"], "miyabi/dev/api-keys", hana).to_json()
    )
    values = estate.values("dev", "api-keys").values()
    assert not [value for value in values if value in result]


@pytest.mark.parametrize(
    "name", ["miyabi/prod/api-keys", "miyabi/dev/../prod/api-keys", "", "miyabi/dev/"]
)
def test_a_name_outside_the_environment_is_refused_before_anybody_asks_aws(
    make_estate: MakeEstate, hana: Actor, name: str
) -> None:
    with pytest.raises(InvalidSecretName):
        check_access(make_estate(only=()).environments["dev"], name, hana)


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_the_demo_s_fault_is_healed_by_the_aws_cli_with_the_printed_command(
    make_estate: MakeEstate, hana: Actor
) -> None:
    estate = make_estate(clean=False, only=("staging",))
    place = estate.environments["staging"]
    before = check_access(place, "miyabi/staging/api-keys", hana)
    remedy = before.finding("decrypt_is_allowed").remedy
    assert (before.answer, before.exit_status) == ("no", 1)

    for command in (before.finding("decrypt_is_allowed").see[0], remedy.cli):
        subprocess.run(
            ["/bin/sh", "-c", command],
            env=cli_environ(estate),
            check=True,
            capture_output=True,
            timeout=60,
        )
    assert check_access(place, "miyabi/staging/api-keys", hana).answer == "yes"


def cli_environ(estate: Estate) -> dict[str, str]:
    """Inside staging's account, which moto tells by the role that was assumed."""
    place = estate.environments["staging"]
    sts = boto3.client("sts", endpoint_url=estate.endpoint, region_name=place.region)
    found = sts.assume_role(
        RoleArn=f"arn:aws:iam::{place.account}:role/tester", RoleSessionName="tester"
    )["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }
    return {**os.environ, **keys, "AWS_ENDPOINT_URL": estate.endpoint, "AWS_PAGER": ""}
