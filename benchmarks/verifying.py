"""Verifies a chain of many records, against reading them and doing nothing with them.

`python -m benchmarks.verifying COUNT ROUNDS` does it in DATABASE_URL; `measure` gives it one of its
own.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django
from django.core.management import call_command
from django.db import connection

from benchmarks.filled_log import insert
from benchmarks.servers import make_environ
from benchmarks.timing import in_turns, ratio
from deploy.demo.local_aws import PROJECT

GOAL = 68_000  # records a second: what values_list and a simple hash of joined fields came to


def measure(count: int, rounds: int) -> dict[str, object]:
    """Verification ÷ bare read, on SQLite."""
    with TemporaryDirectory(prefix="miyabi-bench-") as name:
        environ = make_environ(
            Path(name), "http://127.0.0.1:9", DJANGO_SETTINGS_MODULE="miyabi_admin.settings"
        )
        command = [sys.executable, "-m", "benchmarks.verifying", str(count), str(rounds)]
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True, check=True
        )
    output: dict[str, object] = json.loads(done.stdout)
    return output


def main() -> None:
    count, rounds = int(sys.argv[1]), int(sys.argv[2])
    django.setup()
    call_command("migrate", verbosity=0)
    insert(list(_chain(count)))
    times = in_turns({"verify": _verify, "read": _read}, rounds)
    measured = ratio(times, "verify", "read")
    print(
        json.dumps(
            {
                "records": count,
                "records_per_second": _rate(count, times),
                "goal_at_least": GOAL,
                **measured,
            }
        )
    )


def _rate(count: int, times: dict[str, list[float]]) -> int:
    return round(count / sorted(times["verify"])[len(times["verify"]) // 2] * 1000)


def _chain(count: int) -> Iterator[tuple[Any, ...]]:
    """Intents and outcomes in turns, as saves leave them."""
    from django.conf import settings

    from secrets_ui.domain.audit.chain import FIELDS, GENESIS, record_hash, start

    state, previous = start(settings.AUDIT_KEY), GENESIS
    common = {
        "action": "secret.save",
        "actor": "hana",
        "address": "192.0.2.7",
        "environment": "prod",
        "secret": "miyabi/prod/api-keys",
        "base_version_id": "b" * 64,
        "keys": '["GITHUB_TOKEN"]',
        "reason": "OPS-412: replace the token",
        "details": "{}",
    }
    for sequence in range(1, count + 1):
        is_intent = sequence % 2
        fields = common | {
            "sequence": sequence,
            "at": f"2026-11-23T14:05:09.{sequence % 10**6:06d}Z",
            "phase": "intent" if is_intent else "outcome",
            "outcome": "" if is_intent else "done",
            "version_id": "" if is_intent else previous,
            "request_ids": "[]" if is_intent else '["11111111-2222-4333-8444-555555555555"]',
            "intent": "" if is_intent else str(sequence - 1),
            "once": f"{sequence:032x}" if is_intent else "",
        }
        row = [fields[name] for name in FIELDS]
        previous = record_hash(state, previous, row)
        yield (*row, previous)


def _verify() -> None:
    from secrets_ui.services.audit.verify import verify_audit

    breaks, _ = verify_audit()
    assert not breaks, breaks[:3]


def _read() -> None:
    """The same rows from a cursor, and nothing done with them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM secrets_ui_auditrecord ORDER BY sequence")
        while cursor.fetchmany(5000):
            pass


if __name__ == "__main__":
    main()
