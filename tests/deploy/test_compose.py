"""deploy/compose.yaml, read as Compose does, and tried where its programs are installed."""

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from deploy.demo.local_aws import HOST, PROJECT
from deploy.demo.processes import choose_port
from secrets_ui.domain.memory import shortage
from testkit.starting import check
from tests.deploy.dockerfile import read_stages

DEPLOY = PROJECT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("console", "migrate", "demo")  # of our image

every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_nothing_runs_as_root_or_may_become_it_or_writes_to_its_own_files(name: str) -> None:
    service = SERVICES[name]
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(entry.startswith("/tmp:") and "size=" in entry for entry in service["tmpfs"])
    for key in ("privileged", "cap_add", "network_mode", "pid", "ipc", "devices", "userns_mode"):
        assert key not in service
    assert "docker.sock" not in str(service)


@every_service
def test_everything_has_limits_and_what_goes_on_is_checked(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["cpus"] > 0
    assert service["pids_limit"] > 0
    if service.get("command") is None or name not in OURS:
        assert service["healthcheck"]["test"][0] == "CMD"


def test_the_console_s_memory_is_enough_for_what_it_starts_and_its_check_is_the_image_s() -> None:
    console = SERVICES["console"]
    workers = int(console["environment"]["WEB_CONCURRENCY"])
    assert shortage(workers, 8, 2, int(console["mem_limit"].removesuffix("m"))) == ""
    stage = read_stages()["console"]
    assert console["healthcheck"]["test"] == ["CMD", *stage.command("HEALTHCHECK")]


def test_every_image_can_be_given_by_its_digest() -> None:
    for name, service in SERVICES.items():
        images = [service["image"], *service.get("build", {}).get("args", {}).values()]
        foreign = [text for text in images if not text.startswith("miyabi-console")]
        assert foreign, name
        assert all(re.match(r"\$\{[A-Z_]+:-", text) for text in foreign), name
    assert read_stages()["console"].base == "${PYTHON}"


@every_service
def test_no_secret_stands_in_the_file_or_in_a_container_s_environment(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search("KEY|PASSWORD|SECRET|TOKEN|DATABASE_URL", variable):
            assert variable.endswith("_FILE") or value == "${DEMO_PASSWORD:-}", variable
    assert "env_file" not in SERVICES[name]


def test_every_secret_is_a_file_that_make_secrets_makes_and_git_ignores(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"./compose/secrets/{name}"
        assert (tmp_path / "secrets" / name).is_file()
    assert (
        "/deploy/compose/secrets/"
        in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    )
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])


def test_every_variable_is_one_that_the_console_knows() -> None:
    known = set(
        re.findall(
            r"^#?([A-Z_]+)=", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    for name in ("console", "migrate"):
        assert set(SERVICES[name]["environment"]) <= known | {"ENV_FILE"}


def test_the_consoles_are_two_of_the_production_image_and_the_demo_is_another() -> None:
    assert SERVICES["console"]["deploy"]["replicas"] == 2
    assert {SERVICES[name]["build"]["target"] for name in ("console", "migrate")} == {"console"}
    assert (SERVICES["demo"]["build"]["target"], SERVICES["demo"]["profiles"]) == ("demo", ["demo"])
    for name in OURS:
        stage = read_stages()[SERVICES[name]["build"]["target"]]
        assert [SERVICES[name]["user"]] == stage.all("USER")
    assert not [
        name for name, service in SERVICES.items() if name != "demo" and "profiles" in service
    ]


def test_only_the_proxy_is_reached_from_outside_and_only_the_consoles_reach_out() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy", "demo"}
    assert all(entry.startswith("127.0.0.1:") for entry in SERVICES["demo"]["ports"])
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["database"]["networks"] == SERVICES["migrate"]["networks"] == ["inside"]
    assert {name for name, service in SERVICES.items() if "aws" in service.get("networks", [])} == {
        "console"
    }


def test_the_console_starts_on_migrated_tables_and_the_proxy_on_a_healthy_console() -> None:
    assert SERVICES["console"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"}
    }
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert SERVICES["proxy"]["depends_on"] == {"console": {"condition": "service_healthy"}}


def test_what_is_mounted_is_there_and_cannot_be_written() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            if isinstance(volume, dict):
                assert volume["read_only"] is True
                source = DEPLOY / volume["source"]
                # That one is each deployment's own.
                assert source.exists() or source.name == "environments.toml"
            else:
                assert volume.split(":")[0] in COMPOSE["volumes"]


# --- the secrets ----------------------------------------------------------------------------------


def make_secrets(folder: Path) -> str:
    command = [
        "sh",
        str(DEPLOY / "compose" / "make-secrets"),
        "console.miyabi-world.com",
        str(folder),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def settings_in(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.mark.processes
@pytest.mark.slow
def test_the_settings_that_it_makes_start_the_console_for_both_users(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    for name in ("console", "migrate"):
        ended = check(
            {
                "ENV_FILE": str(tmp_path / f"{name}.env"),
                "ENVIRONMENTS_FILE": "deploy/environments.example.toml",
            }
        )
        assert ended.returncode == 0, ended.stderr
    console, migrate = settings_in(tmp_path / "console.env"), settings_in(tmp_path / "migrate.env")
    assert console.pop("DATABASE_URL") != migrate.pop("DATABASE_URL")
    assert console == migrate
    assert (
        len(
            {
                console[key]
                for key in ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")
            }
        )
        == 4
    )


def test_a_second_start_changes_no_key(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert "nothing was changed" in make_secrets(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_nobody_else_on_the_machine_gets_at_them(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


# --- the proxy ------------------------------------------------------------------------------------


class Echo(BaseHTTPRequestHandler):
    """Answers with the head of the request that it got."""

    def do_GET(self) -> None:
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """nginx with the shipped configuration before an echo; its ports for HTTP and TLS."""
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed here, so its configuration cannot be tried.")
    make_secrets(tmp_path / "secrets")
    plain, tls = (choose_port("NO_SUCH_VARIABLE", 0) for _ in range(2))
    with ThreadingHTTPServer((HOST, 0), Echo) as echo:
        Thread(target=echo.serve_forever, daemon=True).start()
        here = {
            "/tmp/": f"{tmp_path}/",
            "/run/secrets/": f"{tmp_path}/secrets/",
            "listen 8080": f"listen {HOST}:{plain}",
            "listen 8443": f"listen {HOST}:{tls}",
            "http://$console:8000": f"http://{HOST}:{echo.server_port}",
            "/dev/stdout": f"{tmp_path}/access.log",
            "error_log stderr error": f"error_log {tmp_path}/error.log warn",
        }
        text = (DEPLOY / "compose" / "nginx.conf").read_text(encoding="utf-8")
        for theirs, ours in here.items():
            assert theirs in text
            text = text.replace(theirs, ours)
        (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
        command = [
            "nginx",
            "-c",
            str(tmp_path / "nginx.conf"),
            "-p",
            str(tmp_path),
            "-g",
            "daemon off;",
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait_for_port(process, tls)
                yield plain, tls
            finally:
                process.terminate()
                process.communicate(timeout=60)
        echo.shutdown()


def wait_for_port(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate()[1])


def wait_for_access(log: Path, expected: str) -> str:
    """All lines of nginx's access log, once one holds `expected`. nginx writes the line of a
    request after its answer has left."""
    deadline = time.monotonic() + 60
    while expected not in (lines := log.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)
    return lines


def through(
    port: int, method: str = "GET", path: str = "/", body: bytes = b"", **headers: str
) -> tuple[int, str]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it signed itself
    sent = {"Host": "console.miyabi-world.com"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    with closing(HTTPSConnection(HOST, port, timeout=20, context=context)) as connection:
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return response.status, response.read().decode()


@pytest.mark.processes
def test_the_proxy_says_https_itself_and_drops_what_a_client_says_of_itself(
    proxy: tuple[int, int], tmp_path: Path
) -> None:
    forged = {
        "X_Forwarded_Proto": "http",
        "X_Forwarded_For": "203.0.113.9",
        "X_Forwarded_Host": "evil.example",
    }
    status, result = through(
        proxy[1], path="/audit?actor=hana", Forwarded="for=203.0.113.9", **forged
    )
    assert status == 200
    headers = dict(line.split(": ", 1) for line in result.split("\n") if ": " in line)
    assert headers["Host"] == "console.miyabi-world.com"
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Forwarded-For"] == HOST
    assert "203.0.113.9" not in result
    assert "evil" not in result
    assert "hana" not in wait_for_access(tmp_path / "access.log", '"path": "/audit"')


@pytest.mark.processes
def test_the_proxy_logs_no_token_of_a_calendar_and_says_the_same_of_such_a_request(
    proxy: tuple[int, int], tmp_path: Path
) -> None:
    status, result = through(proxy[1], path="/calendar/abcdef.ics")
    assert status == 200
    assert "X-Forwarded-Proto: https" in result
    assert "abcdef" not in wait_for_access(tmp_path / "access.log", '"path": "/calendar/…"')


@pytest.mark.processes
def test_the_proxy_takes_the_largest_form_and_writes_no_body_to_a_disk(
    proxy: tuple[int, int], tmp_path: Path
) -> None:
    assert through(proxy[1], "POST", body=b"x" * 512 * 1024)[0] == 200
    assert through(proxy[1], "POST", body=b"x" * 700 * 1024)[0] == 413
    # nginx takes its temporary files away at once, but warns of each
    assert "temporary file" not in (tmp_path / "error.log").read_text(encoding="utf-8")


@pytest.mark.processes
@pytest.mark.parametrize("asked", ["console.miyabi-world.com", "evil.example"])
def test_the_proxy_sends_plain_http_to_https_on_the_console_s_own_name(
    proxy: tuple[int, int], asked: str
) -> None:
    with closing(HTTPConnection(HOST, proxy[0], timeout=20)) as connection:
        connection.request("GET", "/prod/", headers={"Host": asked})
        response = connection.getresponse()
        assert (response.status, response.headers["Location"]) == (
            308,
            "https://console.miyabi-world.com/prod/",
        )
