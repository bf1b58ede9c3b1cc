"""`python -m benchmarks`: prints all figures as JSON; progress goes to standard error."""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import (
    appending,
    call_counts,
    evaluator,
    loader,
    memory,
    pages,
    panel,
    servers,
    status_pass,
    verifying,
    who,
    wide,
)
from benchmarks.bare import AWS_MS
from deploy.demo.local_aws import CREDENTIALS

Figures = dict[str, object]


@dataclass(frozen=True)
class Counts:
    """How often each thing is done."""

    secrets: int = 1000  # in prod
    aws_rounds: int = 150
    django_rounds: int = 300
    tours: int = 10
    appends: int = 50  # by each of 8 writers, in each of `append_rounds`
    append_rounds: int = 7
    records: int = 100_000
    verify_rounds: int = 5
    evaluations: int = 5_000
    roles: int = 1_000  # with ten policies each, for who can read
    panel_rounds: int = 60
    cli_rounds: int = 5
    cold_starts: int = 15  # of the Lambda's loader, and of boto3
    warm_reads: int = 1_000  # of what is held, in each of 61 rounds
    versions: int = 1_000  # of the secret of the wide pages
    watched: int = 1000  # secrets in each of three environments, for a status pass
    paced: bool = True  # whether that pass keeps to the rates that a deployment has


TINY = Counts(
    secrets=30,
    aws_rounds=2,
    django_rounds=2,
    tours=1,
    appends=2,
    append_rounds=1,
    records=100,
    verify_rounds=1,
    evaluations=10,
    roles=20,
    panel_rounds=2,
    cli_rounds=1,
    cold_starts=1,
    warm_reads=10,
    versions=30,
    watched=10,
    paced=False,
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--tiny", action="store_true", help="small counts: it only shows that everything runs"
    )
    parser.add_argument(
        "--only", metavar="WORD", default="", help="the figures whose name holds this word"
    )
    arguments = parser.parse_args()
    # For the bare client of this process.
    os.environ.update(CREDENTIALS | {"AWS_EC2_METADATA_DISABLED": "true"})
    counts = TINY if arguments.tiny else Counts()
    print(_compact({"machine": _machine(), "figures": measure(counts, arguments.only)}))


def measure(counts: Counts, only: str = "") -> Figures:
    figures: Figures = {}
    with servers.start(counts.secrets) as running:
        _take(
            figures,
            only,
            {
                "API calls": lambda: call_counts.measure(running),
                f"list page ÷ its AWS call, {AWS_MS:g} ms": lambda: pages.measure_against_aws(
                    running, counts.aws_rounds
                ),
                f"comparison ÷ its slowest AWS call, {AWS_MS:g} ms": lambda: (
                    pages.measure_comparison(running, counts.aws_rounds)
                ),
                f"wide pages ÷ their AWS call, {AWS_MS:g} ms": lambda: wide.measure(
                    running, counts.versions, counts.aws_rounds
                ),
                "list page ÷ plain page": lambda: pages.measure_against_django(
                    running, counts.django_rounds
                ),
                "memory of a worker after a tour": lambda: memory.measure(running, counts.tours),
            },
        )
    _take(
        figures,
        only,
        {
            "audit append ÷ bare insert": lambda: appending.measure(
                counts.appends, counts.append_rounds
            ),
            "audit verification ÷ bare read": lambda: verifying.measure(
                counts.records, counts.verify_rounds
            ),
            f"troubleshooting panel, {AWS_MS:g} ms": lambda: panel.measure(
                counts.panel_rounds, counts.cli_rounds
            ),
            "status pass": lambda: status_pass.measure(counts.watched, paced=counts.paced),
            "access evaluator": lambda: evaluator.measure(counts.evaluations),
            "who can read": lambda: who.measure(counts.roles, rounds=3),
            "Lambda loader ÷ boto3 and Powertools": lambda: loader.measure(
                counts.cold_starts, counts.warm_reads
            ),
        },
    )
    return figures


def _take(figures: Figures, only: str, measures: dict[str, Callable[[], Figures]]) -> None:
    for name, measure_it in measures.items():
        if only in name:
            print(f"{name} …", end=" ", flush=True, file=sys.stderr)
            started = time.perf_counter()
            figures[name] = measure_it()
            print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)


def _machine() -> Figures:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "commit": commit.stdout.strip(),
    }


def _compact(document: Figures) -> str:
    """Indented JSON with lists of numbers on one line each."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return re.sub(r"\[[\d\s.,e-]+\]", lambda found: " ".join(found[0].split()), text)


if __name__ == "__main__":
    main()
