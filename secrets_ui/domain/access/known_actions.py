"""The actions of Secrets Manager and KMS, and the one that a misspelt name was meant for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
"""

import re
from difflib import get_close_matches

_NAMES = {
    "secretsmanager": """
        BatchGetSecretValue CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret
        DescribeSecret GetRandomPassword GetResourcePolicy GetSecretValue ListSecretVersionIds
        ListSecrets PutResourcePolicy PutSecretValue RemoveRegionsFromReplication
        ReplicateSecretToRegions RestoreSecret RotateSecret StopReplicationToReplica TagResource
        UntagResource UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy
    """,
    "kms": """
        CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateGrant
        CreateKey Decrypt DeleteAlias DeleteCustomKeyStore DeleteImportedKeyMaterial
        DeriveSharedSecret DescribeCustomKeyStores DescribeKey DisableKey DisableKeyRotation
        DisconnectCustomKeyStore EnableKey EnableKeyRotation Encrypt GenerateDataKey
        GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext
        GenerateMac GenerateRandom GetKeyPolicy GetKeyRotationStatus GetParametersForImport
        GetPublicKey ImportKeyMaterial ListAliases ListGrants ListKeyPolicies ListKeyRotations
        ListKeys ListResourceTags ListRetirableGrants PutKeyPolicy ReEncryptFrom ReEncryptTo
        ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign
        SynchronizeMultiRegionKey TagResource UntagResource UpdateAlias UpdateCustomKeyStore
        UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac
    """,
}
_BY_FOLDED = {
    f"{service}:{name}".casefold(): f"{service}:{name}"
    for service, names in _NAMES.items()
    for name in names.split()
}
_SEPARATOR = re.compile(r"\s*[:./]\s*", re.ASCII)
_CLOSE = 0.85
"""How much of two names must agree (difflib's ratio). One letter too many or too few does."""
_LONGEST = 128
"""No name of an action comes near this length; longer ones are not compared."""


def intended_action(name: str) -> str:
    """Return the action that a name was probably meant for; "" if it is one, or resembles none.

    A name with a wildcard is never taken for misspelt.
    """
    folded = _SEPARATOR.sub(":", name.strip().casefold(), count=1)
    if name.casefold() in _BY_FOLDED or "*" in name or "?" in name or len(name) > _LONGEST:
        return ""
    if folded in _BY_FOLDED:
        return _BY_FOLDED[folded]
    if ":" not in folded:
        ours = [known for key, known in _BY_FOLDED.items() if key.endswith(f":{folded}")]
        return ours[0] if len(ours) == 1 else ""
    close = get_close_matches(folded, _BY_FOLDED, n=1, cutoff=_CLOSE)
    return _BY_FOLDED[close[0]] if close else ""
