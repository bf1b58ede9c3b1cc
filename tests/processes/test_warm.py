"""A fork of the warm Python does what a Python that was started does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.demo.local_aws import PROJECT
from testkit import starting, warm
from testkit.environments import as_toml, fresh_environments
from tests.processes.consoles import Worker

ENVIRON = {"ONE": "1", "LC_ALL": "C.UTF-8"}
TELL = "import os, sys; print(sorted(os.environ), sys.argv, os.getcwd(), sys.stdin.read())"
CHILD = "import os, sys; print(sys.argv, sys.stdin.read(), os.getsid(0) == os.getpid()); exit(4)"
PARENT = f"""
import os, subprocess, sys, tempfile
print("before")
folder = tempfile.TemporaryDirectory()  # the parent's alone to delete
ended = subprocess.run(
    [sys.executable, "-c", {CHILD!r}, "more"], input=sys.stdin.read() + os.environ.get("ONE", ""),
    env={{"TWO": "2"}}, cwd="/", capture_output=True, text=True, start_new_session=True,
)
print(ended, os.path.isdir(folder.name))
sys.exit(ended.returncode)
"""

CONSOLE = """
import django
from django.core.exceptions import ImproperlyConfigured
try:
    django.setup()
except ImproperlyConfigured as error:
    exit(f"miyabi: {error}")
from allauth.socialaccount.providers import registry
from django.apps import apps
from django.conf import settings
from django.db import connection
from secrets_ui.services import configuration
print(list(apps.app_configs), connection.settings_dict, configuration.environments())
print(registry.get_class_list())
for name in dir(settings):
    if name.isupper() and not callable(value := getattr(settings, name)):
        print(name, value)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", TELL, "an argument"],
        ["-c", "import sys; sys.exit(3)"],
        ["-c", "import sys; sys.exit('why')"],
        ["-c", "import atexit; atexit.register(print, 'at the end')"],
        ["-c", "import threading, time; threading.Timer(0.1, print, ['a thread']).start()"],
        ["-c", "import os; os.kill(os.getpid(), 9)"],
        ["-c", PARENT],
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


def test_it_reads_settings_of_its_own_and_looks_whether_it_may_start(tmp_path: Path) -> None:
    environments = tmp_path / "environments.toml"
    environments.write_text(as_toml(fresh_environments()))
    settings = starting.production(
        DJANGO_SETTINGS_MODULE="miyabi_admin.settings",
        DATABASE_URL="postgres://somebody@somewhere/else",
        ENVIRONMENTS_FILE=str(environments),
        OIDC_ISSUER="https://idp.miyabi-world.com",
        OIDC_CLIENT_ID="miyabi",
        OIDC_CLIENT_SECRET="a secret",
    )
    for wrong in ({}, {"STATUS_WEBHOOK_URLS": "nowhere=https://miyabi-world.com"}):
        started = starting.start(settings | wrong, "-c", CONSOLE)
        forked = starting.run(settings | wrong, "-c", CONSOLE)
        assert forked.returncode == started.returncode == bool(wrong), forked.stderr
        assert forked.stdout.splitlines() == started.stdout.splitlines()
        assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]


def test_it_is_shown_with_its_own_command() -> None:
    program = "import os, subprocess; subprocess.run(['ps', '-o', 'args=', '-p', str(os.getpid())])"
    assert program in warm.run(["-c", program], {"PATH": os.environ["PATH"]}).stdout


def test_lines_that_come_together_are_heard_one_by_one(tmp_path: Path) -> None:
    program = ["-c", "print('1\\n2', flush=True); input()"]
    worker = Worker(program, {}, tmp_path / "log")
    assert [worker.hear(), worker.hear()] == [1, 2]
    worker.end()
