"""`python -m deploy.demo`: a local AWS with the Miyabi estate, and the console, until Ctrl-C.

Variables: PORT, DEMO_AWS_PORT, GITHUB_PORT, DEMO_PASSWORD, DEMO_FOLDER and STATUS_EVERY; SSO=1 for
an identity provider, KEEP=1 to go on with what the last demo on this port left, RELOAD=1 to load
changes of the code as they come. With KEEP=1 the accounts keep their password, whatever
DEMO_PASSWORD says.
"""

import os
import secrets
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from deploy.demo.aws_config import write_aws_config
from deploy.demo.estate import ENVIRONMENTS_FILE, build_estate, read_environments
from deploy.demo.folder import KEYS, Folder, is_on, make_keys, open_folder
from deploy.demo.given_out import start_github
from deploy.demo.local_aws import CREDENTIALS, HOST, PROJECT, LocalAws, LocalAwsError
from deploy.demo.metrics import fill_metrics
from deploy.demo.oidc_provider import OidcProvider, Person
from deploy.demo.processes import (
    DemoError,
    beside,
    choose_port,
    gunicorn,
    run_to_end,
    wait_until_ready,
    watch,
)
from deploy.demo.seed import ROLES
from deploy.demo.settings import leave_behind_what_is_personal, make_settings, write_env_file
from deploy.demo.trail import fill_trail
from miyabi_admin.hardening import harden

READY = """
  Miyabi secrets console   http://{host}:{port}
  Accounts                 {accounts}
  Password                 {password}
  Local AWS                {endpoint}
  AWS CLI beside it        export AWS_CONFIG_FILE={aws_config}
                           aws --profile miyabi-prod secretsmanager list-secrets
  Commands beside it       export ENV_FILE={env_file}
                           {python} manage.py list_secrets prod --as viewer
  Logs                     {log}
  Mail                     {mail}, what is told of the environments

Ctrl-C stops it all. The next start makes new values, accounts and keys; with KEEP=1 it goes on
with these.
"""
PROVIDER = """
  Identity provider        {issuer}, a small one of this demo: "Sign in with ..." leads there
  People there             {people}
"""
GITHUB = """
  GitHub                   {address}, a small one of this demo: makes tokens, and says which work
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
    """Run the demo until INT, TERM or HUP, and leave no process behind.

    Returns 0, or 1 after an error.
    """
    harden()
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
    github_port = choose_port("GITHUB_PORT", 0)
    folder = open_folder(port)
    kept = folder.read_kept_settings() or _make_kept_settings()
    aws = _start_aws(stack, aws_port, folder)
    provider = _start_provider(stack, port, kept)
    github = start_github(stack, github_port, aws.endpoint)
    environ = _make_environ(folder, port, aws, kept) | (provider.environ() if provider else {})
    environ |= github.environ()
    write_env_file(folder.env_file, environ)
    _fill_database(folder, environ)
    stack.enter_context(beside("deploy.demo.function", environ, folder.aws_log, aws.endpoint))
    folder.write_kept_settings(kept | _find_sso_port(provider))  # last: it says that all is there
    with _step("Starting the console under gunicorn"):
        console = stack.enter_context(gunicorn(environ, folder.log, reload=is_on("RELOAD")))
        wait_until_ready(console, f"http://{HOST}:{port}/livez", folder.log)
    print(GITHUB.format(address=github.address), end="")
    _print_ready(port, kept["DEMO_PASSWORD"], aws, folder, provider)
    watch({"console": (console, folder.log), "local AWS": (aws.process, folder.aws_log)})


def _make_kept_settings() -> dict[str, str]:
    """New keys, and the password that is set or a new one."""
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(12)
    return make_keys() | {"DEMO_PASSWORD": password}


def _make_environ(
    folder: Folder, port: int, aws: LocalAws, kept: Mapping[str, str]
) -> dict[str, str]:
    keys = {name: kept[name] for name in KEYS}
    environ = make_settings(folder.path, port, aws, kept["DEMO_PASSWORD"], keys)
    # One worker loads a change sooner than several.
    return environ | ({"WEB_CONCURRENCY": "1"} if is_on("RELOAD") else {})


def _start_aws(stack: ExitStack, port: int, folder: Folder) -> LocalAws:
    """The local AWS: new with the Miyabi estate in it, or with what the last demo left."""
    kept = " with what the last demo left in it" if folder.is_kept else ""
    with _step(f"Starting a local AWS{kept}"):
        started = LocalAws.start(port, log=folder.aws_log, state=folder.aws_state)
        aws = stack.enter_context(started)
    if not folder.is_kept:
        with _step("Building the Miyabi estate: dev, staging, prod"):
            build_estate(aws.endpoint)
            fill_metrics(aws.endpoint, read_environments().values())
            fill_trail(aws.endpoint, read_environments().values())
    shutil.copy(ENVIRONMENTS_FILE, folder.path / "environments.toml")
    write_aws_config(folder.aws_config, aws.endpoint, read_environments().values())
    return aws


def _start_provider(stack: ExitStack, port: int, kept: Mapping[str, str]) -> OidcProvider | None:
    """With SSO=1 an identity provider as well; it accepts both names of the console.

    A kept demo's provider has its old port: the console knows people by the provider's address.
    """
    if not is_on("SSO"):
        return None
    redirects = [f"http://{host}:{port}/sso/callback" for host in (HOST, "localhost")]
    provider_port = choose_port("SSO_PORT", int(kept.get("SSO_PORT", 0)))
    return stack.enter_context(OidcProvider(redirects, PEOPLE).running(provider_port))


def _find_sso_port(provider: OidcProvider | None) -> dict[str, str]:
    return {"SSO_PORT": str(urlsplit(provider.issuer).port)} if provider else {}


def _fill_database(folder: Folder, environ: Mapping[str, str]) -> None:
    if folder.is_kept:
        with _step("Bringing the database up to date"):
            run_to_end("manage", environ, folder.log, "migrate", "--verbosity", "0")
        return  # the last results are there, and the runner beside the console goes on
    with _step("Making the database and the accounts"):
        run_to_end("deploy.demo.seed", environ, folder.log)
    with _step("Checking every environment once, for the status page"):
        # CloudTrail is asked at its own pace, by the runner beside the console.
        quick = {**environ, "STATUS_TRAIL_PAGES_PER_PASS": "0"}
        run_to_end("manage", quick, folder.log, "run_checks")


@contextmanager
def _step(title: str) -> Iterator[None]:
    """Print what is being done, and how long it took."""
    print(f"{title} ...", end=" ", flush=True)
    started, outcome = time.monotonic(), "not done"
    try:
        yield
        outcome = f"{time.monotonic() - started:.1f} s"
    finally:
        print(outcome, flush=True)


def _print_ready(
    port: int, password: str, aws: LocalAws, folder: Folder, provider: OidcProvider | None
) -> None:
    if provider:
        print(PROVIDER.format(issuer=provider.issuer, people=", ".join(PEOPLE)), end="")
    text = READY.format(
        host=HOST,
        port=port,
        accounts=", ".join(ROLES),
        password=password,
        endpoint=aws.endpoint,
        aws_config=shlex.quote(str(folder.aws_config)),
        env_file=shlex.quote(str(folder.env_file)),
        python=shlex.quote(str(_shorten(Path(sys.executable)))),
        log=_shorten(folder.log),
        mail=_shorten(folder.path / "mail"),
    )
    print(text, flush=True)


def _shorten(path: Path) -> Path:
    """Relative to the project where it is in it."""
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


if __name__ == "__main__":
    sys.exit(main())
