"""Finding: what one check says, with the statement that decides and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["fail", "unknown", "warn", "pass", "skipped"]
Step = Literal["console", "role", "policies", "secret", "key"]
WORST_FIRST: tuple[Status, ...] = ("fail", "unknown", "warn", "skipped", "pass")


@dataclass(frozen=True)
class Shown:
    """A statement as it is written, with the member that fails: `marked` is "Condition", "Resource", "Action" or "Principal"."""

    policy: str
    layer: str
    document: Mapping[str, Any]
    marked: str = ""
    why: str = ""


@dataclass(frozen=True)
class Remedy:
    """What to change: in words, as Terraform and as an AWS CLI command. `tried` says what the evaluator answers with it, where it was tried."""

    text: str
    terraform: str = ""
    cli: str = ""
    tried: str = ""


@dataclass(frozen=True)
class Finding:
    """`text` is one full sentence that names the resource. `error` is what the Lambda would see. `see` shows the evidence.
    `missing` is the statement that this console's own role needs, where that is why nothing is known."""

    check: str
    step: Step
    status: Status
    text: str
    shown: tuple[Shown, ...] = ()
    error: str = ""
    remedy: Remedy | None = None
    see: tuple[str, ...] = ()
    missing: str = ""


def verdict(findings: tuple[Finding, ...]) -> Status:
    """Of a whole run: the worst that counts. A skipped check always has a failed or unknown one before it."""
    return next((status for status in WORST_FIRST if any(finding.status == status for finding in findings) and status != "skipped"), "pass")
