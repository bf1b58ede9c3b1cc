"""`python -m benchmarks.writers THREADS`: a process whose threads write to DATABASE_URL, one order
at a time.

An order is a line `append COUNT` or `bare COUNT` on standard input: each thread makes so many
appends to the audit chain, or so many bare inserts of as large a row, each in its own transaction.
The answer is a line of JSON with the milliseconds of each write, by thread.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import django
from django.db import connection, transaction

ROW = "x" * 700  # about what an audit record holds


def main() -> None:
    answers, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115 - each record is logged as well
    django.setup()
    threads = int(sys.argv[1])
    with ThreadPoolExecutor(threads) as pool:
        for line in sys.stdin:
            order, count = line.split()
            futures = [pool.submit(_times, ORDERS[order], int(count)) for _ in range(threads)]
            print(json.dumps([future.result() for future in futures]), file=answers, flush=True)


def _times(write: Callable[[], object], count: int) -> list[float]:
    times = []
    for _ in range(count):
        started = time.perf_counter()
        write()
        times.append(round((time.perf_counter() - started) * 1000, 3))
    return times


def _append() -> None:
    from secrets_ui.domain.audit.actions import Action
    from secrets_ui.domain.people.actor import Actor
    from testkit.intents import intend

    intend(
        Action.SAVE,
        Actor("hana", "192.0.2.7"),
        environment="prod",
        secret="miyabi/prod/api-keys",
        base_version_id="b" * 64,
        keys=["GITHUB_TOKEN"],
        reason="OPS-412: replace the token",
    )


def _bare() -> None:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (text) VALUES (%s)", [ROW])


ORDERS: dict[str, Callable[[], object]] = {"append": _append, "bare": _bare}

if __name__ == "__main__":
    main()
