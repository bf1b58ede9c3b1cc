"""The JSON line of each read: which version this instance holds, and never a value."""

import io
import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from core import secrets as loader
from testkit.canary import leaks, make_plain_canary
from tests.deploy.loader.clients import API_KEYS, CONFIG, Client, client_of

VERSIONS = {API_KEYS: "v-1", CONFIG: "v-1"}


@pytest.fixture
def client(in_lambda: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    return client_of({"GITHUB_TOKEN": make_plain_canary()}, {"BASE_URL": "u"})


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line)["miyabi_secrets"] for line in capsys.readouterr().out.splitlines()]


def test_a_load_and_a_refresh_write_one_line_each(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = loader.Loader(client)
    mine.load_secrets_to_env("miyabi", "prod")
    mine.load_secrets_to_env("miyabi", "prod", max_age=300)
    [line] = lines(capsys)
    at = datetime.strptime(line.pop("at"), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert line == {
        "event": "load",
        "versions": VERSIONS,
        "function": "miyabi-api-handler",
        "function_version": "$LATEST",
        "initialization_type": "on-demand",
    }
    client.version = "v-2"
    mine.get_secret(CONFIG, refresh=True)
    [line] = lines(capsys)
    assert (line["event"], line["versions"]) == ("refresh", {CONFIG: "v-2"})


def test_no_value_is_in_it(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    mine = loader.Loader(client)
    mine.load_secrets_to_env("miyabi", "prod")
    mine.get_secret_values([API_KEYS, CONFIG])
    written = capsys.readouterr().out
    assert len(written.splitlines()) == 2
    assert leaks(client.answers[API_KEYS]["GITHUB_TOKEN"], written) == []


def test_what_is_not_current_or_was_not_read_writes_none(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = loader.Loader(client)
    mine.get_secret_value(CONFIG, version_stage="AWSPREVIOUS")
    client.answers[CONFIG] = LookupError("away")
    with pytest.raises(LookupError):
        mine.get_secret(CONFIG)
    assert lines(capsys) == []


def test_it_can_be_switched_off_and_is_written_in_lambda_alone(
    client: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIYABI_SECRETS_REPORT", "off")
    loader.Loader(client).get_secret(CONFIG)
    monkeypatch.delenv("MIYABI_SECRETS_REPORT")
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    loader.Loader(client).get_secret(CONFIG)
    assert lines(capsys) == []
    monkeypatch.setenv("MIYABI_SECRETS_REPORT", "no")
    asked = len(client.calls)
    with pytest.raises(loader.InvalidInput, match="MIYABI_SECRETS_REPORT: expected on or off"):
        loader.Loader(client).get_secret(CONFIG)
    assert len(client.calls) == asked


def test_a_closed_standard_output_stops_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr(sys, "stdout", stream)
        assert loader.Loader(client).get_secret(CONFIG) == {"BASE_URL": "u"}


def test_powertools_logger_writes_the_same_line_as_the_docs_say(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    loader.Loader(client).load_secrets_to_env("miyabi", "prod")
    [line] = lines(capsys)
    # Its service is a logger of Python's as well, whose level it sets for good.
    Logger(service="a-function", stream=sys.stdout).info(
        "secrets loaded", extra={"miyabi_secrets": line}
    )
    assert lines(capsys) == [line]
