"""Tries a remedy on the evaluator: what it would allow, and that it opens nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from ...domain.access.actions import READ, WRITE_ACTIONS
from ...domain.access.evidence import AccessEvidence, Document, Known, Role
from ...domain.access.finding import Remedy
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.errors import AwsCall
from ...domain.iam.truth import all_of, any_of
from ..wording.explain import names
from .policy_changes import Change, cli, keeps_five_versions, terraform
from .shared import not_looked

_TRIED = AwsCall("tried")
_ANYTHING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)
UNKNOWN_ACCOUNT = "000000000000"
Probe = Callable[[AccessEvidence], bool | None]
"""Whether somebody gets in; None when that is unknown."""


def remedy(
    evidence: AccessEvidence, change: Change, ask: Callable[[AccessEvidence], Answer]
) -> Remedy:
    """Describe a change in words, Terraform, as a command, and by the evaluator's answer."""
    words = change.words + (
        " A managed policy keeps five versions: delete the oldest one if there are five."
        if keeps_five_versions(change)
        else ""
    )
    return Remedy(
        words,
        terraform(change),
        cli(evidence, change),
        tried(evidence, change.applied(evidence), ask) + not_looked(evidence, change),
    )


def tried(
    before: AccessEvidence, after: AccessEvidence, ask: Callable[[AccessEvidence], Answer]
) -> str:
    """Describe the answer after a change, in sentences."""
    answer = ask(after)
    action = answer.request.action if answer.request else "the question"
    if answer.is_allowed:
        text = f"Tried on the policies as read: with it they allow {action}."
    else:
        text = (
            f"Tried on the policies as read: with it this statement is right, and {action} is "
            "still refused for what the other findings say."
        )
    opened, refused = probe(before, after)
    if opened:
        return f"{text} It also opens the way for {names(opened)}: read it twice."
    return f"{text} It still refuses {names(refused)}." if refused else text


def probe(before: AccessEvidence, after: AccessEvidence) -> tuple[list[str], list[str]]:
    """Return who or what a change lets in, and who or what it still refuses."""
    was, would = _admitted(before), _admitted(after)
    opened = [name for name, may in would.items() if may and not was[name]]
    return opened, [name for name, may in would.items() if may is False]


@lru_cache(maxsize=16)
def _admitted(evidence: AccessEvidence) -> Mapping[str, bool | None]:
    """Who or what gets in: asked once of the evidence that all remedies of a run start from."""
    return {name: may(evidence) for name, may in PROBES.items()}


def _another_role(evidence: AccessEvidence) -> bool | None:
    """Whether a role of the same account, with IAM policies that allow everything, may read."""
    return _may_read(as_role(evidence, evidence.environment.account))


def _another_account(evidence: AccessEvidence) -> bool | None:
    return _may_read(as_role(evidence, UNKNOWN_ACCOUNT))


def as_role(evidence: AccessEvidence, account: str) -> AccessEvidence:
    """Return the evidence for another caller: a role with every right its account can give, which
    calls from outside a VPC.
    """
    environment = replace(
        evidence.environment,
        account=account,
        lambda_role="somebody-else",
        lambda_function="somebody-else",
    )
    role = Role(environment.arn("iam", "role/somebody-else"), "AROAEXAMPLEELSE", "")
    function = evidence.function
    if isinstance(function, Known):
        function = replace(function, value=replace(function.value, vpc=None))
    return replace(
        evidence,
        environment=environment,
        function=function,
        role=Known(role, _TRIED),
        attached=Known((), _TRIED),
        inline=Known((), _TRIED),
        documents={"everything": Known(Document("everything", _ANYTHING), _TRIED)},
        boundary=None,
        # Of another account the organization is not known.
        organization=(
            evidence.organization
            if account == evidence.environment.account
            else AccessEvidence.organization
        ),
    )


def _another_secret(evidence: AccessEvidence) -> bool | None:
    """Whether a secret with a longer name, no policy and the same key may be read."""
    if not isinstance(evidence.secret, Known):
        return False
    secret = evidence.secret.value
    arn = f"{secret.arn.rpartition('-')[0]}-of-others-AbCdEf"
    other = replace(secret, name=f"{secret.name}-of-others", arn=arn)
    changed = replace(
        evidence,
        secret=Known(other, _TRIED),
        secret_name=other.name,
        resource_policy=Known("", _TRIED),
    )
    return _may_read(changed)


def _may_read(evidence: AccessEvidence) -> bool | None:
    """Whether both hops are allowed."""
    return all_of((ask_read(evidence, READ).truth, ask_decrypt(evidence).truth))


def _by_another_service(evidence: AccessEvidence) -> bool | None:
    return ask_decrypt(evidence, service="ssm").truth


def _directly(evidence: AccessEvidence) -> bool | None:
    return ask_decrypt(evidence, service="").truth


def _write(evidence: AccessEvidence) -> bool | None:
    actions = (*WRITE_ACTIONS, "secretsmanager:DeleteSecret")
    return any_of(ask_read(evidence, action).truth for action in actions)


PROBES: Mapping[str, Probe] = {
    "another role": _another_role,
    "another account": _another_account,
    "another secret": _another_secret,
    "another service": _by_another_service,
    "a call to KMS without Secrets Manager": _directly,
    "writing by the Lambda": _write,
}
