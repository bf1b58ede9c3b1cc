"""A whole answer of who can do what, as JSON: of accounts too large to be judged for a page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..environment import Environment
from .answers import Kind, Row, WhoCan
from .reach import Ability, Verdict
from .who import is_expected


def answer_to_json(found: WhoCan) -> dict[str, Any]:
    """Without those who can do nothing, and without what the environment itself says."""
    short = found.without_others()
    return {
        "secret": short.secret,
        "read_at": short.read_at.isoformat(),
        "services": list(short.services),
        "gaps": list(short.gaps),
        "control": short.control,
        "calls": short.calls,
        "others": short.others,
        "rows": [_row_to_json(row) for row in short.rows],
    }


def _row_to_json(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "title": row.title,
        "account": row.account,
        "verdicts": {
            ability.value: [verdict.can, verdict.by, verdict.missing, verdict.condition]
            for ability, verdict in row.verdicts.items()
        },
        "trusted": list(row.trusted),
        "last_used": row.last_used.isoformat() if row.last_used else "",
    }


def answer_from_json(data: Mapping[str, Any], environment: Environment) -> WhoCan:
    """Who is expected goes by the environment as it is now."""
    return WhoCan(
        environment.name,
        data["secret"],
        datetime.fromisoformat(data["read_at"]),
        tuple([_row(entry, environment) for entry in data["rows"]]),
        tuple(data["services"]),
        tuple(data["gaps"]),
        data["control"],
        data["calls"],
        data["others"],
    )


def _row(entry: Mapping[str, Any], environment: Environment) -> Row:
    used = entry["last_used"]
    return Row(
        Kind(entry["kind"]),
        entry["title"],
        entry["account"],
        is_expected(environment, entry["title"]),
        {
            Ability(ability): Verdict(can, tuple(by), tuple(missing), condition)
            for ability, (can, by, missing, condition) in entry["verdicts"].items()
        },
        tuple(entry["trusted"]),
        datetime.fromisoformat(used) if used else None,
    )
