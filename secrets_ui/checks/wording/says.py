"""How a check speaks: findings that bear the name of its file, and what is said where evidence is lacking."""

from __future__ import annotations

from typing import Any

from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked
from ...domain.access.finding import Finding, Status, Step, Weight
from ...domain.access.path import told
from .missing_statements import missing_statements


class Says:
    """Makes a check's findings: `say = Says(__name__, "key")` in its module."""

    def __init__(self, module: str, step: Step, weight: Weight = "decides") -> None:
        self.check, self.step, self.weight = module.rpartition(".")[2], step, weight

    def passed(self, text: str, short: str = "", **more: Any) -> Finding:
        return self._says("pass", text, short, more)

    def warn(self, text: str, short: str, **more: Any) -> Finding:
        return self._says("warn", text, short, more)

    def fail(self, text: str, short: str, **more: Any) -> Finding:
        return self._says("fail", text, short, more)

    def unknown(self, text: str, **more: Any) -> Finding:
        return self._says("unknown", text, "not known", more)

    def skipped(self, text: str, short: str = "not checked", **more: Any) -> Finding:
        """Only where an earlier finding explains why it makes no sense."""
        return self._says("skipped", text, short, more)

    def cannot_tell(
        self, evidence: AccessEvidence, claim: str, what: str, *found: Evidence[Any] | None
    ) -> Finding:
        """For evidence that is lacking: skipped where AWS said that the thing is not there, or where the question hung on another
        answer, since the check of that one says so; unknown otherwise, with the statement that this console's role needs."""
        lacking = [item for item in found if item is not None and not isinstance(item, Known)]
        if all(isinstance(item, Missing | NotAsked) for item in lacking):
            return self.skipped(f"Whether {claim} was not checked: {told(what, lacking[0])}.")
        why = next(item for item in lacking if not isinstance(item, Missing | NotAsked))
        see = tuple(item.call.cli for item in lacking if item.call.cli)
        return self.unknown(
            f"Whether {claim} is not known: {told(what, why)}.",
            missing=missing_statements(evidence, *lacking),
            see=see,
        )

    def _says(self, status: Status, text: str, short: str, more: dict[str, Any]) -> Finding:
        return Finding(
            self.check, self.step, status, text, short, **{"weight": self.weight, **more}
        )
