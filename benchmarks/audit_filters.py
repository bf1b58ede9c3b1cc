"""Every filter of the audit log, alone and in pairs: `python -m benchmarks.audit_filters [COUNT]`.

A log of so many records, 1,000,000 unless said otherwise, is made on SQLite and on PostgreSQL; the
first page of each question is timed, then an export in a process of its own, and the command
verify_audit. Takes some minutes.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.servers import make_environ
from deploy.demo.local_aws import PROJECT
from testkit import postgres

COUNT = 1_000_000
GOALS = {"first_page_ms": 200, "verify_seconds": 10, "verify_mib": 60, "first_byte_ms": 1000}


def measure(count: int) -> dict[str, object]:
    measured: dict[str, object] = {"records": count, "goals_at_most": GOALS}
    with TemporaryDirectory(prefix="miyabi-bench-") as name:
        measured["SQLite"] = _measure(Path(name), count)
    if programs := postgres.find_programs():
        with (
            postgres.running(programs) as server,
            TemporaryDirectory(prefix="miyabi-bench-") as name,
        ):
            server.client("createdb", "bench")
            measured["PostgreSQL"] = _measure(Path(name), count, DATABASE_URL=server.url("bench"))
    return measured


def _measure(folder: Path, count: int, **more: str) -> dict[str, object]:
    environ = make_environ(
        folder, "http://127.0.0.1:9", DJANGO_SETTINGS_MODULE="miyabi_admin.settings", **more
    )
    figures: dict[str, object] = {}
    for step in STEPS:
        command = [sys.executable, "-m", "benchmarks.audit_filters", step, str(count)]
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True, check=True
        )
        figures |= json.loads(done.stdout)
    return figures | _verify(environ, count)


def _fill(count: int) -> dict[str, object]:
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.filled_log import fill

    call_command("migrate", verbosity=0)
    fill(count)
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        # What autovacuum does by itself within a minute.
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return {"index_seconds": round(time.perf_counter() - began, 1)}


def _filters(count: int) -> dict[str, object]:
    from benchmarks.filled_log import ENVIRONMENTS
    from secrets_ui.services.audit.choosing import choices
    from secrets_ui.services.audit.records import search

    times = {
        _name(asked, visible): _time(lambda a=asked, v=visible: search(a, v))
        for visible in (ENVIRONMENTS, ("dev",), ())
        for asked in _questions()
    }
    slowest = sorted(times, key=lambda name: -times[name])[:5]
    return {
        "questions": len(times),
        "first_page_ms": {
            "median": statistics.median(times.values()),
            "slowest": {name: times[name] for name in slowest},
        },
        "choices_ms": _time(lambda: choices(("dev",))),
    }


def _questions() -> Iterator[dict[str, str]]:
    from benchmarks.filled_log import ASKED

    yield {}
    for names in ((name,) for name in ASKED):
        yield from ({names[0]: text} for text in ASKED[names[0]])
    for one, other in combinations(ASKED, 2):
        yield from ({one: a, other: b} for a, b in product(ASKED[one], ASKED[other]))


def _name(asked: Mapping[str, str], visible: tuple[str, ...]) -> str:
    return " ".join(f"{name}={text}" for name, text in asked.items()) + f" of {len(visible)}"


def _time(call: Callable[[], object]) -> float:
    """Milliseconds of the better of two calls."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return round(min(times) * 1000, 1)


def _export(count: int) -> dict[str, object]:
    from benchmarks.filled_log import ENVIRONMENTS
    from secrets_ui.services.audit.exporting import export

    before, began = _mib(), time.perf_counter()
    texts = export({"outcome": "done"}, ENVIRONMENTS, "csv")
    next(texts)
    next(texts)
    first, size = time.perf_counter() - began, sum(len(text) for text in texts)
    return {
        "export": {
            "first_byte_ms": round(first * 1000, 1),
            "seconds": round(time.perf_counter() - began, 1),
            "mib": round(size / 2**20),
            "grew_mib": round(_mib() - before, 1),
        }
    }


def _verify(environ: Mapping[str, str], count: int) -> dict[str, object]:
    """As a person runs it: with its start, in as many processes as it takes."""
    command = [sys.executable, "manage.py", "verify_audit", "--json"]
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True
    ) as running:
        answer = json.load(running.stdout or sys.stdin)
        usage = os.wait4(running.pid, 0)[2]
    assert (answer["holds"], answer["checkpoint"]["count"]) == (True, count), answer
    seconds = time.perf_counter() - began
    return {"verify": {"seconds": round(seconds, 1), "peak_mib": round(usage.ru_maxrss / 1024, 1)}}


def _mib() -> float:
    """The most that this process has held: ru_maxrss is in KiB (getrusage(2))."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS: dict[str, Callable[[int], dict[str, object]]] = {
    "fill": _fill,
    "filters": _filters,
    "export": _export,
}


def main() -> None:
    if sys.argv[1:] and sys.argv[1] in STEPS:
        import django

        django.setup()
        print(json.dumps(STEPS[sys.argv[1]](int(sys.argv[2]))))
    else:
        print(json.dumps(measure(int(sys.argv[1]) if sys.argv[1:] else COUNT), indent=1))


if __name__ == "__main__":
    main()
