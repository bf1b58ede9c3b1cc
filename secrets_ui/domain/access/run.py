"""One run of all checks, in a form that can be stored. It never holds a secret value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from .finding import Finding, LambdaError, Status, Step, verdict

AnswerWord = Literal["yes", "no", "unknown"]
_STORED = {"value_was_read": "looked"}
"""Members that stored runs call otherwise. Old runs stay readable, so these names stay."""
_READ = {stored: name for name, stored in _STORED.items()}


@dataclass(frozen=True)
class PathStep:
    """One step of the path role → policies → secret → key, with its state."""

    step: Step
    title: str
    status: Status
    text: str


@dataclass(frozen=True)
class Run:
    """The results of one run.

    `answer` and `headline` say whether the Lambda can read the secret now. Of the `calls`, AWS
    refused or did not answer `failed_calls`. `seconds` is how long AWS took. With `value_was_read`,
    a value was read, on record, to learn its key names. `not_seen` says what the answer goes
    without; older runs have none.
    """

    environment: str
    secret: str
    role: str
    function: str
    region: str
    account: str
    read_at: datetime
    answer: AnswerWord
    headline: str
    steps: tuple[PathStep, ...]
    findings: tuple[Finding, ...]
    calls: int
    seconds: float
    value_was_read: bool = False
    not_seen: tuple[str, ...] = ()
    failed_calls: int = 0

    @property
    def verdict(self) -> Status:
        return verdict(self.findings)

    @property
    def error(self) -> LambdaError | None:
        """What the Lambda's log shows: the error of the first deciding failure."""
        errors = (f.error for f in self.findings if f.error and f.status == "fail" and f.decides)
        return next(errors, None) if self.answer == "no" else None

    @property
    def exit_status(self) -> int:
        """For pipelines: 0 no failure (warnings allowed), 1 a failure, 2 something unknown."""
        return {"fail": 1, "unknown": 2}.get(self.verdict, 0)

    def finding(self, check: str) -> Finding:
        """Return a check's finding. Raises LookupError."""
        return {finding.check: finding for finding in self.findings}[check]

    def to_json(self) -> dict[str, Any]:
        members = asdict(self)
        return {
            **{_STORED.get(name, name): value for name, value in members.items()},
            "read_at": self.read_at.isoformat(),
            "verdict": self.verdict,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        members: dict[str, Any] = {
            **{_READ.get(name, name): value for name, value in data.items() if name != "verdict"},
            "read_at": datetime.fromisoformat(data["read_at"]),
            "steps": tuple(PathStep(**step) for step in data["steps"]),
            "findings": tuple(Finding.from_json(finding) for finding in data["findings"]),
            "not_seen": tuple(data.get("not_seen", ())),
        }
        return cls(**members)
