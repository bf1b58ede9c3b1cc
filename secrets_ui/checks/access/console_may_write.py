"""This console may save a version, move AWSCURRENT, and encrypt with the key."""

from ...domain.access.actions import WRITE_ACTIONS, WRITE_KEY_ACTIONS
from ...domain.access.aws_managed_key import has_aws_managed_key
from ...domain.access.context import Caller, console_caller
from ...domain.access.evidence import AccessEvidence, Denied, Known, Missing, NotAsked
from ...domain.access.finding import Finding
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.access.sides import without_control
from ...domain.errors import AwsCall
from ...domain.iam import evaluate
from ..remedies.policy_changes import console_role
from ..traps.find import repaired
from ..wording.explain import deciding, doubts, names
from ..wording.missing_statements import missing_statements
from ..wording.reporter import Reporter
from .alias_points_at_the_key import explains_key

TITLE = "The console may write the secret"
report = Reporter(__name__, "console", "matters")


def check(evidence: AccessEvidence) -> Finding:
    name, caller = evidence.secret_name, console_caller(evidence)
    if caller is None:
        return _without_role(evidence)
    answers = _answers(evidence, caller)
    refused = [action for action, answer in answers.items() if answer.truth is False]
    if not refused:
        return _passed_or_unknown(evidence, answers)
    if refused[0] in WRITE_KEY_ACTIONS and (why := explains_key(evidence)):
        return report.skipped(
            f"This console may not write {name} under that key: see {why}.", "may not write"
        )
    mended = _answers(repaired(evidence), caller)
    if not any(answer.truth is False for answer in mended.values()):
        return report.skipped(
            f"This console may not write {name}: see no_left_over_principals.", "may not write"
        )
    first = answers[refused[0]].evaluation
    assert first is not None
    text = f"{caller.role_arn} may not write {name}: it is refused {names(refused)}"
    # No statement of this account helps against the organization's policies.
    is_theirs = all(_is_organizations(answers[action]) for action in refused)
    return report.fail(
        f"{text} by the organization's policies." if is_theirs else f"{text}.",
        "may not write",
        shown=deciding(evidence, first, refused[0]),
        missing="" if is_theirs else _statements(evidence, refused),
        see=_see(evidence),
    )


def _answers(evidence: AccessEvidence, caller: Caller) -> dict[str, Answer]:
    answers = {action: ask_read(evidence, action, caller) for action in WRITE_ACTIONS}
    if has_aws_managed_key(evidence) or not isinstance(evidence.key, Missing | NotAsked):
        answers |= {action: ask_decrypt(evidence, action, caller) for action in WRITE_KEY_ACTIONS}
    return answers


def _is_organizations(answer: Answer) -> bool:
    """Whether nothing but the organization's policies refuses."""
    return answer.request is not None and evaluate(without_control(answer.request)).is_allowed


def _passed_or_unknown(evidence: AccessEvidence, answers: dict[str, Answer]) -> Finding:
    name = evidence.secret_name
    open_ones = {action: answer for action, answer in answers.items() if not answer.is_allowed}
    if not open_ones:
        return report.passed(f"This console may write {name}: {names(answers)}.", "may write")
    console = evidence.console
    why = " ".join(dict.fromkeys(doubts(answer) for answer in open_ones.values()))
    found = (
        console.attached,
        console.inline,
        *console.documents.values(),
        evidence.resource_policy,
        evidence.key_policy,
        evidence.grants,
    )
    missing = missing_statements(evidence, *found)
    return report.unknown(
        f"Whether this console is allowed {names(open_ones)} on {name} is not known: {why}",
        missing=missing,
        see=_see(evidence),
    )


def _without_role(evidence: AccessEvidence) -> Finding:
    caller, role = evidence.caller, evidence.console.role
    if (
        isinstance(caller, Known)
        and not isinstance(role, Known)
        and not console_role(evidence)
        and not role.call.operation
    ):
        text = f"Whether this console may write {evidence.secret_name} is not known: "
        text += f"{caller.value.arn} is not a role whose policies could be read."
        return report.unknown(text, weight="second opinion")
    claim = f"this console may write {evidence.secret_name}"
    return report.cannot_tell(evidence, claim, "its own role", role, caller)


def _statements(evidence: AccessEvidence, refused: list[str]) -> str:
    """Return the statements that the console's role and the key policy should allow. The policy of
    the AWS-managed key does allow it: there no statement helps against what denies.
    """
    if has_aws_managed_key(evidence):
        refused = [action for action in refused if action not in WRITE_KEY_ACTIONS]
    return missing_statements(
        evidence, *(Denied(AwsCall(action, evidence.secret_name), action) for action in refused)
    )


def _see(evidence: AccessEvidence) -> tuple[str, ...]:
    found = (evidence.console.attached, evidence.key_policy, evidence.resource_policy)
    return tuple(item.call.cli for item in found if item.call.cli)
