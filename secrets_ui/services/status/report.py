"""The status as JSON, for programs and for the command line: the same findings as on the page."""

from collections.abc import Iterable, Sequence
from typing import Any

from ...domain.access.finding import Status
from ...domain.environment import Environment
from ...domain.status.status import StatusFinding
from ...domain.status.words import STATUS_WORDS
from ...domain.texts import as_rfc3339
from .board import EnvironmentSummary, StatusBoard, StatusRow, Trouble
from .read import all_rows, read_status

# For pipelines: a failure says more than something unknown, and a warning stops nothing.
EXIT: dict[Status, int] = {"pass": 0, "warn": 0, "fail": 1, "unknown": 2, "skipped": 2}


def status_report(
    environments: Sequence[Environment], *, with_secrets: bool = True
) -> tuple[dict[str, Any], StatusBoard]:
    board = read_status(environments)
    report = {
        "status": STATUS_WORDS[board.headline.status].code,
        "headline": board.headline.text,
        "at": as_rfc3339(board.now),
        "environments": [
            _environment(summary, board.troubles, with_secrets) for summary in board.environments
        ],
        "record": _row(board.record) if board.record else None,
        "runner": {
            "alive": board.runner.is_alive,
            "every_seconds": board.runner.every,
            "last_sign_at": as_rfc3339(board.runner.alive_at),
            "last_pass_at": as_rfc3339(board.runner.ended_at),
            "last_pass": dict(board.runner.took),
        },
    }
    return report, board


def _environment(
    summary: EnvironmentSummary, troubles: Iterable[Trouble], with_secrets: bool
) -> dict[str, Any]:
    current = summary.current
    return {
        "name": current.name,
        "status": STATUS_WORDS[current.status].code,
        "checked_at": as_rfc3339(current.at),
        "stale": current.is_stale,
        "since": current.since,
        "secrets": {
            STATUS_WORDS[status].code: number for status, number in sorted(summary.counts.items())
        },
        "findings": [_trouble(t) for t in troubles if t.environment == current.name],
        "rows": [_row(row) for row in all_rows(summary.environment)] if with_secrets else [],
    }


def _trouble(trouble: Trouble) -> dict[str, Any]:
    return _finding(trouble.finding) | {"secrets": [name for name in trouble.secrets if name]}


def _row(row: StatusRow) -> dict[str, Any]:
    return {
        "secret": row.secret,
        "status": STATUS_WORDS[row.status].code,
        "checked_at": as_rfc3339(row.at),
        "stale": row.is_stale,
        "proved_by": row.proofs,
        "findings": [_finding(f) for f in row.findings if f.is_trouble],
        "acknowledged": [
            _finding(f)
            | {"by": f.acknowledged_by, "at": f.acknowledged_at, "reason": f.acknowledged_why}
            for f in row.acknowledged
        ],
        "not_checked": [_finding(f) for f in row.unchecked if not f.is_trouble],
    }


def _finding(finding: StatusFinding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "status": finding.status,
        "about": finding.about,
        "text": finding.text,
        "since": finding.since,
        "owner": finding.owner,
        "runbook": finding.runbook,
    }
