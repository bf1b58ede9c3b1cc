"""The local AWS: for programs on this machine alone, one call at a time, gone with its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.demo.local_aws import CREDENTIALS, PROJECT, LocalAws, LocalAwsError
from deploy.demo.moto_server import _one_at_a_time
from deploy.demo.moto_state import MotoState
from tests.deploy.processes import is_running, wait_until_gone

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient


def ask(aws: LocalAws, method: str = "POST", **headers: str) -> tuple[int, list[str]]:
    """The status of the answer, and its header names in lower case."""
    sent = {name.replace("_", "-"): text for name, text in headers.items()}
    with closing(HTTPConnection(str(urlsplit(aws.endpoint).netloc), timeout=10)) as connection:
        connection.request(method, "/", b"{}", sent)
        response = connection.getresponse()
        return response.status, [name.lower() for name in response.headers]


def is_reachable(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


def test_s88_it_listens_on_127_0_0_1_alone(local_aws: LocalAws) -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere:  # noqa: S104
        if not is_reachable("127.0.0.2", everywhere.getsockname()[1]):
            pytest.skip(
                "127.0.0.2 does not lead to this machine, "
                "so it cannot tell a wildcard from 127.0.0.1"
            )
    port = int(urlsplit(local_aws.endpoint).port or 0)
    assert is_reachable("127.0.0.1", port)
    assert not is_reachable("127.0.0.2", port)


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "GET"])
def test_s88_it_refuses_what_a_web_page_sends_and_sets_no_cors_header(
    local_aws: LocalAws, method: str
) -> None:
    status, headers = ask(
        local_aws, method, Origin="https://attacker.test", Access_Control_Request_Method="POST"
    )
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control-")]


def test_s88_answers_to_programs_set_no_cors_header_either(local_aws: LocalAws) -> None:
    credential = "AWS4-HMAC-SHA256 Credential=local/20260101/us-west-2/secretsmanager/aws4_request"
    status, headers = ask(
        local_aws, X_Amz_Target="secretsmanager.ListSecrets", Authorization=credential
    )
    assert status == 200
    assert not [name for name in headers if name.startswith("access-control-")]


def test_it_refuses_a_name_that_was_rebound_to_loopback(local_aws: LocalAws) -> None:
    assert ask(local_aws, Host="attacker.test")[0] == 403


def new_client(aws: LocalAws) -> SecretsManagerClient:
    return boto3.client(
        "secretsmanager",
        endpoint_url=aws.endpoint,
        region_name="eu-central-1",
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def test_one_of_many_swaps_of_the_same_label_wins(local_aws: LocalAws) -> None:
    client = new_client(local_aws)
    base = client.create_secret(Name="raced", SecretString="0")["VersionId"]
    rivals = [
        client.put_secret_value(
            SecretId="raced", SecretString=str(n), VersionStages=[f"rival-{n}"]
        )["VersionId"]
        for n in range(8)
    ]

    def swap(version: str) -> bool:
        try:
            client.update_secret_version_stage(
                SecretId="raced",
                VersionStage="AWSCURRENT",
                MoveToVersionId=version,
                RemoveFromVersionId=base,
            )
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(len(rivals)) as pool:
        assert sum(pool.map(swap, rivals)) == 1


def test_a_plain_read_follows_awscurrent_when_the_label_is_moved(local_aws: LocalAws) -> None:
    client = new_client(local_aws)
    base = client.create_secret(Name="moved", SecretString="old")["VersionId"]
    new = client.put_secret_value(SecretId="moved", SecretString="new", VersionStages=["ours"])[
        "VersionId"
    ]
    assert client.get_secret_value(SecretId="moved")["SecretString"] == "old"
    client.update_secret_version_stage(
        SecretId="moved", VersionStage="AWSCURRENT", MoveToVersionId=new, RemoveFromVersionId=base
    )
    assert client.get_secret_value(SecretId="moved")["SecretString"] == "new"
    client.put_secret_value(SecretId="moved", SecretString="newer")
    stages = client.describe_secret(SecretId="moved")["VersionIdsToStages"]
    assert "AWSPREVIOUS" in stages[new]


def test_a_listed_version_is_as_old_as_it_is(local_aws: LocalAws) -> None:
    client = new_client(local_aws)
    client.create_secret(Name="dated", SecretString="1")
    made = client.get_secret_value(SecretId="dated")["CreatedDate"]
    time.sleep(1.1)  # moto tells whole seconds

    [version] = client.list_secret_version_ids(SecretId="dated")["Versions"]
    assert version["CreatedDate"] == made


def test_a_read_dates_its_version_and_its_secret_and_no_other(local_aws: LocalAws) -> None:
    client = new_client(local_aws)
    old = client.create_secret(Name="read", SecretString="1")["VersionId"]
    client.put_secret_value(SecretId="read", SecretString="2")
    client.create_secret(Name="unread", SecretString="1")
    client.get_secret_value(SecretId="read", VersionId=old)
    days = {
        version["VersionId"]: version.get("LastAccessedDate")
        for version in client.list_secret_version_ids(SecretId="read")["Versions"]
    }
    assert [version for version, day in days.items() if day] == [old]
    assert client.describe_secret(SecretId="read")["LastAccessedDate"] == days[old]
    assert not client.describe_secret(SecretId="unread").get("LastAccessedDate")


def test_calls_that_come_together_are_let_in_one_by_one() -> None:
    inside, most = 0, 0

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1
        return [b"done"]

    serialised = _one_at_a_time(application, MotoState())
    callers = [
        threading.Thread(target=serialised, args=[{"wsgi.input": BytesIO()}, None])
        for _ in range(8)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most == 1


def test_a_port_in_use_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            LocalAwsError, match=rf"^The local AWS cannot listen on 127\.0\.0\.1:{port}: [^\n]+\.$"
        ):
            LocalAws.start(port)


@pytest.mark.processes
def test_leaving_the_block_ends_the_process() -> None:
    with LocalAws.start() as aws:
        assert is_running(aws.pid)
    assert aws.process.returncode == 0


@pytest.mark.processes
def test_it_ends_with_its_parent_even_when_that_was_killed() -> None:
    program = (
        "import time; from deploy.demo.local_aws import LocalAws;"
        "print(LocalAws.start().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        os.kill(parent.pid, signal.SIGKILL)
    assert wait_until_gone(pid)


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_when_it_was_started_by_hand(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "deploy.demo.local_aws"]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in errors
