"""This console reaches AWS, in the environment's account and in the role it should assume."""

from ...domain.access.context import role_name_of
from ...domain.access.evidence import AccessEvidence, Denied, Known, Missing
from ...domain.access.finding import Finding, Remedy
from ...domain.access.reading import why_unknown
from ..remedies.policy_changes import console_role
from ..wording.missing_statements import missing_statements
from ..wording.reporter import Reporter

TITLE = "The console reaches AWS"
report = Reporter(__name__, "console")


def check(evidence: AccessEvidence) -> Finding:
    environment, caller = evidence.environment, evidence.caller
    if not isinstance(caller, Known):
        if isinstance(caller, Denied) or not reaches_aws(evidence):
            return _refused(evidence)
        why = why_unknown("its identity", caller)
        text = f"Who this console is in {environment} is not known: {why}."
        return report.unknown(text, weight="second opinion", see=(caller.call.cli,))
    who, see = caller.value, (caller.call.cli,)
    if who.account != environment.account:
        text = (
            f"This console is in account {who.account}, and {environment} is account "
            f"{environment.account}."
        )
        remedy = Remedy(
            f"Set assume_role of environments.{environment} to a role in account "
            f"{environment.account}."
        )
        return report.fail(text, "other account", remedy=remedy, see=see)
    wanted = console_role(evidence)
    if wanted and role_name_of(who.arn) != wanted:
        text = f"This console acts as {who.arn}, and not in its role {environment.assume_role}."
        return report.warn(text, "other role", see=see)
    return report.passed(
        f"This console acts as {who.arn} in {environment.region}.", "reaches AWS", see=see
    )


def reaches_aws(evidence: AccessEvidence) -> bool:
    """Whether AWS has answered anything, if only that something does not exist."""
    return any(
        isinstance(item, Known | Missing)
        for item in (evidence.caller, evidence.role, evidence.secret, evidence.alias)
    )


def is_in_another_account(evidence: AccessEvidence) -> bool:
    return (
        isinstance(evidence.caller, Known)
        and evidence.caller.value.account != evidence.environment.account
    )


def _refused(evidence: AccessEvidence) -> Finding:
    environment = evidence.environment
    what = f"the role {environment.assume_role}" if environment.assume_role else "AWS"
    text = (
        f"This console does not reach AWS for {environment}: {why_unknown(what, evidence.caller)}."
    )
    remedy = None
    # Policies are to blame where AWS refused; where it did not answer they are not.
    if environment.assume_role and isinstance(evidence.caller, Denied):
        remedy = Remedy(
            f"Let this console's own credentials assume {environment.assume_role}: "
            "by their policy and by that role's trust policy."
        )
    return report.unknown(
        text,
        remedy=remedy,
        missing=missing_statements(evidence, evidence.caller),
        see=("aws sts get-caller-identity",),
    )
