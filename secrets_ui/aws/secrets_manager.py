"""Secrets Manager's gateway. A value goes in and comes out wrapped as a SecretValue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.access.evidence import Known
from ..domain.deadline import Deadline
from ..domain.secrets.secret import AWSCURRENT, AWSPREVIOUS, Rotation, Secret, SecretVersion
from ..domain.secrets.secret_value import SecretValue
from .base import answered, ensure_promised
from .managed_secrets import ManagedSecrets

# The most that ListSecrets takes:
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
PAGE_SIZE = 100
# The most names that a filter of it takes:
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
MOST_NAMES = 10


@dataclass(frozen=True)
class SecretPage:
    """`next_token` is "" on the last page."""

    secrets: tuple[Secret, ...]
    next_token: str


@dataclass(frozen=True)
class VersionPage:
    """`next_token` is "" on the last page."""

    versions: tuple[SecretVersion, ...]
    next_token: str


@dataclass(frozen=True)
class StoredValue:
    """`value` is None for a binary secret."""

    arn: str
    version_id: str
    value: SecretValue | None
    labels: tuple[str, ...] = ()


class SecretsManagerGateway(ManagedSecrets):
    """Every method raises SecretNotFound where there is no such secret."""

    commands = {
        **ManagedSecrets.commands,
        "ListSecrets": "list-secrets --include-planned-deletion --filters Key=name,Values={}",
        "DescribeSecret": "describe-secret --secret-id {}",
        "ListSecretVersionIds": "list-secret-version-ids --include-deprecated --secret-id {}",
        "GetResourcePolicy": "get-resource-policy --secret-id {}",
        # Never get-secret-value, whose answer is the value, and never what would write.
        "GetSecretValue": "describe-secret --secret-id {}",
        "PutSecretValue": "list-secret-version-ids --secret-id {}",
        "UpdateSecretVersionStage": "describe-secret --secret-id {}",
    }

    def list_secrets(
        self, *, token: str = "", size: int = PAGE_SIZE, names: Sequence[str] = ()
    ) -> Known[SecretPage]:
        """One page of the environment's secrets, those scheduled for deletion too. AWS says that it
        may be five minutes old. With `names`, at most MOST_NAMES, those alone.
        """
        prefix = self.environment.prefix
        call = self.describe_call("ListSecrets", prefix)
        more = {"NextToken": token} if token else {}
        with self.asking(call):
            answer = self._client.list_secrets(
                Filters=[{"Key": "name", "Values": list(names) or [prefix]}],
                IncludePlannedDeletion=True,
                MaxResults=size,
                **more,
            )
            # The filter of AWS matches beginnings and words, so what was asked is held here too.
            entries = [entry for entry in answer["SecretList"] if entry["Name"].startswith(prefix)]
            if names:
                entries = [entry for entry in entries if entry["Name"] in names]
            secrets = tuple(self._secret(entry, "SecretVersionsToStages") for entry in entries)
            return Known(SecretPage(secrets, answer.get("NextToken", "")), answered(call, answer))

    def secret_pages(self, names: Sequence[str] = ()) -> Iterator[Known[SecretPage]]:
        """All pages of the environment's secrets, or of those named. Each is asked for as it is
        reached."""
        token, is_last = "", False
        while not is_last:
            page = self.list_secrets(token=token, names=names)
            yield page
            token = page.value.next_token
            is_last = not token

    def describe_secret(self, name: str) -> Known[Secret]:
        call = self.describe_call("DescribeSecret", name)
        with self.asking(call):
            answer = self._client.describe_secret(SecretId=name)
            return Known(self._secret(answer, "VersionIdsToStages"), answered(call, answer))

    def list_secret_version_ids(
        self, name: str, *, most: int = PAGE_SIZE
    ) -> Known[tuple[SecretVersion, ...]]:
        """Versions with their labels, unlabelled ones too, newest first; at most `most`, with a
        call for each hundred.
        """
        versions: list[SecretVersion] = []
        token, is_last = "", False
        while not is_last and len(versions) < most:
            page = self.version_page(name, token, size=min(most, PAGE_SIZE))
            versions += reversed(page.value.versions)
            token = page.value.next_token
            is_last = not token
        return Known(_newest_first(versions), page.call)

    def version_page(self, name: str, token: str, *, size: int) -> Known[VersionPage]:
        """One page of the same, newest first."""
        call = self.describe_call("ListSecretVersionIds", name)
        more = {"NextToken": token} if token else {}
        with self.asking(call):
            answer = self._client.list_secret_version_ids(
                SecretId=name, IncludeDeprecated=True, MaxResults=size, **more
            )
            ensure_promised(answer, "ARN")
            versions = [_version(entry) for entry in answer.get("Versions", [])]
            page = VersionPage(_newest_first(versions), answer.get("NextToken", ""))
            return Known(page, answered(call, answer))

    def get_resource_policy(self, name: str) -> Known[str]:
        """The secret's own policy as JSON text, "" when it has none."""
        call = self.describe_call("GetResourcePolicy", name)
        with self.asking(call):
            answer = self._client.get_resource_policy(SecretId=name)
            ensure_promised(answer, "ARN")
            return Known(str(answer.get("ResourcePolicy") or ""), call)

    def get_secret_value(self, name: str, version_id: str) -> Known[StoredValue]:
        """Raises VersionNotFound when the secret or this version of it is gone."""
        call = self.describe_call("GetSecretValue", name)
        with self.asking(call):
            answer = self._client.get_secret_value(SecretId=name, VersionId=version_id)
            text = answer.pop("SecretString", None)
            value = None if text is None else SecretValue(text)
            labels = tuple(answer.get("VersionStages", ()))
            stored = StoredValue(answer["ARN"], answer["VersionId"], value, labels)
            return Known(stored, answered(call, answer))

    def put_secret_value(
        self, name: str, value: SecretValue, *, token: str, label: str, deadline: Deadline
    ) -> Known[str]:
        """Makes version `token` with `label` alone, so that AWSCURRENT stays where it is; returns
        its id. Nothing is sent after the deadline.

        The same token with the same value makes no second version, so a retry is safe. On a secret
        without a version the first one gets AWSCURRENT as well. Raises VersionAlreadyExists.
        """
        call = self.describe_call("PutSecretValue", name)
        with self.asking(call, deadline):
            answer = self._client.put_secret_value(
                SecretId=name,
                ClientRequestToken=token,
                SecretString=value.reveal(),
                VersionStages=[label],
            )
            # The request held a value, so no text of the answer goes on.
            ensure_promised(answer, "VersionId")
            return Known(token, answered(call, answer))

    def update_secret_version_stage(
        self, name: str, label: str, *, deadline: Deadline, move_to: str = "", remove_from: str = ""
    ) -> Known[str]:
        """Moves or removes a label, never after the deadline; returns the secret's ARN.

        With `remove_from` AWS refuses unless the label is there: the compare-and-swap. It has no
        client token: after a lost reply ask DescribeSecret.
        """
        ends: Mapping[str, str] = {"MoveToVersionId": move_to, "RemoveFromVersionId": remove_from}
        call = self.describe_call("UpdateSecretVersionStage", name)
        with self.asking(call, deadline):
            answer = self._client.update_secret_version_stage(
                SecretId=name,
                VersionStage=label,
                **{key: version for key, version in ends.items() if version},
            )
            return Known(str(answer["ARN"]), answered(call, answer))

    def _secret(self, entry: Mapping[str, Any], versions: str) -> Secret:
        """`versions` names the member that holds versions with their labels."""
        labelled = {
            version: tuple(labels) for version, labels in entry.get(versions, {}).items() if labels
        }
        return Secret(
            arn=entry["ARN"],
            name=entry["Name"],
            region=self.environment.region,
            description=entry.get("Description", ""),
            kms_key_id=entry.get("KmsKeyId", ""),
            tags={tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])},
            versions=labelled,
            created=entry.get("CreatedDate"),
            last_changed=entry.get("LastChangedDate"),
            last_accessed=entry.get("LastAccessedDate"),
            deleted=entry.get("DeletedDate"),
            owning_service=entry.get("OwningService", ""),
            primary_region=entry.get("PrimaryRegion", ""),
            rotation=_rotation(entry) if entry.get("RotationEnabled") else None,
        )


