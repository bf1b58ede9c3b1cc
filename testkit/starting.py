"""Runs the console as a deployment does, in a process with nothing but the given settings."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping

from deploy.demo.local_aws import PROJECT
from testkit import warm

EXAMPLE = str(PROJECT / "deploy" / "environments.example.toml")


def production(**changes: str | None) -> dict[str, str]:
    """Settings that speak to real AWS and start; None takes one away."""
    keys = {
        name: secrets.token_urlsafe(48)
        for name in ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")
    }
    fine: dict[str, str | None] = {
        **keys,
        "ALLOWED_HOSTS": "console.miyabi-world.com",
        "ENVIRONMENTS_FILE": EXAMPLE,
        "ENV_FILE": "/nonexistent",
    }
    return {name: value for name, value in (fine | changes).items() if value is not None}


def run(settings: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """A Python command in the project's folder, in a fork of one that has read its modules.

    Nothing of this process's environment gets in but PATH.
    """
    return warm.run(command, _environ(settings))


def _environ(settings: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **settings}


def start(settings: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """The same, really started, where a start itself is tested."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT,
        env=_environ(settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


def check(settings: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return run(settings, "manage.py", "check", *options)


def serve(settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """gunicorn itself, on any free port; it ends by itself only when it cannot start."""
    return start(
        {"WEB_CONCURRENCY": "1", **settings},
        "-m",
        "gunicorn",
        "--config",
        "deploy/gunicorn.conf.py",
        "--bind",
        "127.0.0.1:0",
    )


def assert_one_line(output: str, expected: str) -> None:
    """Asserts that a refused start prints one line on its standard error."""
    assert output.startswith("miyabi: "), output
    assert output.count("\n") == 1, output
    assert expected in output
