"""A refresh that fails: what is held is served, and AWS is left alone for a while."""

import os
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from core import _loader, _pace, _reading, _store, _value
from core import secrets as loader
from core._deadline import Deadline, make_deadline
from secrets_ui.domain.access.error_reading import read_error
from tests.deploy.loader.clients import API_KEYS, CONFIG, Client, client_of

AWAY = EndpointConnectionError(endpoint_url="https://secretsmanager.us-west-2.amazonaws.com")
REFUSED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (_loader, _pace, _store, _value):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def client(in_lambda: None) -> Client:
    return client_of({"GITHUB_TOKEN": "t-1"}, {"BASE_URL": "u-1"})


@pytest.fixture
def warm(client: Client, clock: Clock) -> loader.Loader:
    """An instance that has loaded, six minutes ago."""
    warm = loader.Loader(client)
    load(warm)
    clock.now += 360
    client.calls.clear()
    return warm


def load(warm: loader.Loader, **terms: Any) -> dict[str, str]:
    return warm.load_secrets_to_env("miyabi", "prod", **terms)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("failure", [AWAY, REFUSED], ids=["away", "refused"])
def test_what_is_held_is_served_with_one_warning_that_the_panel_understands(
    client: Client, warm: loader.Loader, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    client.answers[CONFIG] = failure
    for _ in range(5):
        assert load(warm, max_age=300) == {API_KEYS: "v-1", CONFIG: "v-1"}
        assert warm.get_secret(CONFIG, "BASE_URL", max_age=300) == "u-1"
    assert os.environ["BASE_URL"] == "u-1"
    assert len(client.calls) == 2  # the two secrets, once
    [warning] = warnings(caplog)
    assert f"what is held is used ({API_KEYS} v-1, {CONFIG} v-1)" in warning
    assert read_error(warning).is_known
    assert "u-1" not in caplog.text


@pytest.mark.parametrize("terms", [{"max_age": 300, "strict": True}, {"refresh": True}])
def test_who_asks_for_a_fresh_one_is_told(
    client: Client, warm: loader.Loader, terms: dict[str, Any]
) -> None:
    client.answers = dict.fromkeys(client.answers, AWAY)
    load(warm, max_age=300)  # a back-off is no answer to them
    for _ in range(2):
        with pytest.raises(loader.Unreachable):
            load(warm, **terms)
        with pytest.raises(loader.Unreachable):
            warm.get_secret(CONFIG, **terms)
    assert os.environ["BASE_URL"] == "u-1"


def test_without_anything_held_the_error_is_raised(client: Client) -> None:
    client.answers[CONFIG] = AWAY
    with pytest.raises(loader.Unreachable):
        load(loader.Loader(client), max_age=300)
    assert "GITHUB_TOKEN" not in os.environ


def test_each_back_off_is_longer_up_to_a_limit_and_a_success_ends_them(
    client: Client, warm: loader.Loader, clock: Clock
) -> None:
    client.answers[CONFIG] = AWAY
    for limit in (10, 20, 40, 80, 160, 300, 300):
        warm.get_secret(CONFIG, max_age=300)
        asked = len(client.calls)
        clock.now += limit / 2 - 1  # the shortest is half of it
        warm.get_secret(CONFIG, max_age=300)
        assert len(client.calls) == asked
        clock.now += limit / 2 + 1
    client.answers[CONFIG] = {"BASE_URL": "u-2"}
    assert warm.get_secret(CONFIG, "BASE_URL", max_age=300) == "u-2"
    client.answers[CONFIG] = AWAY
    clock.now += 301
    warm.get_secret(CONFIG, max_age=300)
    clock.now += 10
    asked = len(client.calls)
    warm.get_secret(CONFIG, max_age=300)
    assert len(client.calls) == asked + 1


def test_a_clock_that_is_set_back_ends_a_back_off(
    client: Client, warm: loader.Loader, clock: Clock
) -> None:
    client.answers[CONFIG] = AWAY
    warm.get_secret(CONFIG, max_age=300)
    clock.now -= 86_400
    warm.get_secret(CONFIG, max_age=300)
    assert len(client.calls) == 2


def test_back_offs_are_drawn_at_random(clock: Clock) -> None:
    drawn = [_pace.BackOff(None).seconds for _ in range(200)]
    assert len(set(drawn)) > 190
    assert 5 <= min(drawn) < 6 < 9 < max(drawn) <= 10


def test_a_thread_that_waits_in_vain_for_another_s_refresh_serves_what_is_held(
    warm: loader.Loader, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with _store._lock:
        assert warm.get_secret(CONFIG, "BASE_URL", max_age=300, timeout=0.01) == "u-1"
        with pytest.raises(loader.TimedOut, match="Another thread was still reading"):
            warm.get_secret(CONFIG, max_age=300, timeout=0.01, strict=True)
    assert client.calls == []
    assert len(warnings(caplog)) == 1


def test_a_refresh_that_has_something_to_fall_back_on_makes_nobody_wait_for_long(
    warm: loader.Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def read(several: Any, deadline: Deadline, **_: Any) -> Any:
        given.append(deadline.left())
        raise loader.TimedOut("miyabi/prod/config")

    monkeypatch.setattr(_reading, "read", read)
    warm.get_secret(CONFIG, max_age=300)
    for terms in ({"strict": True}, {"refresh": True}, {"timeout": 6.0, "strict": True}):
        with pytest.raises(loader.TimedOut):
            warm.get_secret(CONFIG, max_age=300, **terms)
    assert [round(seconds) for seconds in given] == [3, 8, 8, 6]
    assert make_deadline(None, None).left() > 7


# A new version that can be read, and not set.


@pytest.mark.parametrize(
    ("config", "terms", "words"),
    [
        ({"BASE_URL": "u-2", "MY-KEY": "v"}, {}, "Its key 'MY-KEY' is no name"),
        ({"OTHER": "v"}, {"required": ["BASE_URL"]}, "Missing: BASE_URL"),
        ("no object", {}, "not an object of keys and values"),
    ],
)
def test_a_new_version_that_cannot_be_set_leaves_the_variables(
    client: Client,
    warm: loader.Loader,
    caplog: pytest.LogCaptureFixture,
    config: Any,
    terms: dict[str, Any],
    words: str,
) -> None:
    client.version, client.answers[CONFIG] = "v-2", config
    for _ in range(3):
        assert load(warm, max_age=300, **terms) == {API_KEYS: "v-1", CONFIG: "v-1"}
    assert os.environ["BASE_URL"] == "u-1"
    [warning] = warnings(caplog)
    assert words in warning
    with pytest.raises(loader.UnusableSecret, match=words):
        load(warm, max_age=300, strict=True, **terms)
    client.version, client.answers[CONFIG] = "v-3", {"BASE_URL": "u-3"}
    assert load(warm, refresh=True, **terms)[CONFIG] == "v-3"
    assert os.environ["BASE_URL"] == "u-3"


def test_what_is_set_and_lacks_a_key_that_is_now_required_is_told(warm: loader.Loader) -> None:
    with pytest.raises(loader.KeyNotFound, match="Missing: NOPE"):
        load(warm, required=["NOPE"])


# Variables that the application has made its own.


@pytest.mark.parametrize("override", [True, False])
@pytest.mark.parametrize("own", ["changed", None])
def test_a_variable_that_the_application_changed_or_removed_is_left_alone(
    client: Client, override: bool, own: str | None
) -> None:
    warm = loader.Loader(client)
    load(warm, override=override)
    if own is None:
        del os.environ["GITHUB_TOKEN"]
    else:
        os.environ["GITHUB_TOKEN"] = own
    for version in ("v-2", "v-3"):
        client.version, client.answers[API_KEYS] = version, {"GITHUB_TOKEN": version}
        load(warm, override=override, refresh=True)
        assert os.environ.get("GITHUB_TOKEN") == own
    client.version, client.answers[API_KEYS] = "v-4", {}
    load(warm, override=override, refresh=True)
    assert os.environ.get("GITHUB_TOKEN") == own


@pytest.mark.parametrize(("override", "expected"), [(True, "of the secret"), (False, "before")])
def test_a_key_that_a_later_version_adds_meets_what_was_there_before(
    client: Client, override: bool, expected: str
) -> None:
    warm = loader.Loader(client)
    load(warm, override=override)
    os.environ["ADDED"] = "before"
    client.version, client.answers[CONFIG] = "v-2", {"ADDED": "of the secret"}
    load(warm, override=override, refresh=True)
    assert os.environ["ADDED"] == expected
