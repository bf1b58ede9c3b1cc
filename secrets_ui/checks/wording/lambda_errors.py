"""The errors that the Lambda would see, in AWS's words where they are known.

A text is only a hint, since AWS names one denying layer only.
"""

from ...domain.access.actions import BATCH, READ
from ...domain.access.context import secret_arn, session_arn
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import LambdaError

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_REASONS = {
    "identity": "because no identity-based policy allows the {action} action",
    "identity deny": "with an explicit deny in an identity-based policy",
    "boundary": "because no permissions boundary allows the {action} action",
    "boundary deny": "with an explicit deny in a permissions boundary",
    "endpoint": "because no VPC endpoint policy allows the {action} action",
    "endpoint deny": "with an explicit deny in a VPC endpoint policy",
    "resource deny": "with an explicit deny in a resource-based policy",
    "scp": "because no service control policy allows the {action} action",
    "scp deny": "with an explicit deny in a service control policy",
    "rcp deny": "with an explicit deny in a resource control policy",
}
KMS_NOT_ALLOWED = LambdaError("AccessDeniedException", "Access to KMS is not allowed", "seen")
NO_CURRENT = LambdaError(
    "ResourceNotFoundException",
    "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    "seen",
)
MARKED_FOR_DELETION = LambdaError(
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
    "seen",
)
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html; which
# error comes for which key state, AWS does not say.
CANNOT_DECRYPT = LambdaError(
    "DecryptionFailure",
    "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    "documented",
)
CANNOT_ASSUME = LambdaError(
    "AccessDeniedException",
    "The role defined for the function cannot be assumed by Lambda.",
    "seen",
)


def refused(evidence: AccessEvidence, action: str, layer: str) -> LambdaError:
    """Return AccessDeniedException for an action on the secret, or on several at once; `layer` is a
    key of _REASONS.
    """
    resource = "*" if action == BATCH else secret_arn(evidence)
    reason = _REASONS[layer].format(action=action)
    return _refused(evidence, action, resource, reason, "documented")


def not_found(evidence: AccessEvidence) -> LambdaError:
    """Return the error for a secret that does not exist.

    AWS checks permissions first, so it reports a denial for the bare name unless a policy allows
    any.
    """
    reason = _REASONS["identity"].format(action=READ)
    return _refused(evidence, READ, evidence.secret_name, reason, "seen")


def timed_out(evidence: AccessEvidence) -> LambdaError:
    """Return what boto3 says where packets are dropped, unless the function's own time ends first.

    https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html
    """
    url = f"https://secretsmanager.{evidence.environment.region}.amazonaws.com/"
    text = f'Connect timeout on endpoint URL: "{url}"'
    return LambdaError("ConnectTimeoutError", text, "seen")


def key_state(evidence: AccessEvidence, words: str) -> LambdaError:
    arn = evidence.key.value.arn if isinstance(evidence.key, Known) else ""
    return LambdaError(
        CANNOT_DECRYPT.code,
        f"{CANNOT_DECRYPT.message} (AWS KMS itself: {arn} is {words}.)",
        "not documented",
    )


def _refused(
    evidence: AccessEvidence, action: str, resource: str, reason: str, source: str
) -> LambdaError:
    text = (
        f"User: {session_arn(evidence)} is not authorized to perform: {action} on resource: "
        f"{resource} {reason}"
    )
    return LambdaError("AccessDeniedException", text, source)  # type: ignore[arg-type]
