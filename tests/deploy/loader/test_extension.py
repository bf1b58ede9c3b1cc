"""Through the AWS Lambda extension where it is there, and past it when it does not answer."""

import json
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core import secrets as loader
from deploy.demo.serving import in_thread
from tests.deploy.loader.conftest import API_KEYS, CONFIG, LAMBDA_ENVIRON, Stored
from tests.deploy.loader.front import Front


class Extension(ThreadingHTTPServer):
    """Answers as the extension does: GetSecretValue's JSON, for a right session token."""

    daemon_threads = True

    def __init__(self, client: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client = client
        self.refusal: tuple[int, bytes] | None = None
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Extension

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        assert url.path == "/secretsmanager/get"
        asked = {key: value for key, [value] in parse_qs(url.query, strict_parsing=True).items()}
        self.server.asked.append(asked["secretId"])
        token = self.headers["X-Aws-Parameters-Secrets-Token"]
        status, body = self.server.refusal or (200, b"")
        if token != LAMBDA_ENVIRON["AWS_SESSION_TOKEN"]:
            status, body = 401, b"unauthorized"
        if status == 200 and not body:
            parameters = {f"{key[0].upper()}{key[1:]}": value for key, value in asked.items()}
            answer = self.server.client.get_secret_value(**parameters)
            body = json.dumps(answer, default=_text).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _text(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


@pytest.fixture
def extension(
    in_lambda: None, local_client: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Extension]:
    with in_thread(Extension(local_client)) as server:
        monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "extension")
        monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(server.server_address[1]))
        yield server


def test_secrets_come_from_the_extension_with_the_session_token(
    extension: Extension, front: Front, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    versions = stored.load()
    assert loader.get_secret(stored.api_keys) == API_KEYS
    assert sorted(extension.asked) == [stored.api_keys, stored.config]
    assert versions[stored.config]
    assert front.calls == []
    assert (
        "Secrets Manager was asked by way of extension: MIYABI_SECRETS_ROUTE says so"
        in caplog.messages
    )


def test_an_arn_s_colons_arrive(extension: Extension, front: Front, stored: Stored) -> None:
    arn = stored.client.describe_secret(SecretId=stored.api_keys)["ARN"]
    assert loader.get_secret(arn) == API_KEYS
    assert extension.asked == [arn]


def test_a_version_and_bytes_are_asked_of_it(
    extension: Extension, front: Front, stored: Stored
) -> None:
    stored.client.put_secret_value(SecretId=stored.config, SecretBinary=b"\x00\xff")
    assert loader.get_secret_value(stored.config).secret_binary == b"\x00\xff"
    previous = loader.get_secret_value(stored.config, version_stage="AWSPREVIOUS")
    by_id = loader.get_secret_value(stored.config, version_id=previous.version_id)
    assert previous.keys == by_id.keys == CONFIG
    assert (len(extension.asked), front.calls) == (3, [])


def test_another_region_is_not_asked_of_it(
    extension: Extension, front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = stored.client.describe_secret(SecretId=stored.config)["ARN"]
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert loader.get_secret(arn) == CONFIG
    assert (extension.asked, front.calls) == ([], [("GetSecretValue", arn)])


@pytest.mark.parametrize(
    "refusal",
    [
        (400, b"not ready to serve traffic, please wait"),
        (500, b"an unexpected error occurred while executing request"),
        (200, b"not JSON"),
        (200, b"[]"),
        (200, b'{"Parameter": {}}'),
    ],
)
def test_where_it_does_not_answer_with_a_secret_aws_is_asked(
    extension: Extension, front: Front, stored: Stored, refusal: tuple[int, bytes]
) -> None:
    extension.refusal = refusal
    assert loader.get_secret(stored.api_keys) == API_KEYS
    assert front.calls == [("GetSecretValue", stored.api_keys)]


def test_where_it_does_not_run_aws_is_asked(
    front: Front, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIYABI_SECRETS_ROUTE", "extension")
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "9")
    assert loader.get_secret(stored.api_keys) == API_KEYS


def test_an_error_is_told_in_aws_s_own_words(extension: Extension, front: Front) -> None:
    extension.refusal = (400, b"an error")
    with pytest.raises(loader.SecretNotFound, match="ResourceNotFoundException"):
        loader.get_secret("miyabi/none")


def test_a_refresh_goes_past_its_cache(extension: Extension, front: Front, stored: Stored) -> None:
    loader.get_secret(stored.api_keys)
    stored.put(stored.api_keys, {"GITHUB_TOKEN": "t-new"})
    assert loader.get_secret(stored.api_keys, "GITHUB_TOKEN", refresh=True) == "t-new"
    assert extension.asked == [stored.api_keys]
    assert front.calls == [("GetSecretValue", stored.api_keys)]
