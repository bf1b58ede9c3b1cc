"""KMS's gateway: keys, key policies, grants and rotation; no cryptography."""

from collections.abc import Mapping
from typing import Any

from ..domain.access.evidence import Key, Known
from ..domain.iam import Grant
from .base import Gateway


class KmsGateway(Gateway):
    """Every method raises ThingNotFound where the key or alias is gone."""

    service = "kms"
    commands = {
        "DescribeKey": "describe-key --key-id {}",
        "GetKeyPolicy": "get-key-policy --key-id {} --policy-name default --output text",
        "ListGrants": "list-grants --key-id {}",
        "GetKeyRotationStatus": "get-key-rotation-status --key-id {}",
    }

    def describe_key(self, key: str) -> Known[Key]:
        """`key` may be an id, an ARN or an alias: DescribeKey takes all three."""
        call = self.describe_call("DescribeKey", key)
        with self.asking(call):
            return Known(_key(self._client.describe_key(KeyId=key)["KeyMetadata"]), call)

    def get_key_policy(self, key: str) -> Known[str]:
        """JSON text. `key` is an id or ARN: GetKeyPolicy takes no alias."""
        call = self.describe_call("GetKeyPolicy", key)
        with self.asking(call):
            answer = self._client.get_key_policy(KeyId=key, PolicyName="default")
            return Known(str(answer["Policy"]), call)

    def list_grants(self, key: str) -> Known[tuple[Grant, ...]]:
        call = self.describe_call("ListGrants", key)
        with self.asking(call):
            pages = self._client.get_paginator("list_grants").paginate(KeyId=key)
            return Known(tuple(Grant.of(grant) for page in pages for grant in page["Grants"]), call)

    def get_key_rotation_status(self, key: str) -> Known[bool]:
        call = self.describe_call("GetKeyRotationStatus", key)
        with self.asking(call):
            answer = self._client.get_key_rotation_status(KeyId=key)
            return Known(bool(answer["KeyRotationEnabled"]), call)


def _key(metadata: Mapping[str, Any]) -> Key:
    return Key(
        metadata["Arn"],
        metadata.get("KeyState", ""),
        metadata.get("KeyManager", ""),
        metadata.get("DeletionDate"),
    )
