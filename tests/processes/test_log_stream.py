"""S74: whatever a record holds, it is one escaped line in the log stream of a real process."""

import json
from collections.abc import Callable

import pytest

from testkit.starting import production, start
from tests.processes.conftest import Start

pytestmark = pytest.mark.processes
NASTY = {
    "newlines": 'hana\n{"level": "info", "message": "audit record", '
    '"audit": {"actor": "forged"}}\r\nx',
    "ansi": "hana\x1b[2J\x1b[31m\x9b1A\x07\x08",
    "format strings": "%s %(message)s %n {0} {audit} ${HOME} %100000d",
    "unicode line ends and direction marks": "hana\u2028\u2029\x85\u202emoc.elpmaxe\u200b",
}


@pytest.mark.parametrize("kind", NASTY)
def test_s74_a_record_stays_in_one_escaped_line(
    kind: str, start: Start, sqlite_copy: Callable[[], str]
) -> None:
    console, text = start(sqlite_copy()), NASTY[kind]
    before = console.log.read_bytes()
    console.ask(
        "record", actor=text, environment="dev", secret=text, reason=text, details={"why": text}
    )
    lines = console.log.read_bytes()[len(before) :]

    assert lines.count(b"\n") == 1
    assert lines.endswith(b"\n")
    assert all(0x20 <= byte < 0x7F for byte in lines[:-1])
    result = json.loads(lines)
    assert result["message"] == "audit record"
    assert (result["audit"]["actor"], result["audit"]["secret"]) == (text, text)
    assert console.ask("verify")["status"] == 0
    assert console.ask("records")[0]["actor"] == text
    console.stop()


_UNCAUGHT = """
import threading, warnings, django
django.setup()
warnings.warn("a warning")
thread = threading.Thread(target=lambda: int("hunter2"))
thread.start()
thread.join()
raise KeyError("hunter2")
"""


def test_what_python_prints_by_itself_is_a_line_of_the_server_s_log() -> None:
    settings = production(DJANGO_SETTINGS_MODULE="miyabi_admin.settings")
    done = start(settings, "-W", "always", "-c", _UNCAUGHT)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert "a warning" in lines[0]["message"]
    assert [line["exception"]["type"] for line in lines[1:]] == [
        "builtins.ValueError",
        "builtins.KeyError",
    ]
    assert "hunter2" not in done.stdout
