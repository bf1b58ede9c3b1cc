"""The sample handler and the guide's FastAPI application, started as Lambda starts them."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from testkit import tls
from testkit.canary import leaks, make_plain_canary
from tests.deploy.loader.conftest import LAMBDA, LAMBDA_ENVIRON
from tests.deploy.loader.front import Front

# What Lambda's bootstrap does: root logger at WARNING with a handler, the handler's module
# imported, events handed to it.
BOOTSTRAP = """
import json, logging, sys
{redirect}
sys.path[:0] = {paths!r}
logging.basicConfig(level=logging.WARNING, format="[%(levelname)s] %(message)s", stream=sys.stderr)
from lambda_handler import handler
print(json.dumps([handler(event, None) for event in json.loads(sys.stdin.read())]))
"""


def http_event(path: str, **headers: str) -> dict[str, Any]:
    """An API Gateway HTTP API event, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api", **headers},
        "requestContext": {
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "t",
            },
            "stage": "$default",
            "domainName": "api",
        },
        "isBase64Encoded": False,
    }


def run(
    paths: list[str], redirect: str, environ: dict[str, str], events: list[dict[str, Any]]
) -> tuple[list[Any], str]:
    program = BOOTSTRAP.format(redirect=redirect, paths=[*paths, sysconfig.get_path("purelib")])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        input=json.dumps(events),
        env=environ,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.fixture
def of_miyabi(local_client: Any) -> dict[str, str]:
    """The secrets of the guide, under its names; the tests of a worker share them."""
    token, github = make_plain_canary(), make_plain_canary()
    for name, value in (
        ("api-keys", {"GITHUB_TOKEN": github, "MIYABI_ACCESS_TOKEN": token}),
        ("config", {"MIYABI_REPO_OWNER": "miyabi-owner", "MIYABI_REPO_NAME": "miyabi-name"}),
    ):
        text = json.dumps(value)
        try:
            local_client.create_secret(Name=f"miyabi/staging/{name}", SecretString=text)
        except local_client.exceptions.ResourceExistsException:
            local_client.put_secret_value(SecretId=f"miyabi/staging/{name}", SecretString=text)
    return {"token": token, "github": github}


@pytest.fixture
def deployed(tmp_path: Path, certificates: tls.Certificates) -> list[str]:
    """The layer, and the function's own files."""
    layer = tls.copy_core(tmp_path / "layer", certificates.authority.read_text())
    function = tmp_path / "function"
    function.mkdir()
    for name in ("lambda_handler.py", "main.py"):
        (function / name).write_text((LAMBDA / name).read_text())
    return [str(function), str(layer)]


def test_on_a_cold_start_the_application_has_its_secrets(
    running_front: Front, deployed: list[str], of_miyabi: dict[str, str]
) -> None:
    running_front.reset()
    events = [
        http_event("/health"),
        http_event("/repository"),
        http_event("/repository", authorization=f"Bearer {of_miyabi['token']}"),
        http_event("/repository", authorization="Bearer wrong"),
    ]
    redirect = tls.REDIRECT.format(host=tls.HOST, port=running_front.port)
    answers, log = run(
        deployed, redirect, LAMBDA_ENVIRON | {"MIYABI_ENVIRONMENT": "staging"}, events
    )
    assert [answer["statusCode"] for answer in answers] == [200, 401, 200, 401]
    assert json.loads(answers[0]["body"]) == {"github_token": True, "access_token": True}
    assert json.loads(answers[2]["body"]) == {"owner": "miyabi-owner", "name": "miyabi-name"}
    assert (
        "[INFO] Successfully loaded secrets from miyabi/staging/api-keys and miyabi/staging/config"
        in log.splitlines()
    )
    assert len(running_front.calls) == 2
    for value in of_miyabi.values():
        assert leaks(value, log) == []


@pytest.mark.slow
def test_on_a_developer_s_machine_the_application_has_what_its_env_file_says(
    deployed: list[str],
) -> None:
    # As a tool that reads .env sets them.
    environ = {"GITHUB_TOKEN": "of .env", "MIYABI_ACCESS_TOKEN": "", "PATH": ""}
    events = [http_event("/health"), http_event("/repository", authorization="Bearer ")]
    [answer, refused], log = run(deployed, "", environ, events)
    assert json.loads(answer["body"]) == {"github_token": True, "access_token": False}
    assert refused["statusCode"] == 401  # without a token of its own it lets nobody in
    assert log.splitlines() == ["[INFO] Not running in AWS Lambda, skipping Secrets Manager"]


def test_a_wrong_environment_stops_the_cold_start_in_one_clear_line(deployed: list[str]) -> None:
    with pytest.raises(AssertionError) as caught:
        run(deployed, "", LAMBDA_ENVIRON | {"MIYABI_ENVIRONMENT": "live"}, [])
    assert (
        "environment: expected one of dev, staging, prod, got 'live'. Nothing was loaded."
        in str(caught.value)
    )
