"""KMS's gateway: keys, key policies, grants and rotation; no cryptography."""

from __future__ import annotations

from ..domain.access.evidence import Key, Known
from ..domain.iam import Grant
from .base import Gateway
from .translate import told_as_ours


class KmsGateway(Gateway):
    """Every method raises AwsError and its kinds; ThingNotFound where the key or alias is gone."""

    service = "kms"

    def describe_key(self, key: str) -> Known[Key]:
        """`key` may be an id, an ARN or an alias: DescribeKey takes all three."""
        call = self.told("DescribeKey", key, "describe-key", "--key-id", key)
        with told_as_ours(call):
            found = self._client.describe_key(KeyId=key)["KeyMetadata"]
            return Known(
                Key(
                    found["Arn"],
                    found.get("KeyState", ""),
                    found.get("KeyManager", ""),
                    found.get("DeletionDate"),
                ),
                call,
            )

    def get_key_policy(self, key: str) -> Known[str]:
        """JSON text. `key` is an id or ARN: GetKeyPolicy takes no alias."""
        call = self.told(
            "GetKeyPolicy",
            key,
            "get-key-policy",
            "--key-id",
            key,
            "--policy-name",
            "default",
            "--output",
            "text",
        )
        with told_as_ours(call):
            return Known(
                str(self._client.get_key_policy(KeyId=key, PolicyName="default")["Policy"]), call
            )

    def list_grants(self, key: str) -> Known[tuple[Grant, ...]]:
        call = self.told("ListGrants", key, "list-grants", "--key-id", key)
        with told_as_ours(call):
            pages = self._client.get_paginator("list_grants").paginate(KeyId=key)
            return Known(tuple(Grant.of(grant) for page in pages for grant in page["Grants"]), call)

    def get_key_rotation_status(self, key: str) -> Known[bool]:
        call = self.told("GetKeyRotationStatus", key, "get-key-rotation-status", "--key-id", key)
        with told_as_ours(call):
            return Known(
                bool(self._client.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]), call
            )
