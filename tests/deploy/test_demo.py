"""`python -m deploy.demo`, started as `make demo` starts it, and used as a newcomer would."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest

from deploy.demo.local_aws import PROJECT
from testkit import warm
from tests.deploy.demos import DEMO, Answer, Demo, end, start
from tests.deploy.processes import descendants, wait_until_gone

pytestmark = [pytest.mark.processes, pytest.mark.slow]
ROLES = ("viewer", "editor", "auditor", "admin")


# A start takes twenty seconds of the processor, so there are two for the whole file, and one that
# goes on with what the first left; the first alone is no fork. The tests that end one stand last.
@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    demo = start()
    yield demo
    end(demo)


@pytest.fixture(scope="module")
def sso_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """With an identity provider; it is told where to write, as in a container."""
    folder = tmp_path_factory.mktemp("contained") / "demo"
    demo = start(forked=True, SSO="1", DEMO_FOLDER=str(folder))
    yield demo
    end(demo)


def sign_in(demo: Demo, username: str, password: str) -> Answer:
    page = demo.ask("GET", "/sign-in")
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    form = {"csrfmiddlewaretoken": token[1], "username": username, "password": password}
    kind = "application/x-www-form-urlencoded"
    return demo.ask(
        "POST", "/sign-in", urlencode(form), Cookie=cookie, Content_Type=kind, Origin=demo.address
    )


def test_it_says_what_it_does_and_how_long_each_step_took(demo: Demo) -> None:
    steps = re.findall(r"^(.+) \.\.\. \d+\.\d s$", demo.shown, re.MULTILINE)
    assert steps == [
        "Starting a local AWS",
        "Building the Miyabi estate: dev, staging, prod",
        "Making the database and the accounts",
        "Checking every environment once, for the status page",
        "Starting the console under gunicorn",
    ]
    assert "viewer, editor, approver, auditor, admin" in demo.shown


def test_it_answers_on_loopback(demo: Demo) -> None:
    assert demo.address.startswith("http://127.0.0.1:")
    assert demo.ask("GET", "/livez").status == 200
    assert demo.ask("GET", "/sign-in").status == 200


@pytest.mark.parametrize("role", ROLES)
def test_the_account_of_each_role_signs_in_with_the_password_that_was_shown(
    demo: Demo, role: str
) -> None:
    answer = sign_in(demo, role, demo.password)
    assert answer.status == 302
    assert "__Host-session" in str(answer.headers)


def test_the_status_page_has_looked_and_a_runner_goes_on(demo: Demo) -> None:
    page = page_of(demo, "viewer", "/status")
    assert "dev and staging are not healthy:" in page
    assert "No checks are scheduled" not in page


def test_its_github_knows_the_tokens_and_told_the_status_pass_when_they_expire(demo: Demo) -> None:
    assert "miyabi-prod" in replace(demo, address=demo.github).ask("GET", "/").text
    page = page_of(demo, "editor", "/prod/due")
    assert "GitHub told when it expires." in page
    assert "/prod/rotate/" in page


def page_of(demo: Demo, role: str, path: str) -> str:
    """What somebody with a role reads there."""
    answer = sign_in(demo, role, demo.password)
    cookies = "; ".join(text.partition(";")[0] for text in answer.headers.get_all("Set-Cookie", []))
    return demo.ask("GET", path, Cookie=cookies).text


def test_another_password_does_not(demo: Demo) -> None:
    assert "__Host-session" not in str(sign_in(demo, "viewer", "not the password").headers)


def test_prods_config_was_saved_in_this_console_and_prods_api_keys_were_not(demo: Demo) -> None:
    versions = {}
    for name in ("config", "api-keys"):
        answer = (
            profile(demo, "miyabi-prod")
            .client("secretsmanager")
            .describe_secret(SecretId=f"miyabi/prod/{name}")
        )
        [versions[name]] = [
            v for v, stages in answer["VersionIdsToStages"].items() if "AWSCURRENT" in stages
        ]
    assert re.fullmatch(r"[0-9a-f]{64}", versions["config"])  # the hash of an audit record
    assert not re.fullmatch(r"[0-9a-f]{64}", versions["api-keys"])


def profile(demo: Demo, name: str) -> boto3.Session:
    """A session as the AWS CLI makes it from the file that the demo prints.

    The variables of the test run are removed, because they would win over the file.
    """
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    with pytest.MonkeyPatch.context() as patch:
        for variable in names:
            patch.delenv(variable, raising=False)
        patch.setenv("AWS_CONFIG_FILE", str(demo.folder / "aws-config"))
        session = boto3.Session(profile_name=name)
        session.get_credentials()  # now, while the variables are away
    return session


def test_the_access_log_is_json_and_holds_paths_without_query_strings(demo: Demo) -> None:
    demo.ask("GET", "/filtered?person=hana-k&reason=canary-in-query")
    demo.ask("GET", "/livez%0a%22forged%22%1b[31m")
    forged = wait_for_access(demo, '/livez\n"forged"\x1b[31m')
    assert (forged["method"], forged["status"], forged["level"]) == ("GET", 400, "info")
    assert wait_for_access(demo, "/filtered")["method"] == "GET"
    assert "canary-in-query" not in (demo.folder / "console.log").read_text()


def wait_for_access(demo: Demo, path: str) -> dict[str, Any]:
    """The access line of `path`, which gunicorn writes after the answer has left."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        log = (demo.folder / "console.log").read_text().splitlines()
        lines = [
            json.loads(line) for line in log if '"logger": "access"' in line and line.endswith("}")
        ]
        if found := [line for line in lines if line["path"] == path]:
            return dict(found[0])
        time.sleep(0.05)
    raise AssertionError(f"no access line for {path!r}")


