"""Secrets Manager's gateway: one method for each API operation, named as boto3 names it; domain objects out, domain errors up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient

from ..domain.environment import Environment
from ..domain.errors import AwsCall
from ..domain.secrets.secret import Secret, SecretVersion
from ..domain.secrets.secret_value import SecretValue
from .translate import told_as_ours

PAGE_SIZE = 100  # ListSecrets' most: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html


@dataclass(frozen=True)
class SecretPage:
    secrets: tuple[Secret, ...]
    next_token: str
    request_id: str

    def tells_the_same_as(self, other: SecretPage) -> bool:
        return (self.secrets, self.next_token) == (other.secrets, other.next_token)


@dataclass(frozen=True)
class StoredValue:
    """`value` is None for a binary secret."""

    arn: str
    version_id: str
    value: SecretValue | None
    request_id: str
    labels: tuple[str, ...] = ()


class SecretsManagerGateway:
    """Calls for one environment, in one person's name. Every method raises AwsError and its kinds."""

    def __init__(self, client: BaseClient, environment: Environment) -> None:
        self._client: Any = client
        self.environment = environment

    def list_secrets(self, *, token: str = "", size: int = PAGE_SIZE) -> SecretPage:
        """One page of the environment's secrets, those scheduled for deletion too. May be five minutes old, says AWS."""
        prefix = self.environment.prefix
        more = {"NextToken": token} if token else {}
        with told_as_ours(
            self._told(
                "ListSecrets",
                prefix,
                f"list-secrets --include-planned-deletion --filters Key=name,Values={prefix}",
            )
        ):
            answer = self._client.list_secrets(
                Filters=[{"Key": "name", "Values": [prefix]}],
                IncludePlannedDeletion=True,
                MaxResults=size,
                **more,
            )
            # The filter of AWS matches by words as well, so the prefix is held here too.
            entries = [entry for entry in answer["SecretList"] if entry["Name"].startswith(prefix)]
            secrets = tuple(self._secret(entry, "SecretVersionsToStages") for entry in entries)
            return SecretPage(secrets, answer.get("NextToken", ""), _receipt(answer, "SecretList"))

    def describe_secret(self, name: str) -> Secret:
        with told_as_ours(
            self._told("DescribeSecret", name, f"describe-secret --secret-id {name}")
        ):
            answer = self._client.describe_secret(SecretId=name)
            return self._secret(answer, "VersionIdsToStages")

    def list_secret_version_ids(self, name: str, *, most: int = 100) -> tuple[SecretVersion, ...]:
        """Versions with their labels, unlabelled ones too, newest first; at most `most`, with a call for each hundred."""
        asked: dict[str, Any] = {
            "SecretId": name,
            "IncludeDeprecated": True,
            "MaxResults": min(most, PAGE_SIZE),
        }
        versions: list[SecretVersion] = []
        with told_as_ours(
            self._told(
                "ListSecretVersionIds",
                name,
                f"list-secret-version-ids --include-deprecated --secret-id {name}",
            )
        ):
            while len(versions) < most:
                answer = self._client.list_secret_version_ids(**asked)
                _receipt(answer, "ARN")
                versions += [_version(entry) for entry in answer.get("Versions", [])]
                if not answer.get("NextToken"):
                    break
                asked["NextToken"] = answer["NextToken"]
        return tuple(
            sorted(versions, key=lambda v: (v.created is not None, v.created), reverse=True)
        )

    def get_resource_policy(self, name: str) -> str:
        """The secret's own policy as JSON text, "" when it has none."""
        with told_as_ours(
            self._told("GetResourcePolicy", name, f"get-resource-policy --secret-id {name}")
        ):
            answer = self._client.get_resource_policy(SecretId=name)
            _receipt(answer, "ARN")
            return str(answer.get("ResourcePolicy") or "")

    def get_secret_value(self, name: str, version_id: str) -> StoredValue:
        """Raises VersionNotFound when the secret or this version of it is gone."""
        cli = (
            f"describe-secret --secret-id {name}"  # never get-secret-value: its answer is the value
        )
        with told_as_ours(self._told("GetSecretValue", name, cli)):
            answer = self._client.get_secret_value(SecretId=name, VersionId=version_id)
            text = answer.pop("SecretString", None)
            return StoredValue(
                answer["ARN"],
                answer["VersionId"],
                None if text is None else SecretValue(text),
                _receipt(answer, "ARN"),
                tuple(answer.get("VersionStages", ())),
            )

    def put_secret_value(self, name: str, value: SecretValue, *, token: str, label: str) -> str:
        """Makes version `token` with `label` alone, so that AWSCURRENT stays where it is; returns the request id. The same token with the
        same value is no second version, so a retry is safe. On a secret without a version the first one gets AWSCURRENT as well."""
        with told_as_ours(
            self._told("PutSecretValue", name, f"list-secret-version-ids --secret-id {name}")
        ):
            answer = self._client.put_secret_value(
                SecretId=name,
                ClientRequestToken=token,
                SecretString=value.reveal(),
                VersionStages=[label],
            )
            return _receipt(answer, "VersionId")

    def update_secret_version_stage(
        self, name: str, label: str, *, move_to: str = "", remove_from: str = ""
    ) -> str:
        """Moves or removes a label; returns the request id. With `remove_from` AWS refuses unless the label is there: the compare-and-swap.
        It has no client token: after a lost reply ask DescribeSecret."""
        ends: Mapping[str, str] = {"MoveToVersionId": move_to, "RemoveFromVersionId": remove_from}
        with told_as_ours(
            self._told("UpdateSecretVersionStage", name, f"describe-secret --secret-id {name}")
        ):
            answer = self._client.update_secret_version_stage(
                SecretId=name,
                VersionStage=label,
                **{key: version for key, version in ends.items() if version},
            )
            return _receipt(answer, "ARN")

    def about(self, operation: str, resource: str) -> AwsCall:
        """A call of this gateway, for an error that is not AWS's own."""
        return self._told(operation, resource, f"describe-secret --secret-id {resource}")

    def _told(self, operation: str, resource: str, cli: str) -> AwsCall:
        region = self.environment.region
        return AwsCall(
            f"secretsmanager:{operation}",
            resource,
            region,
            cli=f"aws secretsmanager {cli} --region {region}",
        )

    def _secret(self, entry: Mapping[str, Any], versions: str) -> Secret:
        return Secret(
            arn=entry["ARN"],
            name=entry["Name"],
            region=self.environment.region,
            description=entry.get("Description", ""),
            kms_key_id=entry.get("KmsKeyId", ""),
            tags={tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])},
            versions={
                version: tuple(labels)
                for version, labels in entry.get(versions, {}).items()
                if labels
            },
            created=entry.get("CreatedDate"),
            last_changed=entry.get("LastChangedDate"),
            last_accessed=entry.get("LastAccessedDate"),
            deleted=entry.get("DeletedDate"),
            owning_service=entry.get("OwningService", ""),
            primary_region=entry.get("PrimaryRegion", ""),
            rotation_enabled=bool(entry.get("RotationEnabled")),
        )


def _version(entry: Mapping[str, Any]) -> SecretVersion:
    return SecretVersion(
        version_id=entry["VersionId"],
        labels=tuple(entry.get("VersionStages", [])),
        created=entry.get("CreatedDate"),
        last_accessed=entry.get("LastAccessedDate"),
        kms_key_ids=tuple(entry.get("KmsKeyIds", [])),
    )


def _receipt(answer: Mapping[str, Any], promised: str) -> str:
    """The request id of an answer, once it shows that Secrets Manager gave it: a proxy's page with status 200 is no success.
    Raises KeyError when it lacks the `promised` member."""
    _ = answer[promised]
    return str(answer.get("ResponseMetadata", {}).get("RequestId", ""))
