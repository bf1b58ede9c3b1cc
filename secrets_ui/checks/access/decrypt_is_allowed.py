"""The role may use the key to decrypt, through Secrets Manager: by the key policy, a grant, or IAM where the key policy leaves it to IAM."""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding
from ...domain.access.path import ask_decrypt, has_aws_managed_key
from ...domain.access.sides import by_key, denying, near_misses
from ...domain.iam import Layer
from ..judging.judged import Judged, explanation
from ..judging.reading import commands, lacking, reasons
from ..remedies.fixes import fix
from ..traps.trap import DECRYPT
from ..wording.explain import deciding, doubts, shown
from ..wording.lambda_errors import KMS_NOT_ALLOWED
from ..wording.missing_statements import missing_statements
from ..wording.says import Says
from .alias_points_at_the_key import explains_key

say = Says(__name__, "key")


def check(evidence: AccessEvidence) -> Finding:
    role, found = evidence.environment.lambda_role, evidence.key
    if has_aws_managed_key(evidence):
        return say.passed(
            f"{role} needs no right in KMS: the AWS-managed key is open to its account.",
            "AWS-managed key",
        )
    if not isinstance(found, Known):
        return say.cannot_tell(evidence, f"{role} may decrypt", "the key", found)
    key, judged = found.value.key_id, Judged(evidence, ask_decrypt, by_key)
    see = (evidence.key_policy.call.cli,) if evidence.key_policy.call.cli else ()
    if judged.evaluation is None or judged.outcome == "unknown":
        text = f"Whether {role} may decrypt with key {key} is not known: {doubts(judged.answer, judged.evaluation)}"
        missing = missing_statements(
            evidence, evidence.key_policy, evidence.grants, *lacking(evidence)[:-1]
        )
        return say.unknown(text, missing=missing, see=see)
    if judged.outcome == "allowed":
        statements = shown(evidence, judged.evaluation.deciding, DECRYPT)
        grants = "".join(
            f" Grant {grant.grant.name} allows it." for grant in judged.evaluation.deciding_grants
        )
        return say.passed(
            f"{role} may decrypt with key {key} through Secrets Manager.{grants}",
            "kms:Decrypt allowed",
            shown=statements,
            see=see,
        )
    if judged.outcome == "explained":
        return say.skipped(
            f"{role} may not decrypt with key {key}: {explanation(evidence)}.", "kms:Decrypt denied"
        )
    if why := explains_key(evidence):
        return say.skipped(
            f"{role} may not decrypt with key {key}: see {why}.", "kms:Decrypt denied"
        )
    return say.fail(
        _text(evidence, judged), "kms:Decrypt denied",
        shown=deciding(evidence, judged.evaluation, DECRYPT), error=KMS_NOT_ALLOWED,
        remedy=fix(evidence, judged.evaluation, ask_decrypt), see=(*see, *_identity(evidence, judged)),
    )  # fmt: skip


def _text(evidence: AccessEvidence, judged: Judged) -> str:
    role, evaluation = evidence.environment.lambda_role, judged.evaluation
    assert evaluation is not None and isinstance(evidence.key, Known)
    key = evidence.key.value.key_id
    denies, misses = denying(evaluation), near_misses(evaluation)
    if denies:
        return f"{role} may not decrypt with key {key}: {reasons([*denies, *misses], DECRYPT)}"
    if evaluation.layers.get(Layer.RESOURCE) == "AllowedForAccount":
        told = reasons(misses, DECRYPT) if misses else "no statement of them does."
        return f"The key policy of {key} leaves it to IAM to let {role} decrypt, and its policies do not: {told}"
    told = (
        reasons(misses, DECRYPT)
        if misses
        else "no statement of it allows kms:Decrypt to the role or its account."
    )
    return f"The key policy of {key} does not let {role} decrypt: {told}"


def _identity(evidence: AccessEvidence, judged: Judged) -> tuple[str, ...]:
    """The role's own policies decide too, where a Deny of theirs applies or the key policy leaves it to IAM."""
    assert judged.evaluation is not None
    leaves = judged.evaluation.layers.get(Layer.RESOURCE) == "AllowedForAccount"
    return commands(evidence) if leaves or denying(judged.evaluation, [Layer.IDENTITY]) else ()
