"""Builds the findings of a check, named after its file, including those on missing evidence."""

from typing import Any

from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked
from ...domain.access.finding import Finding, Status, Step, Weight
from ...domain.access.reading import why_unknown
from .missing_statements import missing_statements


class Reporter:
    """Builds a check's findings. Use in its module: `report = Reporter(__name__, "key")`."""

    def __init__(self, module: str, step: Step, weight: Weight = "decides") -> None:
        self.check, self.step, self.weight = module.rpartition(".")[2], step, weight

    def passed(self, text: str, short: str = "", **more: Any) -> Finding:
        return self._finding("pass", text, short, more)

    def warn(self, text: str, short: str, **more: Any) -> Finding:
        return self._finding("warn", text, short, more)

    def fail(self, text: str, short: str, **more: Any) -> Finding:
        return self._finding("fail", text, short, more)

    def unknown(self, text: str, **more: Any) -> Finding:
        return self._finding("unknown", text, "not known", more)

    def skipped(self, text: str, short: str = "not checked", **more: Any) -> Finding:
        """For use only if an earlier finding explains why this check makes no sense."""
        return self._finding("skipped", text, short, more)

    def cannot_tell(
        self, evidence: AccessEvidence, claim: str, what: str, *found: Evidence[Any] | None
    ) -> Finding:
        """Build the finding for missing evidence.

        Skipped if AWS said that the thing does not exist, or if the evidence depended on other
        evidence whose own check reports it. Otherwise unknown, with the statement that this
        console's role needs.
        """
        lacking = [item for item in found if item is not None and not isinstance(item, Known)]
        if all(isinstance(item, Missing | NotAsked) for item in lacking):
            return self.skipped(
                f"Whether {claim} was not checked: {why_unknown(what, lacking[0])}."
            )
        why = next(item for item in lacking if not isinstance(item, Missing | NotAsked))
        see = tuple(item.call.cli for item in lacking if item.call.cli)
        return self.unknown(
            f"Whether {claim} is not known: {why_unknown(what, why)}.",
            missing=missing_statements(evidence, *lacking),
            see=see,
        )

    def _finding(self, status: Status, text: str, short: str, more: dict[str, Any]) -> Finding:
        return Finding(
            self.check, self.step, status, text, short, **{"weight": self.weight, **more}
        )
