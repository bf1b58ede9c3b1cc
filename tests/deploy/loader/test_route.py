"""Which way is taken, and why: whatever is unusual is boto3's."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import botocore.session
import pytest

from core import _route
from core import secrets as loader
from tests.deploy.loader.conftest import API_KEYS, LAMBDA, LAMBDA_ENVIRON, Stored
from tests.deploy.loader.front import Front


def test_in_lambda_as_usual_it_is_https(in_lambda: None) -> None:
    assert _route.choose() == ("https", "nothing is unusual")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://vpce.example"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "True"),
        ("AWS_PROFILE", "work"),
        ("AWS_CONFIG_FILE", "/tmp/config"),
        ("AWS_CA_BUNDLE", "/tmp/bundle.pem"),
        ("HTTPS_PROXY", "http://proxy:3128"),
        ("https_proxy", "http://proxy:3128"),
        ("AWS_ACCESS_KEY_ID", ""),  # SnapStart and containers: credentials come from an endpoint
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_REGION", ""),
        ("AWS_LAMBDA_FUNCTION_NAME", ""),
        ("AWS_REGION", "cn-north-1"),
        ("AWS_REGION", "us-iso-east-1"),
        ("AWS_REGION", "eusc-de-east-1"),
        ("AWS_REGION", "us-west-2.attacker.test/"),
    ],
)
def test_what_is_unusual_goes_to_boto3_and_is_named(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    route, why = _route.choose()
    assert route == "boto3"
    assert (name if name != "AWS_LAMBDA_FUNCTION_NAME" else "not AWS Lambda") in why or value[
        :40
    ] in why
    monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "https")
    with pytest.raises(loader.InvalidInput, match="MIYABI_SECRETS_ROUTE is https, but "):
        _route.choose()


@pytest.mark.parametrize("switch", ["false", "False", ""])
def test_a_switch_that_is_off_is_usual(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", switch)
    assert _route.choose()[0] == "https"


def test_the_setting_forces_a_way(in_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for way in ("boto3", "batch", "https", "extension"):
        monkeypatch.setenv("MIYABI_SECRETS_ROUTE", way)
        assert _route.choose() == (way, "MIYABI_SECRETS_ROUTE says so")


def test_the_extension_is_used_where_its_file_lies(in_lambda: None, tmp_path: Path) -> None:
    file = tmp_path / "AWSParametersAndSecretsLambdaExtension"
    assert _route.choose(extension=str(file))[0] == "https"
    file.touch()
    assert _route.choose(extension=str(file))[0] == "extension"


def test_each_usual_region_s_host_is_the_one_that_botocore_calls(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each Region that botocore knows under another name is unusual."""
    session = botocore.session.get_session()
    usual = []
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("secretsmanager", partition):
            monkeypatch.setenv("AWS_REGION", region)
            host = urlsplit(
                session.create_client("secretsmanager", region_name=region).meta.endpoint_url
            ).hostname
            if _route.choose()[0] == "https":
                usual.append(region)
                assert _route.host(region) == host
            else:
                assert not str(host).endswith(".amazonaws.com") or "fips" in region, region
    assert {"us-west-2", "ap-northeast-1", "us-gov-west-1", "il-central-1"} <= set(usual)


def test_boto3_says_in_the_log_why_it_was_asked(
    by_boto3: None, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    stored.load()
    assert "Secrets Manager was asked by way of boto3: AWS_ENDPOINT_URL is set" in caplog.messages
    assert os.environ["GITHUB_TOKEN"] == API_KEYS["GITHUB_TOKEN"]


def test_boto3_without_a_region_or_credentials_is_told_in_the_loader_s_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(loader.InvalidInput, match="No Region: set AWS_REGION"):
        loader.get_secret("miyabi/dev/config")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    with pytest.raises(
        loader.CredentialsRefused, match=r"^miyabi/dev/config: .*NoCredentialsError"
    ):
        loader.get_secret("miyabi/dev/config")


def test_boto3_that_cannot_reach_aws_is_told_with_the_panel_s_sentence(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(
        loader.Unreachable, match="EndpointConnectionError: Could not connect to the endpoint URL"
    ):
        loader.get_secret("miyabi/dev/config", timeout=3)


def test_the_fast_way_loads_neither_boto3_nor_what_it_can_do_without(
    front: Front, stored: Stored
) -> None:
    """In a new process: what a cold start loads."""
    program = f"""
import socket, sys
found = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, *a, **k: found(b"127.0.0.1", {front.port}, *a, **k)
sys.path.insert(0, {str(LAMBDA)!r})
from core import _roots
from core.secrets import load_secrets_to_env
_roots.ROOTS = {sys.modules["core._roots"].ROOTS!r}
load_secrets_to_env(project_name={stored.project!r}, environment="prod")
heavy = (
    "boto3", "botocore", "urllib3", "http.client", "email", "urllib.request", "typing",
    "dataclasses", "datetime", "encodings.idna",
)
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        env=LAMBDA_ENVIRON,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr
