"""The KMS key that encrypts a secret's current version, as Secrets Manager reports it."""

from ..secrets.secret import AWSCURRENT, Secret, SecretVersion

AWS_MANAGED = "alias/aws/secretsmanager"


def encrypting_key(secret: Secret, versions: tuple[SecretVersion, ...]) -> str:
    """Return the key of the current version, which may differ from the one behind an alias today.

    Without a key in the list of versions, this is the secret's own key: AWS re-encrypts the current
    version whenever that key is changed.
    """
    current = next(
        (version for version in versions if AWSCURRENT in version.labels), SecretVersion("")
    )
    return next(iter(current.kms_key_ids), secret.kms_key_id)


def is_aws_managed(key: str) -> bool:
    """Whether this is the AWS-managed key.

    DescribeSecret omits it; ListSecretVersionIds calls it DefaultEncryptionKey.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html
    """
    return key in ("", "DefaultEncryptionKey") or key.endswith(AWS_MANAGED)
