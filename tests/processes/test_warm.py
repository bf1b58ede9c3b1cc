"""A fork of the warm Python does what a Python that was started does."""

import subprocess
import sys

import pytest

from deploy.demo.local_aws import PROJECT
from testkit import warm

ENVIRON = {"ONE": "1", "LC_ALL": "C.UTF-8"}
TELL = "import os, sys; print(sorted(os.environ), sys.argv, os.getcwd(), sys.stdin.read())"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", TELL, "an argument"],
        ["-c", "import sys; sys.exit(3)"],
        ["-c", "import sys; sys.exit('why')"],
        ["-c", "import atexit; atexit.register(print, 'at the end')"],
        ["-c", "import threading, time; threading.Timer(0.1, print, ['a thread']).start()"],
        ["-c", "import os; os.kill(os.getpid(), 9)"],
        ["-W", "error", "-c", "import warnings; warnings.warn('x')"],
        ["-m", "json.tool", "--compact"],
        ["manage.py", "check", "--no-such-option"],
    ],
    ids=str,
)
def test_it_ends_and_prints_as_one_that_was_started(arguments: list[str]) -> None:
    started = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=ENVIRON,
        input='["said"]',
        capture_output=True,
        text=True,
    )
    forked = warm.run(arguments, ENVIRON, '["said"]')
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]
