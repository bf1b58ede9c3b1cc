"""A fake Lambda environment, and Secrets Manager's host name on loopback behind TLS."""

import importlib
import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.demo.local_aws import CREDENTIALS, PROJECT, LocalAws
from deploy.demo.serving import in_thread
from testkit import tls
from tests.deploy.loader.front import Front

# As Lambda does: `lambda` is no name for a package.
sys.path.insert(0, str(PROJECT / "deploy" / "lambda"))

from core import _roots
from core import secrets as loader

LAMBDA_ENVIRON = {
    "AWS_LAMBDA_FUNCTION_NAME": "miyabi-api-handler",
    "AWS_REGION": tls.REGION,
    "AWS_DEFAULT_REGION": tls.REGION,
    "AWS_ACCESS_KEY_ID": CREDENTIALS["AWS_ACCESS_KEY_ID"],
    "AWS_SECRET_ACCESS_KEY": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    "AWS_SESSION_TOKEN": "local/session+token==",
}


@pytest.fixture(autouse=True)
def new_instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is held, and what a test does to os.environ ends with it."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "MIYABI_", "SSL_CERT_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    loader.forget()
    _roots._made.clear()
    boto3.DEFAULT_SESSION = None  # it keeps the credentials that it found first
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LAMBDA_ENVIRON.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tls.Certificates:
    return tls.make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def running_front(local_aws: LocalAws, certificates: tls.Certificates) -> Iterator[Front]:
    with in_thread(Front(local_aws.endpoint, certificates)) as front:
        yield front


@pytest.fixture
def front(
    running_front: Front,
    in_lambda: None,
    certificates: tls.Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> Front:
    """The loader's calls end here, under the name and certificate that it accepts."""
    running_front.reset()
    redirect(monkeypatch, running_front.port)
    monkeypatch.setattr(_roots, "ROOTS", str(certificates.authority))
    return running_front


def redirect(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    found = socket.getaddrinfo

    def getaddrinfo(host: Any, wanted: Any, *more: Any, **named: Any) -> Any:
        if host in (tls.HOST, tls.HOST.encode()):
            host, wanted = b"127.0.0.1", port
        return found(host, wanted, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


API_KEYS = {
    "GITHUB_TOKEN": "t-github",
    "MIYABI_ACCESS_TOKEN": "t-access",
    "OAUTH_CLIENT_ID": "miyabi-mcp-client",
}
CONFIG = {"BASE_URL": "https://api.miyabi-world.com", "MIYABI_REPO_OWNER": "owner"}


@dataclass(frozen=True)
class Stored:
    """The two secrets of prod in the local AWS, under a project's name that no other test has."""

    client: Any
    project: str

    @property
    def api_keys(self) -> str:
        return f"{self.project}/prod/api-keys"

    @property
    def config(self) -> str:
        return f"{self.project}/prod/config"

    def put(self, name: str, value: str | dict[str, Any]) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return str(self.client.put_secret_value(SecretId=name, SecretString=text)["VersionId"])

    def load(self, **more: Any) -> dict[str, str]:
        return loader.load_secrets_to_env(project_name=self.project, environment="prod", **more)


@pytest.fixture(scope="session")
def local_client(local_aws: LocalAws) -> Any:
    """Has a session and keys of its own, so it ignores what a test does to the environment."""
    session = boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=tls.REGION,
    )
    return session.client("secretsmanager", endpoint_url=local_aws.endpoint)


@pytest.fixture
def stored(local_client: Any) -> Stored:
    found = Stored(local_client, f"miyabi-{secrets.token_hex(4)}")
    local_client.create_secret(Name=found.api_keys, SecretString=json.dumps(API_KEYS))
    local_client.create_secret(Name=found.config, SecretString=json.dumps(CONFIG))
    return found


@pytest.fixture
def by_boto3(in_lambda: None, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint of its own is unusual, so boto3 is asked."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.endpoint)


@pytest.fixture(params=["https", "batch", "boto3"])
def route(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whatever way Secrets Manager is asked, the same holds."""
    name = str(request.param)
    request.getfixturevalue("by_boto3" if name == "boto3" else "front")
    if name == "batch":
        monkeypatch.setenv("MIYABI_SECRETS_ROUTE", name)
    return name


@pytest.fixture
def build_layer() -> Any:
    return importlib.import_module("build_layer")


LAMBDA = Path(PROJECT / "deploy" / "lambda")
