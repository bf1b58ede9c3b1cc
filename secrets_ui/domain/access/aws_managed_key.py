"""The key aws/secretsmanager, which encrypts a secret that names no key of its own.

AWS manages it: "You cannot change the key policy". Secrets Manager uses it in its caller's name, so
that a Deny in the caller's own policies, or an SCP, still refuses.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ..iam import Statement, as_list
from .encrypting_key import AWS_MANAGED, encrypting_key, is_aws_managed
from .evidence import AccessEvidence, Evidence, Key, Known
from .session_names import filled

NAME = "aws/secretsmanager"
DOCUMENTED = f"{NAME}, as AWS documents it"
"""The name of its policy, which is not asked for."""
CONTEXT: Mapping[str, str | tuple[str, ...]] = {
    "kms:KeyOrigin": "AWS_KMS",
    "kms:KeySpec": "SYMMETRIC_DEFAULT",
    "kms:KeyUsage": "ENCRYPT_DECRYPT",
    "kms:MultiRegion": "false",
    "kms:ResourceAliases": (AWS_MANAGED,),
}
"""What is known of every such key. It has no tags, since nobody can tag it, and no other alias.
https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
"""
_ANY_KEY = "any.key.of.it"
"""Stands for its id where AWS did not tell it. No policy means this name."""
# At the end of an ARN, also of a pattern with `*` in place of what stands before the id.
_ID_OR_PATTERN = re.compile(r"[\w*?-]+\Z", re.ASCII)
_SID = (
    "Allow access through AWS Secrets Manager for all principals in the account that are "
    "authorized to use AWS Secrets Manager"
)


@lru_cache(maxsize=16)
def has_aws_managed_key(evidence: AccessEvidence) -> bool:
    """Whether this is the secret's key. Then callers of the secret's account need no Allow in KMS,
    and nobody else can use it.
    """
    if not isinstance(evidence.secret, Known):
        return False
    versions = evidence.versions.value if isinstance(evidence.versions, Known) else ()
    is_managed = isinstance(evidence.key, Known) and evidence.key.value.manager == "AWS"
    return is_managed or is_aws_managed(encrypting_key(evidence.secret.value, versions))


@lru_cache(maxsize=16)
def documented_policy(secret: str, via: str) -> str:
    """Return the policy of the key in a secret's account as JSON, as AWS documents it. `via` is
    Secrets Manager in its Region, as kms:ViaService has it.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
    """
    _, partition, _, _, account, _ = secret.split(":", 5)
    ours = {"kms:CallerAccount": account}
    through = {**ours, "kms:ViaService": via}
    anywhere = {"kms:ViaService": "secretsmanager.*.amazonaws.com"}
    everybody = {"Sid": _SID, "Effect": "Allow", "Principal": {"AWS": ["*"]}}
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:CreateGrant", "kms:DescribeKey"]
    look = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"]
    statements = [
        {**everybody, "Action": use, "Resource": "*", "Condition": {"StringEquals": through}},
        {
            **everybody,
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {"StringEquals": ours, "StringLike": anywhere},
        },
        {
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root"]},
            "Action": look,
            "Resource": "*",
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def key_arn(key: Evidence[Key], secret: str) -> str:
    """Return the key's ARN, with a placeholder for its id where AWS did not tell it. `secret` is
    the ARN of one that it encrypts.
    """
    return key.value.arn if isinstance(key, Known) else _arn(secret, _ANY_KEY)


def is_placeholder(arn: str) -> bool:
    """Whether the ARN of a key has no id, so that nothing can be written for it."""
    return arn.endswith(f":key/{_ANY_KEY}")


def keys_named(secret: str, statements: Iterable[Statement]) -> frozenset[str]:
    """Return the ARNs that the key may have: with each id that these statements name."""
    return frozenset(_arn(secret, key) for s in statements for key in _ids(s))


def _ids(statement: Statement) -> Iterator[str]:
    """Ids of keys, their wildcards filled."""
    for name in ("Resource", "NotResource"):
        for text in as_list(statement.document.get(name, [])):
            key = _ID_OR_PATTERN.search(str(text))
            if key and key[0].strip("*?"):
                yield filled(key[0])


def _arn(secret: str, key: str) -> str:
    _, partition, _, region, account, _ = secret.split(":", 5)
    return f"arn:{partition}:kms:{region}:{account}:key/{key}"
