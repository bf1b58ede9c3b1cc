"""`python -m deploy.demo`: a local AWS, the Miyabi estate in it, and the console before it, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from deploy.demo.aws_config import write_aws_config
from deploy.demo.estate import ENVIRONMENTS_FILE, build_estate, read_environments
from deploy.demo.local_aws import CREDENTIALS, HOST, PROJECT, LocalAws, LocalAwsError
from deploy.demo.metrics import fill_metrics
from deploy.demo.oidc_provider import OidcProvider, Person
from deploy.demo.processes import (
    DemoError,
    choose_port,
    gunicorn,
    run_to_end,
    wait_until_ready,
    watch,
)
from deploy.demo.seed import ROLES
from deploy.demo.settings import leave_behind_what_is_personal, make_settings, write_env_file

READY = """
  Miyabi secrets console   http://{host}:{port}
  Accounts                 {accounts}
  Password                 {password}
  Local AWS                {endpoint}
  AWS CLI beside it        export AWS_CONFIG_FILE={aws_config}
                           aws --profile miyabi-prod secretsmanager list-secrets
  Commands beside it       export ENV_FILE={env_file}
                           .venv/bin/python manage.py list_secrets prod --as viewer
  Logs                     {log}

Ctrl-C stops it all. Nothing is kept: each start makes new values, accounts and keys.
"""
PROVIDER = """
  Identity provider        {issuer}, a small one of this demo: "Sign in with ..." leads there
  People there             {people}
"""
# By the groups of deploy/environments.example.toml.
PEOPLE = {
    "developer": Person("demo-1", "developer@miyabi-world.com", ["miyabi-developers"]),
    "auditor": Person("demo-2", "auditor@miyabi-world.com", ["miyabi-auditors"]),
    "platform": Person(
        "demo-3", "platform@miyabi-world.com", ["miyabi-platform", "miyabi-developers"]
    ),
    "outsider": Person("demo-4", "outsider@miyabi-world.com"),
}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the demo until INT, TERM or HUP, and leave no process behind. Returns 0, or 1 after an error."""
    leave_behind_what_is_personal(os.environ)
    os.environ.update(CREDENTIALS)  # the estate is built with them
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        with ExitStack() as stack:
            _run_until_stopped(stack)
    except (DemoError, LocalAwsError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print("Stopped.")
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    for again in STOP_SIGNALS:
        signal.signal(again, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the stopping
    raise KeyboardInterrupt


def _run_until_stopped(stack: ExitStack) -> None:
    try:
        _run(stack)
    except KeyboardInterrupt:
        print("\nStopping ...", flush=True)


def _run(stack: ExitStack) -> None:
    port, aws_port = choose_port("PORT", 8000), choose_port("DEMO_AWS_PORT", 0)
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(12)
    folder = _make_folder(port)
    log = folder / "console.log"
    with _step("Starting a local AWS"):
        aws = stack.enter_context(LocalAws.start(aws_port, log=folder / "local-aws.log"))
    with _step("Building the Miyabi estate: dev, staging, prod"):
        _build(aws, folder)
    provider = _provider(stack, port)
    environ = make_settings(folder, port, aws, password) | (provider.environ() if provider else {})
    write_env_file(folder / "console.env", environ)
    with _step("Making the database and the accounts"):
        run_to_end("deploy.demo.seed", environ, log)
    with _step("Looking at every environment once, for the status page"):
        run_to_end("manage", environ, log, "run_checks")
    with _step("Starting the console under gunicorn"):
        console = stack.enter_context(gunicorn(environ, log))
        wait_until_ready(console, f"http://{HOST}:{port}/livez", log)
    _tell(port, password, aws, folder, provider)
    watch({"console": (console, log), "local AWS": (aws.process, folder / "local-aws.log")})


def _provider(stack: ExitStack, port: int) -> OidcProvider | None:
    """With SSO=1 an identity provider as well; it knows the console by both of its names."""
    if os.environ.get("SSO", "0") in ("", "0"):
        return None
    redirects = [f"http://{host}:{port}/sso/callback" for host in (HOST, "localhost")]
    provider_port = choose_port("SSO_PORT", 0)
    return stack.enter_context(OidcProvider(redirects, PEOPLE).running(provider_port))


def _make_folder(port: int) -> Path:
    """An empty folder for this start, by port: two demos may run side by side."""
    folder = Path(os.environ.get("DEMO_FOLDER") or PROJECT / ".demo").absolute() / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


@contextmanager
def _step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f"{title} ...", end=" ", flush=True)
    started, outcome = time.monotonic(), "not done"
    try:
        yield
        outcome = f"{time.monotonic() - started:.1f} s"
    finally:
        print(outcome, flush=True)


def _build(aws: LocalAws, folder: Path) -> None:
    build_estate(aws.endpoint)
    fill_metrics(aws.endpoint, read_environments().values())
    shutil.copy(ENVIRONMENTS_FILE, folder / "environments.toml")
    write_aws_config(folder / "aws-config", aws.endpoint, read_environments().values())


def _tell(
    port: int, password: str, aws: LocalAws, folder: Path, provider: OidcProvider | None
) -> None:
    if provider:
        print(PROVIDER.format(issuer=provider.issuer, people=", ".join(PEOPLE)), end="")
    print(
        READY.format(
            host=HOST,
            port=port,
            accounts=", ".join(ROLES),
            password=password,
            endpoint=aws.endpoint,
            aws_config=shlex.quote(str(folder / "aws-config")),
            env_file=shlex.quote(str(folder / "console.env")),
            log=_shown(folder / "console.log"),
        ),
        flush=True,
    )


def _shown(path: Path) -> Path:
    """Short where it is in the project, whole elsewhere."""
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


if __name__ == "__main__":
    sys.exit(main())
