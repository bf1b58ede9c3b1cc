"""The gateway of S3, to the local AWS: a bucket whose objects are locked."""

import secrets
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deploy.demo.signed_client import SignedClient
from secrets_ui.aws.s3 import S3Gateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError

OWN = Environment("console", "us-west-2", account="", prefix="")


@pytest.fixture
def s3(local_sessions: AwsSessions) -> S3Gateway:
    return S3Gateway(local_sessions.caller(OWN, "console"))


@pytest.fixture
def client(local_sessions: AwsSessions) -> Any:
    return SignedClient(local_sessions.caller(OWN, "outsider"), "s3")


@pytest.fixture
def bucket(client: Any) -> str:
    """Locked as modules/console locks it."""
    name = f"checkpoints-{secrets.token_hex(4)}"
    client.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": OWN.region},
    )
    retention = {"Mode": "COMPLIANCE", "Days": 1}
    client.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": retention},
        },
    )
    return name


def test_what_is_put_is_listed_by_its_prefix_in_order(s3: S3Gateway, bucket: str) -> None:
    for name in ("kept/2", "kept/1", "other/1"):
        assert s3.put_object(bucket, name, b"").value
    assert s3.list_objects_v2(bucket, "kept/").value == ("kept/1", "kept/2")
    assert s3.list_objects_v2(bucket, "none/").value == ()


def test_an_object_of_a_locked_bucket_is_locked(s3: S3Gateway, client: Any, bucket: str) -> None:
    s3.put_object(bucket, "kept/1", b"")
    found = client.head_object(Bucket=bucket, Key="kept/1")
    assert found["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=bucket, Key="kept/1", VersionId=found["VersionId"])


def test_an_error_names_the_right_and_a_command_to_look(s3: S3Gateway) -> None:
    with pytest.raises(AwsError) as caught:
        s3.list_objects_v2("no-such-bucket-of-ours", "kept/")
    assert caught.value.call.operation == "s3:ListBucket"
    assert caught.value.call.cli == "aws s3 ls s3://no-such-bucket-of-ours/kept/ --region us-west-2"
