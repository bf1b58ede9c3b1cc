"""AWS calls of a status pass over three environments, and its time at the configured rates."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.servers import make_environ, seed
from deploy.demo.local_aws import PROJECT
from testkit.estate import make_secrets
from testkit.fake_aws import FakeAwsProcess

RUNNER = "console=run_checks"  # the name of its sessions
# Secrets a page and in the catalogue; policies a pass reads again.
ENVIRONMENTS, PAGE, CATALOG, POLICIES = (3, 100, 2, 200)
UNPACED = {f"STATUS_{what}_PER_SECOND": "100000" for what in ("SECRETS", "IAM", "OTHERS")}


def measure(secrets: int, *, paced: bool = True) -> dict[str, object]:
    """Measure the second pass: the first one reads every version once.

    Unless `paced`, its calls wait for no rate, and its seconds say nothing.
    """
    with (
        TemporaryDirectory(prefix="miyabi-bench-") as name,
        FakeAwsProcess.start(make_secrets(secrets, secrets)) as aws,
    ):
        folder = Path(name)
        environ = make_environ(folder, aws.endpoint)
        seed(environ, folder)
        _run_pass(
            environ
            | UNPACED
            | {"STATUS_LOOKS_PER_PASS": "100000", "STATUS_POLICIES_PER_PASS": "100000"}
        )
        first = aws.take_calls(RUNNER)
        began = time.perf_counter()
        _run_pass(environ if paced else environ | UNPACED)
        seconds, calls = time.perf_counter() - began, aws.take_calls(RUNNER)
    return {
        "secrets": secrets * ENVIRONMENTS,
        "total": sum(calls.values()),
        "calls": calls,
        "goals_at_most": _goals(secrets),
        "seconds": round(seconds, 1),
        "first pass": first,
    }


def _goals(secrets: int) -> dict[str, int]:
    pages = -(-secrets // PAGE)
    return {
        "ListSecrets": pages * ENVIRONMENTS,
        "DescribeSecret": CATALOG * ENVIRONMENTS,
        "GetResourcePolicy": (POLICIES + CATALOG) * ENVIRONMENTS,
        "GetRole": 2 * ENVIRONMENTS,
        "GetPolicyVersion": 4 * ENVIRONMENTS,
        "GetSecretValue": 0,
    }


def _run_pass(environ: Mapping[str, str]) -> None:
    command = [sys.executable, "manage.py", "run_checks"]
    done = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
