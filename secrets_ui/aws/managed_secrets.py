"""The part of Secrets Manager's gateway that makes, describes and deletes whole secrets."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ..domain.access.evidence import Known
from ..domain.deadline import Deadline
from ..domain.secrets.secret_value import SecretValue
from .base import Gateway, answered


class ManagedSecrets(Gateway):
    """Nothing is sent after the deadline."""

    service = "secretsmanager"
    # What shows whether it was done; never what would do it again.
    commands = dict.fromkeys(
        (
            *("CreateSecret", "UpdateSecret", "TagResource", "UntagResource"),
            *("DeleteSecret", "RestoreSecret"),
        ),
        "describe-secret --secret-id {}",
    )

    def create_secret(
        self,
        name: str,
        value: SecretValue,
        *,
        token: str,
        key_arn: str,
        description: str,
        tags: Mapping[str, str],
        deadline: Deadline,
    ) -> Known[str]:
        """Makes the secret with its first version, `token`, which is current at once; returns its
        ARN. The same call with the same token makes no second one, so a retry is safe.
        """
        call = self.describe_call("CreateSecret", name)
        with self.asking(call, deadline):
            answer = self._client.create_secret(
                Name=name,
                ClientRequestToken=token,
                SecretString=value.reveal(),
                KmsKeyId=key_arn,
                Description=description,
                Tags=_tags(tags),
            )
            # The request held a value, so no text of the answer goes on but the ARN.
            return Known(str(answer["ARN"]), answered(call, answer))

    def update_secret(self, name: str, *, description: str, deadline: Deadline) -> Known[None]:
        """Changes the description alone: without a value or a key AWS makes no version."""
        return self._send(
            "UpdateSecret", self._client.update_secret, name, deadline, Description=description
        )

    def tag_resource(self, name: str, tags: Mapping[str, str], deadline: Deadline) -> Known[None]:
        """Sets these tags; others stay."""
        return self._send(
            "TagResource", self._client.tag_resource, name, deadline, Tags=_tags(tags)
        )

    def untag_resource(self, name: str, keys: Iterable[str], deadline: Deadline) -> Known[None]:
        return self._send(
            "UntagResource", self._client.untag_resource, name, deadline, TagKeys=list(keys)
        )

    def delete_secret(self, name: str, *, days: int, deadline: Deadline) -> Known[datetime]:
        """Schedules the deletion; returns the moment after which AWS carries it out. Until then
        nobody reads the secret, and RestoreSecret brings it back.
        """
        call = self.describe_call("DeleteSecret", name)
        with self.asking(call, deadline):
            answer = self._client.delete_secret(SecretId=name, RecoveryWindowInDays=days)
            return Known(answer["DeletionDate"], answered(call, answer))

    def restore_secret(self, name: str, *, deadline: Deadline) -> Known[None]:
        """Cancels a scheduled deletion. On a secret without one it does nothing."""
        return self._send("RestoreSecret", self._client.restore_secret, name, deadline)

    def _send(
        self,
        operation: str,
        send: Callable[..., Mapping[str, Any]],
        name: str,
        deadline: Deadline,
        **parameters: Any,
    ) -> Known[None]:
        """For answers of which nothing is needed."""
        call = self.describe_call(operation, name)
        with self.asking(call, deadline):
            return Known(None, answered(call, send(SecretId=name, **parameters)))


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": text} for key, text in tags.items()]
