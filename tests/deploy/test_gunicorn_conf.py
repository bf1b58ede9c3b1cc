"""deploy/gunicorn.conf.py, read as gunicorn reads it."""

import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from django.conf import settings
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.config import KNOWN_SETTINGS, Config
from gunicorn.http.parser import RequestParser

from deploy.demo.local_aws import PROJECT
from miyabi_admin import container, counting, hardening
from miyabi_admin.lanes import LANES, LONGEST_QUEUE

CONF = PROJECT / "deploy" / "gunicorn.conf.py"


LOAD_BALANCER = PROJECT / "deploy/terraform/modules/console/load_balancer.tf"


@pytest.fixture(autouse=True)
def soft(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own process is not hardened: its files are for other tests as well. It counts for
    itself."""
    monkeypatch.setattr(hardening, "harden", lambda: None)
    monkeypatch.setattr(counting, "make_folder", lambda parent: parent)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOST", "PORT", "WEB_CONCURRENCY"):
        # So that whatever the configuration sets is taken back afterwards.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "none.env"))
    monkeypatch.setattr(sys, "path", list(sys.path))


def load(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(sys, "argv", ["gunicorn", "--config", str(CONF)])
    return WSGIApplication().cfg


def test_it_listens_on_loopback_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch).bind == ["127.0.0.1:8000"]
    monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("PORT", "8443")
    assert load(monkeypatch).bind == ["0.0.0.0:8443"]


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "PATH_INFO"])
def test_no_header_says_under_which_path_the_console_is(
    monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    """Not even from loopback, where a proxy would be trusted."""
    sent = f"GET /x/due HTTP/1.1\r\nHost: console\r\n{header}: /x\r\n\r\n".encode()
    request = next(RequestParser(load(monkeypatch), iter([sent]), ("127.0.0.1", 4000)))
    assert [name for name, _ in request.headers] == ["HOST"]


def test_it_serves_with_threads_because_pages_wait_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    cfg = load(monkeypatch)
    assert cfg.worker_class_str == "miyabi_admin.worker.Worker"
    assert cfg.threads == settings.WEB_THREADS == sum(LANES.values())


def test_waiting_requests_leave_connections_for_health(monkeypatch: pytest.MonkeyPatch) -> None:
    cfg = load(monkeypatch)
    assert cfg.worker_connections > cfg.threads + len(LANES) * LONGEST_QUEUE


def test_a_load_balancer_lets_go_of_a_connection_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's idle timeout is 60 seconds unless a configuration sets another."""
    assert load(monkeypatch).keepalive > 60
    assert "idle_timeout" not in LOAD_BALANCER.read_text(encoding="utf-8")


def test_it_warns_at_the_start_where_memory_may_run_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(container, "memory_mib", lambda: 512)
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    server = SimpleNamespace(log=logging.getLogger("miyabi.test"))
    load(monkeypatch).on_starting(server)
    assert "3 with 19 threads each" in caplog.text
    caplog.clear()
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    load(monkeypatch).on_starting(server)
    assert not caplog.text


def test_web_concurrency_sets_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert load(monkeypatch).workers == 3


def test_without_it_there_is_a_worker_for_each_core_and_the_console_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cfg = load(monkeypatch)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert cfg.workers == cores
    assert os.environ["WEB_CONCURRENCY"] == str(cfg.workers)


def test_settings_in_the_env_file_count_here_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "console.env").write_text("PORT=9001\nWEB_CONCURRENCY=1\n")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "console.env"))
    cfg = load(monkeypatch)
    assert (cfg.bind, cfg.workers) == (["127.0.0.1:9001"], 1)


def test_no_control_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "control_socket_disable" in {setting.name for setting in KNOWN_SETTINGS}
    assert load(monkeypatch).control_socket_disable is True


def test_workers_do_not_share_what_was_loaded_before_the_fork(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(monkeypatch).preload_app is False


def test_a_wrong_setting_stops_the_start_in_one_line() -> None:
    command = [sys.executable, "-m", "gunicorn", "--config", str(CONF)]
    environ = os.environ | {"PORT": "eight"}
    done = subprocess.run(
        command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=30
    )
    assert done.returncode != 0
    assert done.stderr == "miyabi: PORT: expected a whole number, 1 or more.\n"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("150000 100000", 2),
        ("max 100000", 64),
        ("odd", 64),
        (None, 64),
    ],
)
def test_a_container_s_share_counts_and_not_the_whole_machine(
    result: str | None, expected: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quota = tmp_path / "cpu.max"
    if result is not None:
        quota.write_text(f"{result}\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert runpy.run_path(str(CONF))["_count_cores"](quota) == expected


def test_it_stops_gracefully_and_within_the_patience_of_the_compose_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cfg = load(monkeypatch)
    compose = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    patience = compose["services"]["console"]["stop_grace_period"]
    assert (cfg.graceful_timeout, cfg.timeout) == (30, 30)
    assert int(patience.removesuffix("s")) > cfg.graceful_timeout
