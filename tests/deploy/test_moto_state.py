"""The local AWS's contents survive its end, by a signal and by a kill."""

import os
import pickle
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest

from deploy.demo.account import assume, build_account
from deploy.demo.estate import read_catalog, read_environments
from deploy.demo.local_aws import CREDENTIALS, PROJECT, LocalAws, LocalAwsError
from deploy.demo.moto_state import MotoState
from deploy.demo.values import make_values
from tests.deploy.processes import wait_until_gone

pytestmark = pytest.mark.processes


def secrets_manager(endpoint: str) -> Any:
    session = boto3.Session(*CREDENTIALS.values(), region_name="us-west-2")
    return session.client("secretsmanager", endpoint_url=endpoint)


def inspect(endpoint: str) -> dict[str, Any]:
    """What the console reads of prod, as the API gives it."""
    prod, clients = read_environments()["prod"], assume(endpoint, read_environments()["prod"])
    secret, role = prod.prefix + "api-keys", {"RoleName": prod.lambda_role}
    key = clients.kms.describe_key(KeyId=prod.kms_alias)["KeyMetadata"]
    attached = clients.iam.list_attached_role_policies(**role)["AttachedPolicies"]
    function = {"FunctionName": prod.lambda_function}
    answers: list[Any] = [
        clients.secretsmanager.get_secret_value(SecretId=secret),
        clients.secretsmanager.describe_secret(SecretId=secret),
        clients.secretsmanager.list_secret_version_ids(SecretId=secret),
        clients.kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default"),
        clients.kms.get_key_rotation_status(KeyId=key["KeyId"]),
        clients.iam.get_role(**role),
        clients.lambda_.get_function_configuration(**function),
        clients.cloudwatch.describe_alarms(),
    ]
    for answer in answers:
        del answer["ResponseMetadata"]
        answer.pop("LastAccessedDate", None)  # this inspection changes it
        for version in answer.get("Versions", []):
            # moto gives the time of the call.
            version.pop("CreatedDate")
            version.pop("LastAccessedDate", None)
    return {"key": key, "attached": attached, "answers": answers}


def test_a_second_server_answers_as_the_first_one_did(tmp_path: Path) -> None:
    state, environment, catalog = tmp_path / "state", read_environments()["prod"], read_catalog()
    with LocalAws.start(state=state) as first:
        build_account(first.endpoint, environment, catalog, make_values(catalog, "prod"))
        before = inspect(first.endpoint)
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    with LocalAws.start(state=state) as second:
        assert inspect(second.endpoint) == before
        name, kept = environment.prefix + "api-keys", before["answers"][0]["VersionId"]
        client = assume(second.endpoint, environment).secretsmanager
        client.put_secret_value(SecretId=name, SecretString="{}")
        labels = client.describe_secret(SecretId=name)["VersionIdsToStages"]
        assert labels[kept] == ["AWSPREVIOUS"]  # it goes on from there


def test_a_state_is_written_while_the_server_runs_and_outlives_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with LocalAws.start(state=state) as first:
        secrets_manager(first.endpoint).create_secret(Name="kept", SecretString="value")
        deadline = time.monotonic() + 20
        while not state.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        first.process.kill()
    with LocalAws.start(state=state) as second:
        value = secrets_manager(second.endpoint).get_secret_value(SecretId="kept")
    assert value["SecretString"] == "value"


def test_a_server_whose_parent_was_killed_writes_its_state_first(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from deploy.demo.local_aws import LocalAws;"
        "aws = LocalAws.start(state=Path(sys.argv[1])); print(aws.pid, aws.endpoint, flush=True);"
        "time.sleep(60)"
    )
    state = tmp_path / "state"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(state)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid, endpoint = parent.stdout.readline().split()
        secrets_manager(endpoint).create_secret(Name="kept", SecretString="value")
        os.kill(parent.pid, signal.SIGKILL)
    assert wait_until_gone(int(pid))
    with LocalAws.start(state=state) as second:
        listed = secrets_manager(second.endpoint).list_secrets()["SecretList"]
    assert [secret["Name"] for secret in listed] == ["kept"]


def test_without_a_file_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = MotoState()
    with state.request():
        pass
    state.load()
    state.save()
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_cannot_be_written_leaves_no_old_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = MotoState(tmp_path / "state")
    (tmp_path / "state").touch()
    (tmp_path / "state.unfinished").mkdir()
    with state.request():
        pass
    state.save()
    assert "Error" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_a_state_of_another_moto_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(pickle.dumps("0.0.1"))
    with pytest.raises(LocalAwsError) as refused:
        LocalAws.start(state=path)
    assert str(refused.value) == (
        f"{path} is of moto 0.0.1, and moto {moto.__version__} is installed: start without KEEP=1."
    )
