"""The Lambda's loader against boto3 and Powertools, in fresh processes over TLS."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.timing import in_turns, ratio
from testkit import tls
from testkit.estate import make_secrets
from testkit.tls import HOST, LAMBDA, REDIRECT, REGION
from testkit.tls_aws import TlsAws

GOALS = {5: 0.20, 30: 0.25}  # milliseconds a call: of boto3's time
MEMORY_GOAL, WARM_GOAL, WARM_MICROSECONDS = 0.5, 0.06, 1.0
WARM_ROUNDS = 61
NAMES = ("miyabi/prod/api-keys", "miyabi/prod/config")

ENVIRON = {
    "AWS_LAMBDA_FUNCTION_NAME": "miyabi-api-handler",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local-session",
    "PATH": os.environ.get("PATH", ""),
}

# As a handler is loaded: no site, so that nothing but what the program asks for is imported, in any
# of them.
_HEAD = """
import sys
sys.path[:0] = {paths!r}
{redirect}
"""
_TAIL = """
import os
assert os.environ["GITHUB_TOKEN"] and os.environ["BASE_URL"]
if os.path.exists("/proc/self/status"):
    with open("/proc/self/status") as status:
        print(status.read().partition("VmHWM:")[2].split()[0])
"""
_LOADER = """
from core.secrets import load_secrets_to_env
load_secrets_to_env(project_name="miyabi", environment="prod")
"""
_BOTO3 = """
import boto3, json, os
client = boto3.client("secretsmanager", region_name="us-west-2", verify={bundle!r})
for name in {names!r}:
    os.environ.update(json.loads(client.get_secret_value(SecretId=name)["SecretString"]))
"""
_WARM = """
import os, time, timeit
os.environ.update(AWS_CA_BUNDLE={bundle!r})
from aws_lambda_powertools.utilities import parameters
import json, statistics
from core.secrets import get_secret
del os.environ["AWS_CA_BUNDLE"]
get_secret({name!r})
os.environ["AWS_CA_BUNDLE"] = {bundle!r}
parameters.get_secret({name!r}, transform="json", max_age=3600)
calls = {{
    "loader, one key": lambda: get_secret({name!r}, "GITHUB_TOKEN"),
    "loader, one key, with a maximum age": lambda: get_secret(
        {name!r}, "GITHUB_TOKEN", max_age=3600
    ),
    "loader, all keys": lambda: get_secret({name!r}),
    "Powertools": lambda: parameters.get_secret({name!r}, transform="json", max_age=3600),
}}
times = {{name: [] for name in calls}}
for number in range({rounds}):
    for name, call in calls.items():
        took = timeit.timeit(call, timer=time.process_time, number={number})
        times[name].append(took / {number} * 1e6)
print(json.dumps(times))
"""


def measure(rounds: int, warm_number: int) -> dict[str, object]:
    with TemporaryDirectory(prefix="miyabi-loader-") as name:
        folder = Path(name)
        certificates = tls.make_certificates(folder)
        bundle = _bundle(folder, certificates.authority)
        core = str(tls.copy_core(folder / "layer", _roots(certificates.authority)))
        paths = [core, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
        secrets = {name: value for name, value in make_secrets(0).items() if name in NAMES}
        figures: dict[str, object] = {}
        memory: dict[str, list[float]] = {}
        # It serves from this process, which does nothing else meanwhile.
        with TlsAws(secrets, certificates).running() as aws:
            programs = _programs(paths, aws.port, bundle)
            _cold(programs, 1, {})  # writes the bytecode
            for delay, goal in GOALS.items():
                aws.delay = delay / 1000
                times = _cold(programs, rounds, memory)
                figures[f"cold start, {delay} ms a call"] = ratio(times, "loader", "boto3", goal)
            figures["peak memory"] = _memory(memory)
            figures["get_secret of what is held"] = _warm(paths, aws.port, bundle, warm_number)
        return figures


def _roots(authority: Path) -> str:
    """The layer's roots and this run's authority: one more to load than in production."""
    sys.path.insert(0, str(LAMBDA))
    try:
        import build_layer
    finally:
        sys.path.remove(str(LAMBDA))
    return str(build_layer.amazon_roots(build_layer.installed_bundle())) + authority.read_text()


def _bundle(folder: Path, authority: Path) -> str:
    """botocore's own bundle, which it loads by default, and the authority of this run."""
    spec = find_spec("botocore")
    assert spec.origin
    path = folder / "bundle.pem"
    shutil.copy(Path(spec.origin).parent / "cacert.pem", path)
    with path.open("a") as file:
        file.write(authority.read_text())
    return str(path)


def _programs(paths: list[str], port: int, bundle: str) -> dict[str, str]:
    head = _HEAD.format(paths=paths, redirect=REDIRECT.format(host=HOST, port=port))
    return {
        "loader": head + _LOADER + _TAIL,
        "boto3": head + _BOTO3.format(bundle=bundle, names=NAMES) + _TAIL,
    }


def _cold(
    programs: Mapping[str, str], rounds: int, memory: dict[str, list[float]]
) -> dict[str, list[float]]:
    """Milliseconds from the start of a process to its end."""

    def run(name: str) -> None:
        if peak := _run(programs[name]):  # in kB, where /proc tells it
            memory.setdefault(name, []).append(int(peak) / 1024)

    variants = {name: (lambda name=name: run(name)) for name in programs}
    return in_turns(variants, rounds)


def _run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # The last line is the program's own; the loader writes one before it.
    return "".join(done.stdout.splitlines()[-1:])


def _memory(memory: Mapping[str, list[float]]) -> dict[str, object]:
    if not memory:
        return {"ratio": None, "why": "this system has no /proc"}
    medians = {name: round(statistics.median(values), 1) for name, values in memory.items()}
    return {
        "ratio": round(medians["loader"] / medians["boto3"], 3),
        "goal_at_most": MEMORY_GOAL,
        "median_mib": medians,
    }


def _warm(paths: list[str], port: int, bundle: str, number: int) -> dict[str, object]:
    head = _HEAD.format(paths=paths, redirect=REDIRECT.format(host=HOST, port=port))
    output = _run(
        head + _WARM.format(bundle=bundle, name=NAMES[0], rounds=WARM_ROUNDS, number=number)
    )
    times: dict[str, list[float]] = json.loads(output)
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {
        "ratio": {
            name: round(value / medians["Powertools"], 4)
            for name, value in medians.items()
            if name != "Powertools"
        },
        "goal_at_most": WARM_GOAL,
        "median_microseconds": {name: round(value, 3) for name, value in medians.items()},
        "microseconds_goal_under": WARM_MICROSECONDS,
        "raw_microseconds": {
            name: [round(value, 3) for value in values] for name, values in times.items()
        },
    }
