"""The role may decrypt with the key through Secrets Manager.

By the key policy, by a grant, or by IAM where the key policy delegates to IAM.
"""

from dataclasses import replace

from ...domain.access.actions import DECRYPT
from ...domain.access.aws_managed_key import DOCUMENTED, NAME, has_aws_managed_key
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding
from ...domain.access.path import ask_decrypt
from ...domain.access.sides import by_key, denying, near_misses
from ...domain.iam import Decision, Evaluation, Layer, LayerDecision
from ...domain.secrets.secret import AWSCURRENT
from ..judging.judgement import Judgement, explanation
from ..judging.reading import commands, lacking, reasons
from ..remedies.fixes import find_remedy
from ..wording.explain import deciding, doubts, shown
from ..wording.lambda_errors import KMS_NOT_ALLOWED
from ..wording.missing_statements import missing_statements
from ..wording.reporter import Reporter
from .alias_points_at_the_key import explains_key

_NEXT = "any.other.version"
"""An id that no policy means."""
TITLE = "Decrypt is allowed"
report = Reporter(__name__, "key")


def check(evidence: AccessEvidence) -> Finding:
    role, found = evidence.environment.lambda_role, evidence.key
    if not isinstance(found, Known) and not has_aws_managed_key(evidence):
        return report.cannot_tell(evidence, f"{role} may decrypt", "the key", found)
    key, judgement = _named(evidence), Judgement(evidence, ask_decrypt, by_key)
    see = (evidence.key_policy.call.cli,) if evidence.key_policy.call.cli else ()
    if judgement.evaluation is None or judgement.outcome == "unknown":
        text = (
            f"Whether {role} may decrypt with {key} is not known: "
            f"{doubts(judgement.answer, judgement.evaluation)}"
        )
        missing = missing_statements(
            evidence, found, evidence.key_policy, evidence.grants, *lacking(evidence)[:-1]
        )
        return report.unknown(text, missing=missing, see=see)
    if judgement.outcome == "allowed":
        now = judgement.evaluation
        return _not_the_next(evidence, now, see) or _passed(evidence, now, see)
    other = explanation(evidence) if judgement.outcome == "explained" else ""
    if not other and (check_id := explains_key(evidence)):
        other = f"see {check_id}"
    if other:
        return report.skipped(f"{role} may not decrypt with {key}: {other}.", "kms:Decrypt denied")
    return report.fail(
        _text(evidence, judgement),
        "kms:Decrypt denied",
        shown=deciding(evidence, judgement.evaluation, DECRYPT),
        error=KMS_NOT_ALLOWED,
        remedy=find_remedy(evidence, judgement.evaluation, ask_decrypt),
        see=(*see, *_identity(evidence, judgement)),
    )


def _named(evidence: AccessEvidence) -> str:
    """The key, as sentences name it."""
    if has_aws_managed_key(evidence):
        return f"the AWS-managed key {NAME}"
    return f"key {evidence.key.value.key_id}" if isinstance(evidence.key, Known) else "the key"


def _passed(evidence: AccessEvidence, now: Evaluation, see: tuple[str, ...]) -> Finding:
    is_managed = has_aws_managed_key(evidence)
    more = "".join(f" Grant {found.grant.name} allows it." for found in now.deciding_grants)
    if is_managed:
        more = (
            f" The key policy of {DOCUMENTED}, lets in its whole account, and no identity policy "
            f"of the role denies {DECRYPT}."
        )
    return report.passed(
        f"{evidence.environment.lambda_role} may decrypt with {_named(evidence)} through Secrets "
        f"Manager.{more}",
        "AWS-managed key" if is_managed else "kms:Decrypt allowed",
        shown=shown(evidence, now.deciding, DECRYPT),
        see=see,
    )


def _not_the_next(
    evidence: AccessEvidence, now: Evaluation, see: tuple[str, ...]
) -> Finding | None:
    """A warning where only the current version may be decrypted: the next save makes another."""
    if not isinstance(evidence.secret, Known):
        return None
    secret = replace(evidence.secret.value, versions={_NEXT: (AWSCURRENT,)})
    later = replace(evidence, secret=replace(evidence.secret, value=secret))
    request = ask_decrypt(later).request
    then = by_key(request) if request else None
    if then is None or then.decision not in (
        Decision.EXPLICITLY_DENIED,
        Decision.IMPLICITLY_DENIED,
    ):
        return None
    grants = [f"grant {result.grant.name} is for this version" for result in now.deciding_grants]
    results = [*denying(then), *near_misses(then)]
    why = reasons(results, DECRYPT) if results else f"{'; '.join(grants)}."
    return report.warn(
        f"{evidence.environment.lambda_role} may decrypt the current version of "
        f"{evidence.secret_name} with {_named(evidence)}, and not the next one: {why}",
        "not the next version",
        shown=shown(evidence, results, DECRYPT),
        remedy=find_remedy(later, then, ask_decrypt),
        see=see,
    )


def _text(evidence: AccessEvidence, judgement: Judgement) -> str:
    role, evaluation = evidence.environment.lambda_role, judgement.evaluation
    assert evaluation is not None
    key = _named(evidence).removeprefix("key ")
    denies, misses = denying(evaluation), near_misses(evaluation)
    if denies:
        explained = reasons([*denies, *misses], DECRYPT)
        return f"{role} may not decrypt with {_named(evidence)}: {explained}"
    if evaluation.layers.get(Layer.RESOURCE) is LayerDecision.ALLOWED_FOR_ACCOUNT:
        explained = reasons(misses, DECRYPT) if misses else "no statement of them does."
        return (
            f"The key policy of {key} leaves it to IAM to let {role} decrypt, and its policies "
            f"do not: {explained}"
        )
    explained = (
        reasons(misses, DECRYPT)
        if misses
        else "no statement of it allows kms:Decrypt to the role or its account."
    )
    return f"The key policy of {key} does not let {role} decrypt: {explained}"


def _identity(evidence: AccessEvidence, judgement: Judgement) -> tuple[str, ...]:
    """Return commands for the role's own policies, where a Deny of theirs or IAM decides."""
    assert judgement.evaluation is not None
    leaves = judgement.evaluation.layers.get(Layer.RESOURCE) is LayerDecision.ALLOWED_FOR_ACCOUNT
    return commands(evidence) if leaves or denying(judgement.evaluation, [Layer.IDENTITY]) else ()