def _rotation(entry: Mapping[str, Any]) -> Rotation:
    """A schedule is an expression, or by its older form a number of days:
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
    """
    rules = entry.get("RotationRules", {})
    days = rules.get("AutomaticallyAfterDays")
    return Rotation(
        function=entry.get("RotationLambdaARN", ""),
        schedule=rules.get("ScheduleExpression") or (f"rate({days} days)" if days else ""),
        window=rules.get("Duration", ""),
        last=entry.get("LastRotatedDate"),
        next=entry.get("NextRotationDate"),
    )


def _version(entry: Mapping[str, Any]) -> SecretVersion:
    return SecretVersion(
        version_id=entry["VersionId"],
        labels=tuple(entry.get("VersionStages", [])),
        created=entry.get("CreatedDate"),
        last_accessed=entry.get("LastAccessedDate"),
        kms_key_ids=tuple(entry.get("KmsKeyIds", [])),
    )


def _newest_first(versions: Sequence[SecretVersion]) -> tuple[SecretVersion, ...]:
    """AWS lists the older first, which tells where all else is equal."""
    return tuple(sorted(versions, key=_age)[::-1])


def _age(version: SecretVersion) -> tuple[bool, datetime | None, bool, bool]:
    """Of two versions of one moment, the current one is the newer, and then the previous one."""
    is_current, is_previous = (label in version.labels for label in (AWSCURRENT, AWSPREVIOUS))
    return version.created is not None, version.created, is_current, is_previous