def test_what_the_demo_writes_is_for_its_owner_alone(demo: Demo) -> None:
    assert demo.folder.stat().st_mode & 0o777 == 0o700


SAVING = ("dev", "config", "MIYABI_ROOT=-", "--as", "editor", "--reason", "kept")


@dataclass
class Kept:
    """What the first demo held when it ended, and one that goes on with it (KEEP=1)."""

    held: tuple[str, dict[str, list[str]], str]
    running: Demo


@pytest.fixture(scope="module")
def saved(demo: Demo) -> tuple[str, dict[str, list[str]], str]:
    done = run_command(demo, "put_secret", *SAVING, stdin="/srv/kept-for-the-next")
    assert (done.returncode, done.stderr) == (0, "")
    return read_versions(demo)


@pytest.fixture(scope="module")
def kept(demo: Demo, saved: tuple[str, dict[str, list[str]], str]) -> Iterator[Kept]:
    if demo.process.poll() is None:
        demo.stop()
    port = str(urlsplit(demo.address).port)
    second = start(forked=True, PORT=port, KEEP="1", RELOAD="1", DEMO_PASSWORD="another")
    yield Kept(saved, second)
    end(second)


def run_command(demo: Demo, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A command in another shell, with the ENV_FILE that the demo shows and nothing of this one."""
    env = {"PATH": os.environ["PATH"], "ENV_FILE": str(demo.folder / "console.env")}
    return warm.run(["manage.py", *command], env, stdin)


def listed(demo: Demo) -> bool:
    """Whether the last printed command tells of prod's secrets."""
    done = run_command(demo, *printed_commands(demo)[-1].split()[2:])
    assert (done.returncode, done.stderr) == (0, "")
    return re.search(r"^miyabi/prod/config +Healthy", done.stdout, re.MULTILINE) is not None


def printed_commands(demo: Demo) -> list[str]:
    """As they are printed, beside their titles."""
    found = re.search(r"^  AWS CLI beside it(.+?)^  Logs", demo.shown, re.DOTALL | re.MULTILINE)
    assert found, demo.shown
    lines = found[1].replace("Commands beside it", "").splitlines()
    return [line.strip() for line in lines if line.strip()]


def paste(demo: Demo, home: Path) -> subprocess.CompletedProcess[str]:
    """Into a shell of a machine that has no AWS credentials, and no settings of any kind."""
    commands = printed_commands(demo)
    assert [line.split()[0] for line in commands[::2]] == ["export", "export"]
    if shutil.which("aws") is None:
        del commands[1]
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(
        ["sh", "-ec", "\n".join(commands)],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_commands_that_it_prints_run_as_printed(demo: Demo, tmp_path: Path) -> None:
    done = paste(demo, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^miyabi/prod/config +Healthy", done.stdout, re.MULTILINE)
    assert shutil.which("aws") is None or '"Name": "miyabi/prod/api-keys"' in done.stdout


def read_versions(demo: Demo) -> tuple[str, dict[str, list[str]], str]:
    """The current value of dev's config, its versions with their labels, and its ARN."""
    client = profile(demo, "miyabi-dev").client("secretsmanager")
    secret = client.describe_secret(SecretId="miyabi/dev/config")
    value = client.get_secret_value(SecretId="miyabi/dev/config")
    return value["SecretString"], secret["VersionIdsToStages"], secret["ARN"]


def workers_of(demo: Demo) -> set[int]:
    """gunicorn's children: its workers, and the two commands beside them."""
    children = descendants(demo.process.pid)
    return {child for pid in children for child in descendants(pid)}


@pytest.mark.parametrize("name", ["PORT", "DEMO_AWS_PORT", "GITHUB_PORT"])
def test_a_port_in_use_gets_one_clear_line_and_starts_nothing(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_demo(**{"PORT": "0", name: port})
    assert done.returncode == 1
    assert done.stdout == ""
    assert (
        done.stderr
        == f"demo: Port {port} cannot be used: Address already in use. {name} sets another.\n"
    )


@pytest.mark.parametrize("port", ["eight", "70000", "-1"])
def test_what_is_no_port_gets_one_clear_line(port: str) -> None:
    done = run_demo(PORT=port)
    assert (done.returncode, done.stderr) == (
        1,
        "demo: PORT: expected a port, a number up to 65535.\n",
    )


def run_demo(**environ: str) -> subprocess.CompletedProcess[str]:
    return warm.run(DEMO, os.environ | environ)


def test_it_writes_where_it_is_told_as_in_a_container(sso_demo: Demo) -> None:
    assert sso_demo.folder.parent.name == "demo"
    assert sso_demo.folder.parents[1].name.startswith("contained")
    assert (sso_demo.folder / "db.sqlite3").exists()


def test_keys_password_and_values_are_new_at_every_start(demo: Demo, sso_demo: Demo) -> None:
    assert demo.password != sso_demo.password
    tokens = {
        profile(one, "miyabi-prod")
        .client("secretsmanager")
        .get_secret_value(SecretId="miyabi/prod/api-keys")["SecretString"]
        for one in (demo, sso_demo)
    }
    assert len(tokens) == 2


def test_with_sso_it_brings_an_identity_provider_that_knows_the_console(sso_demo: Demo) -> None:
    issuer = re.search(r"Identity provider +(http://127\.0\.0\.1:\d+),", sso_demo.shown)
    assert issuer, sso_demo.shown
    assert "developer, auditor, platform, outsider" in sso_demo.shown
    page = sso_demo.ask("GET", "/sign-in")
    assert "Sign in with the demo&#x27;s provider" in page.text
    assert f"form-action 'self' {issuer[1]}" in page.headers["Content-Security-Policy"]
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    form, kind = (urlencode({"csrfmiddlewaretoken": token[1]}), "application/x-www-form-urlencoded")
    sent = sso_demo.ask(
        "POST", "/sso/sign-in", form, Cookie=cookie, Content_Type=kind, Origin=sso_demo.address
    )
    assert sent.headers["Location"].startswith(f"{issuer[1]}/authorization?")


def test_the_commands_of_another_demo_are_the_same_in_its_folder(
    demo: Demo, sso_demo: Demo
) -> None:
    pasted = [
        line.replace(str(demo.folder), str(sso_demo.folder)) for line in printed_commands(demo)
    ]
    assert printed_commands(sso_demo) == pasted
    assert listed(sso_demo)


@pytest.mark.parametrize(
    ("number", "which"), [(signal.SIGTERM, "demo"), (signal.SIGINT, "sso_demo")]
)
def test_a_signal_ends_every_process_that_it_started(
    request: pytest.FixtureRequest, saved: object, number: signal.Signals, which: str
) -> None:
    demo: Demo = request.getfixturevalue(which)
    started = descendants(demo.process.pid)
    assert len(started) >= 3  # the local AWS, gunicorn, a worker
    demo.ask("GET", "/livez")
    shown = demo.stop(number)
    assert demo.process.returncode == 0
    assert shown.endswith("Stopping ...\nStopped.\n")
    assert [pid for pid in started if not wait_until_gone(pid)] == []


def test_keep_goes_on_with_the_last_demos_database_aws_and_accounts(demo: Demo, kept: Kept) -> None:
    second = kept.running
    assert "Building the Miyabi estate" not in second.shown
    assert "/srv/kept-for-the-next" in kept.held[0]
    assert read_versions(second) == kept.held
    chain = run_command(second, "verify_audit")
    assert chain.returncode == 0
    assert "The audit chain holds" in chain.stdout + chain.stderr
    assert second.password == demo.password
    assert sign_in(second, "editor", second.password).status == 302
    assert "no function" not in run_command(second, "status").stdout
    again = run_command(second, "put_secret", *SAVING, stdin="/srv/saved-in-the-second")
    assert (again.returncode, again.stderr) == (0, "")
    assert printed_commands(second) == printed_commands(demo)
    assert listed(second)


def test_reload_serves_a_change_without_a_restart(kept: Kept) -> None:
    before = workers_of(kept.running)
    os.utime(PROJECT / "templates" / "base.html")  # as an editor that saves it
    deadline = time.monotonic() + 30
    while workers_of(kept.running) <= before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert workers_of(kept.running) - before
    assert kept.running.ask("GET", "/sign-in").status == 200


def test_when_gunicorn_ends_by_itself_the_demo_says_so_and_ends(kept: Kept) -> None:
    started = descendants(kept.running.process.pid)
    [gunicorn] = [pid for pid in started if descendants(pid)]
    os.kill(gunicorn, signal.SIGKILL)
    shown = kept.running.wait()
    assert kept.running.process.returncode == 1
    assert "demo: The console ended by itself, with status -9" in shown
    assert [pid for pid in started if not wait_until_gone(pid)] == []
