"""gunicorn's configuration: `gunicorn --config deploy/gunicorn.conf.py`. Also reads `.env`."""

import json
import logging
import math
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

PROJECT = Path(__file__).resolve().parent.parent
# gunicorn reads this file before it applies chdir.
sys.path.insert(0, str(PROJECT))

from miyabi_admin.beside import end_beside, run_beside  # noqa: E402
from miyabi_admin.container import memory_mib  # noqa: E402
from miyabi_admin.counting import count_as, delete_folder, free_place, make_folder  # noqa: E402
from miyabi_admin.environ import Settings  # noqa: E402
from miyabi_admin.hardening import harden  # noqa: E402
from miyabi_admin.lanes import LANES  # noqa: E402
from secrets_ui.domain.memory import shortage  # noqa: E402
from secrets_ui.logs import JsonLine, path_for_log  # noqa: E402

# The first process holds the keys for each worker that it starts.
harden()
# gunicorn's own default opens a socket file to everybody.
umask = 0o077


class JsonLogger(Logger):
    """Writes gunicorn's log and access lines as JSON, so that what a client sends stays escaped."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLine())
            # gunicorn's own goes to standard error, and the log would be in two places.
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(sys.stdout)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log the path without its query string, which may name people and reasons, and without
        the token of a calendar."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": "info",
            "logger": "access",
            "method": environ.get("REQUEST_METHOD"),
            "path": path_for_log(environ.get("PATH_INFO", "")),
            "status": resp.status_code,
            "bytes": resp.sent,
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
            "client": environ.get("REMOTE_ADDR"),
            "worker": os.getpid(),
        }
        self.access_log.info(json.dumps(line))


# A container's share of processor time: "QUOTA PERIOD" or "max PERIOD".
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def _count_cores(quota: Path = CPU_QUOTA) -> int:
    """Return the cores that this process may use; os.cpu_count counts the machine's."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    try:
        share, period = quota.read_text(encoding="ascii").split()
        return min(cores, math.ceil(int(share) / int(period)))
    # There is no quota, or it cannot be read.
    except (OSError, ValueError, ZeroDivisionError):
        return cores


try:
    _settings = Settings(Path(os.environ.get("ENV_FILE", PROJECT / ".env")))
    workers = _settings.number("WEB_CONCURRENCY", _count_cores())
    hashes_at_once = _settings.number("HASHES_AT_ONCE", 2)
    status_every = _settings.number("STATUS_EVERY", 300, least=0)
    bind = f"{_settings.text('HOST', '127.0.0.1')}:{_settings.number('PORT', 8000)}"
except ImproperlyConfigured as error:
    sys.exit(f"miyabi: {error}")
# System checks and limits depend on how many processes there are.
os.environ["WEB_CONCURRENCY"] = str(workers)

wsgi_app = "miyabi_admin.wsgi:application"
chdir = str(PROJECT)
# Pages wait on AWS, so threads: with waits of 25 ms, 2 gthread workers serve six times as much as
# 2 sync workers.
# What they wait for has threads of its own, and a request gets one once all of it is here.
worker_class = "miyabi_admin.worker.Worker"
threads = sum(LANES.values())
# An open connection takes a file, and most systems let a process have 1,024.
worker_connections = 500
# Each worker loads the application itself: boto3's clients and database connections must not cross
# a fork.
preload_app = False

# Seconds without a sign of life from a worker's main loop; its threads may take longer.
timeout = 30
# Seconds for open requests to end, so that the request that began a save also records it. A save
# swaps within 30 s and ends within 25 s more (services/changes/settle.py); one that is cut off is
# settled by asking AWS.
graceful_timeout = 30
# Longer than a load balancer keeps a connection that it may use again (AWS's: 60 s): one that is
# closed as a request comes is a 502. It takes no thread.
keepalive = 75
# A heartbeat file on a slow disk can make a busy worker look dead. gunicorn's file has no name.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108

# By default a proxy on this machine passes on SCRIPT_NAME, whoever sent it: the path that stands
# before every address. Here none does, and pages keep the addresses that they looked up.
forwarder_headers = ""
# Open by default since 25.1: nobody needs to steer this server over a socket.
control_socket_disable = True
accesslog = "-"
errorlog = "-"
logger_class = JsonLogger


def on_starting(server: Arbiter) -> None:
    """Warn where workers and hashes of passwords may take more memory than the container has."""
    if warning := shortage(workers, threads, hashes_at_once, memory_mib()):
        server.log.warning(warning)
    make_folder(Path(worker_tmp_dir or tempfile.gettempdir()))


def pre_fork(server: Arbiter, worker: Any) -> None:
    """Give the worker a place in which to count that no worker has, nor one that still ends."""
    worker.place = free_place({other.place for other in server.WORKERS.values()})


def post_fork(server: Arbiter, worker: Any) -> None:
    count_as(f"worker-{worker.place}")


def when_ready(server: Arbiter) -> None:
    """Run the settling of open intents, the sending and the status runner beside the console.

    An earlier server may have died in the middle of a save, and AWS may become unreachable in one.
    A lock lets one of several status runners work.
    """
    repeated = {"settle_audit": 60, "send_messages": 2} | (
        {"run_checks": status_every} if status_every else {}
    )
    run_beside(partial(_start, repeated))


# After HUP: with what has changed, as the workers.
on_reload = when_ready


def _start(repeated: dict[str, int]) -> subprocess.Popen[bytes]:
    arguments = [f"{command}={seconds}" for command, seconds in repeated.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "miyabi_admin.background", str(os.getpid()), *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
    )


def on_exit(server: Arbiter) -> None:
    end_beside()
    delete_folder()
