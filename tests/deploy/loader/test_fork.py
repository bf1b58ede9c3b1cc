"""A child that is forked while another thread of its parent reads."""

from __future__ import annotations

import os
import threading
import warnings
from typing import Any

import pytest

from core import secrets as loader
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
    try:
        status = _status_of_child(stored.config)
    finally:
        go_on.set()
        reader.join(30)
    assert status == 0


def _status_of_child(name: str) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: it is the test
        child = os.fork()
    if child == 0:
        try:
            read = loader.get_secret(name, refresh=True, timeout=5)
            os._exit(0 if read == CONFIG else 2)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
