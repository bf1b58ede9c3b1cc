"""Can the Lambda read this secret now? Gathers evidence, judges it, and returns a run."""

from ...checks.access import CHECK_IDS as CHECK_IDS
from ...checks.access import TITLES as TITLES
from ...checks.access import run_checks
from ...checks.judging.path import headline, steps
from ...domain.access.evidence import AccessEvidence
from ...domain.access.run import Run
from ...domain.access.unseen import not_seen
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from .gather import gather_evidence


def check_access(environment: Environment, secret_name: str, actor: Actor) -> Run:
    """One run over fresh evidence. Raises InvalidSecretName; whatever AWS refuses is part of the
    answer.
    """
    return judge(gather_evidence(environment, secret_name, actor))


def judge(evidence: AccessEvidence) -> Run:
    """A run from evidence that was gathered. No AWS call."""
    environment, findings = evidence.environment, run_checks(evidence)
    answer, sentence = headline(evidence, findings)
    return Run(
        environment=environment.name,
        secret=evidence.secret_name,
        role=environment.lambda_role,
        function=environment.lambda_function,
        region=environment.region,
        account=environment.account,
        read_at=evidence.read_at,
        answer=answer,
        headline=sentence,
        steps=steps(findings),
        findings=findings,
        calls=evidence.calls,
        seconds=evidence.seconds,
        value_was_read=evidence.value_was_read,
        not_seen=not_seen(evidence),
    )
