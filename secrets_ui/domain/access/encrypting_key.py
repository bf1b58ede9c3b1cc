"""Which KMS key encrypts a secret's current version, as Secrets Manager tells it."""

from __future__ import annotations

from ..secrets.secret import AWSCURRENT, Secret, SecretVersion

AWS_MANAGED = "alias/aws/secretsmanager"


def encrypting_key(secret: Secret, versions: tuple[SecretVersion, ...]) -> str:
    """The key that encrypted the current version, not where an alias points today. A list of versions that does not say leaves the
    secret's own key, under which AWS encrypts the current version again whenever that key is changed."""
    current = next(
        (version for version in versions if AWSCURRENT in version.labels), SecretVersion("")
    )
    return next(iter(current.kms_key_ids), secret.kms_key_id)


def is_aws_managed(key: str) -> bool:
    """DescribeSecret leaves the AWS-managed key out; ListSecretVersionIds calls it DefaultEncryptionKey.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html"""
    return key in ("", "DefaultEncryptionKey") or key.endswith(AWS_MANAGED)
