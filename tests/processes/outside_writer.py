"""A script outside the console, in a process of its own: plain boto3, JSON lines in and out.

`plain` is what most scripts do: GetSecretValue, change one's own key, PutSecretValue. `careful`
compares and swaps as the console does: PutSecretValue under a label of its own, then AWSCURRENT
moved from the version that was read, or again.
"""

import json
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def main(endpoint: str, region: str, role: str) -> None:
    client = connect(endpoint, region, role)
    answer(ready=True)
    for line in sys.stdin:
        job = json.loads(line)
        time.sleep(job.pop("pause", 0))
        answer(said=said(WAYS[job.pop("how")], client, job))


def said(write: Callable[..., dict[str, Any]], client: Any, job: dict[str, Any]) -> dict[str, Any]:
    """What was made, or AWS's code of a refusal."""
    try:
        return {"refused": "", **write(client, **job)}
    except ClientError as error:
        return {"refused": error.response["Error"]["Code"]}


def answer(**result: Any) -> None:
    sys.stdout.write(f"{json.dumps(result)}\n")
    sys.stdout.flush()


def connect(endpoint: str, region: str, role: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    sts = boto3.client("sts", endpoint_url=endpoint, region_name=region, config=config)
    keys = sts.assume_role(RoleArn=role, RoleSessionName="script")["Credentials"]
    return boto3.client(
        "secretsmanager",
        endpoint_url=endpoint,
        region_name=region,
        config=config,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def write_plainly(client: Any, secret: str, key: str, value: str) -> dict[str, Any]:
    read, document = changed(client, secret, key, value)
    return {
        "read": read,
        "made": client.put_secret_value(SecretId=secret, SecretString=document)["VersionId"],
    }


def write_carefully(client: Any, secret: str, key: str, value: str) -> dict[str, Any]:
    attempts = 0
    while True:
        attempts += 1
        read, document = changed(client, secret, key, value)
        label = f"SCRIPT-{secrets.token_hex(4)}"
        made = client.put_secret_value(
            SecretId=secret, SecretString=document, VersionStages=[label]
        )["VersionId"]
        try:
            swap(client, secret, read, made)
        except ClientError:
            continue
        finally:
            client.update_secret_version_stage(
                SecretId=secret, VersionStage=label, RemoveFromVersionId=made
            )
        return {"read": read, "made": made, "attempts": attempts}


def swap(client: Any, secret: str, read: str, made: str) -> None:
    client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=made, RemoveFromVersionId=read
    )


def changed(client: Any, secret: str, key: str, value: str) -> tuple[str, str]:
    """The version that was read, and its document with one key changed."""
    answer = client.get_secret_value(SecretId=secret)
    return answer["VersionId"], json.dumps({**json.loads(answer["SecretString"]), key: value})


def create(client: Any, secret: str, key: str, value: str) -> dict[str, Any]:
    made = client.create_secret(Name=secret, SecretString=json.dumps({key: value}))
    return {"version": made["VersionId"]}


WAYS = {"plain": write_plainly, "careful": write_carefully, "create": create}

if __name__ == "__main__":
    main(*sys.argv[1:])
