"""Explains an error text of a Lambda's log by today's evidence. The text is not kept."""

from dataclasses import dataclass

from ...domain.access.error_reading import ErrorReading, contradictions, read_error, sum_up
from ...domain.access.finding import Finding
from ...domain.access.run import Run
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from .check import TITLES, check_access


@dataclass(frozen=True)
class Explained:
    """`findings` are those of the checks that explain the error, most likely first;
    `contradictions` say where error and evidence differ. `verdict` sums up what the checks of the
    error say now, and what else fails; "" for a text that nobody knows.
    """

    reading: ErrorReading
    run: Run
    findings: tuple[Finding, ...]
    contradictions: tuple[str, ...]
    verdict: str


def explain_error(environment: Environment, secret_name: str, actor: Actor, text: str) -> Explained:
    """Raises InvalidSecretName."""
    reading, run = read_error(text), check_access(environment, secret_name, actor)
    findings = tuple(run.finding(check) for check in reading.checks)
    differences, verdict = contradictions(reading, run), sum_up(reading, run, TITLES)
    return Explained(reading, run, findings, differences, verdict)
