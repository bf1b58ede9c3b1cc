"""Appends to the audit chain by 8 writers at once, on SQLite and on PostgreSQL."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.servers import make_environ, seed
from deploy.demo.local_aws import PROJECT
from testkit import postgres

PROCESSES, THREADS = 2, 4  # as gunicorn's workers have threads
Process = subprocess.Popen[str]


def measure(count: int, rounds: int) -> dict[str, object]:
    """An append ÷ a bare insert of an equally large row; `count` by each writer in a round."""
    measured: dict[str, object] = {}
    with TemporaryDirectory(prefix="miyabi-bench-") as name:
        measured["SQLite"] = _measure(_environ(Path(name)), Path(name), count, rounds)
    programs = postgres.find_programs()
    if programs is None:
        return {
            **measured,
            "PostgreSQL": {"ratio": None, "why": "no PostgreSQL server is installed"},
        }
    with (
        postgres.running(programs, durable=True) as server,
        TemporaryDirectory(prefix="miyabi-bench-") as name,
    ):
        server.client("createdb", "bench")
        measured["PostgreSQL"] = _measure(
            _environ(Path(name), server.url("bench")), Path(name), count, rounds
        )
    return measured


def _environ(folder: Path, database: str = "") -> dict[str, str]:
    more = {"DATABASE_URL": database} if database else {}
    return make_environ(
        folder, "http://127.0.0.1:9", DJANGO_SETTINGS_MODULE="miyabi_admin.settings", **more
    )


def _measure(
    environ: Mapping[str, str], folder: Path, count: int, rounds: int
) -> dict[str, object]:
    seed(environ, folder)
    rates: dict[str, list[float]] = {"append": [], "bare": []}
    waits: dict[str, list[float]] = {"append": [], "bare": []}
    with _writers(environ) as writers:
        for order in rates:
            _give(writers, order, 2)
        for _ in range(rounds):
            for order in rates:
                seconds, times = _give(writers, order, count)
                rates[order].append(round(len(times) / seconds, 1))
                waits[order] += times
    medians = {order: statistics.median(found) for order, found in rates.items()}
    return {
        "ratio": round(medians["bare"] / medians["append"], 3),
        "appends_per_second": medians["append"],
        "raw_writes_per_second": rates,
        "median_wait_ms": {order: statistics.median(times) for order, times in waits.items()},
        "p99_wait_ms": {
            order: statistics.quantiles(times, n=100)[98] for order, times in waits.items()
        },
        "writers": PROCESSES * THREADS,
    }


@contextmanager
def _writers(environ: Mapping[str, str]) -> Iterator[list[Process]]:
    command = [sys.executable, "-m", "benchmarks.writers", str(THREADS)]
    writers = [
        Process(
            command,
            cwd=PROJECT,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    try:
        yield writers
    finally:
        for writer in writers:
            writer.communicate()  # the end of its input is its end


def _give(writers: list[Process], order: str, count: int) -> tuple[float, list[float]]:
    """Seconds until all have written, and the milliseconds of each write."""
    started = time.perf_counter()
    for writer in writers:
        writer.stdin.write(f"{order} {count}\n")
        writer.stdin.flush()
    answers = [json.loads(writer.stdout.readline()) for writer in writers if writer.stdout]
    return time.perf_counter() - started, [
        ms for threads in answers for times in threads for ms in times
    ]
