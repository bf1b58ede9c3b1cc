"""A child that is forked while another thread of its parent reads."""

import logging
import os
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from core import _environ
from core import secrets as loader
from tests.deploy.loader.clients import client_of
from tests.deploy.loader.conftest import CONFIG, Stored
from tests.deploy.loader.front import Front, Handler, telling

pytestmark = pytest.mark.processes


def test_a_child_forked_in_the_middle_of_a_read_reads_by_itself(
    front: Front, stored: Stored
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer_late(handler: Handler, request: dict[str, Any]) -> None:
        asked.set()
        go_on.wait(30)
        telling({"ARN": "", "VersionId": "v", "SecretString": "{}"})(handler, request)

    front.answer(stored.config, answer_late)
    reader = threading.Thread(target=loader.get_secret, args=[stored.config], daemon=True)
    reader.start()
    assert asked.wait(30)

    def read_again() -> bool:
        read: dict[str, Any] = loader.get_secret(stored.config, refresh=True, timeout=5)
        return read == CONFIG

    try:
        status = _status_of_child(read_again)
    finally:
        go_on.set()
        reader.join(30)
    assert status == 0


def test_a_child_never_finds_half_of_the_variables(
    in_lambda: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What was set is told after that. Forked in the middle of it, a child waits for the log's file
    # for ever, as in any program.
    caplog.set_level(logging.WARNING, "core.secrets")
    names = [f"V_{number}" for number in range(20)]
    half = threading.Event()

    def as_text(value: object) -> str:
        """Slow, so that the fork below comes in the middle."""
        half.set()
        time.sleep(0.005)
        return str(value)

    monkeypatch.setattr(_environ, "as_text", as_text)
    client = client_of(dict.fromkeys(names, "v"), {})
    mine = loader.Loader(client)
    thread = threading.Thread(target=mine.load_secrets_to_env, args=["miyabi", "prod"])
    thread.start()
    assert half.wait(30)

    def all_are_set() -> bool:
        are_set = all(os.environ.get(name) == "v" for name in names)
        client.version = "v-2"
        mine.load_secrets_to_env("miyabi", "prod", refresh=True)
        return are_set and os.environ["V_19"] == "v"

    status = _status_of_child(all_are_set)
    thread.join(30)
    assert status == 0
    assert mine.load_secrets_to_env("miyabi", "prod", refresh=True)  # the parent's lock is free


def _status_of_child(is_right: Callable[[], bool]) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: it is the test
        child = os.fork()
    if child == 0:
        try:
            os._exit(0 if is_right() else 2)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
