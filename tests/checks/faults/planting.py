"""What a planted fault is, and how documents in the local AWS are edited."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.demo.account import Account
from secrets_ui.domain.access.finding import Status

ROLE, FUNCTION, CONSOLE = "miyabi-lambda-execution", "miyabi-app", "miyabi-console"
SECRETS_ACCESS, GITHUB_ACCESS = "miyabi-lambda-secrets-access", "miyabi-lambda-github-access"
LEFT_OVER = "AROAEXAMPLEOLDROLE123"
READ = "secretsmanager:GetSecretValue"
Undo = Callable[[], Any]
Document = dict[str, Any]
Edit = Callable[[Document], Any]


@dataclass(frozen=True)
class Fault:
    """`slots` are what it takes hold of: two faults that share one are not planted together.

    `heals`: its remedy is an AWS CLI command after which nothing is wrong.
    """

    name: str
    finds: dict[str, Status]
    plant: Callable[[Account], Undo]
    slots: frozenset[str]
    heals: bool = True
    in_pairs: bool = True

    def __str__(self) -> str:
        return self.name


FAULTS: list[Fault] = []


def fault(
    *slots: str, heals: bool = True, in_pairs: bool = True, **finds: Status
) -> Callable[[Callable[[Account], Undo]], Callable[[Account], Undo]]:
    def register(plant: Callable[[Account], Undo]) -> Callable[[Account], Undo]:
        FAULTS.append(Fault(plant.__name__, finds, plant, frozenset(slots), heals, in_pairs))
        return plant

    return register


# How documents are edited.


def secret(account: Account) -> str:
    return f"{account.environment.prefix}api-keys"


def edit_policy(account: Account, name: str, edit: Edit) -> Undo:
    """Of a customer managed policy: a new default version, which goes on the way back."""
    iam, arn = account.clients.iam, f"arn:aws:iam::{account.environment.account}:policy/{name}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"][
        "Document"
    ]
    edit(document)
    made = iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True
    )["PolicyVersion"]["VersionId"]

    def undo() -> None:
        iam.set_default_policy_version(PolicyArn=arn, VersionId=version)
        iam.delete_policy_version(PolicyArn=arn, VersionId=made)

    return undo


def edit_statement(account: Account, sid: str, edit: Edit) -> Undo:
    """Of the secrets policy."""
    return edit_policy(account, SECRETS_ACCESS, lambda document: edit(statement(document, sid)))


def statement(document: Document, sid: str) -> Document:
    return next(item for item in document["Statement"] if item["Sid"] == sid)


def edit_key_policy(account: Account, edit: Edit) -> Undo:
    kms = account.clients.kms
    before = kms.get_key_policy(KeyId=account.key_arn, PolicyName="default")["Policy"]
    document = json.loads(before)
    edit(document)
    kms.put_key_policy(KeyId=account.key_arn, PolicyName="default", Policy=json.dumps(document))
    return lambda: kms.put_key_policy(KeyId=account.key_arn, PolicyName="default", Policy=before)


def edit_key_statement(account: Account, edit: Edit) -> Undo:
    return edit_key_policy(
        account, lambda document: edit(statement(document, "LambdaDecryptsThroughSecretsManager"))
    )


def put_inline(account: Account, name: str, **members: Any) -> Undo:
    iam, document = account.clients.iam, {"Version": "2012-10-17", "Statement": [members]}
    iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(document))
    return lambda: iam.delete_role_policy(RoleName=ROLE, PolicyName=name)


def put_secret_policy(account: Account, **members: Any) -> Undo:
    client, document = (
        account.clients.secretsmanager,
        {"Version": "2012-10-17", "Statement": [members]},
    )
    client.put_resource_policy(SecretId=secret(account), ResourcePolicy=json.dumps(document))
    return lambda: client.delete_resource_policy(SecretId=secret(account))


def put_boundary(account: Account, *statements: Document) -> Undo:
    iam, document = account.clients.iam, {"Version": "2012-10-17", "Statement": list(statements)}
    arn = iam.create_policy(PolicyName="developers-boundary", PolicyDocument=json.dumps(document))[
        "Policy"
    ]["Arn"]
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=arn)

    def undo() -> None:
        iam.delete_role_permissions_boundary(RoleName=ROLE)
        iam.delete_policy(PolicyArn=arn)

    return undo


def put_value(account: Account, value: str) -> Undo:
    client = account.clients.secretsmanager
    before = client.get_secret_value(SecretId=secret(account))["SecretString"]
    client.put_secret_value(SecretId=secret(account), SecretString=value)
    return lambda: client.put_secret_value(SecretId=secret(account), SecretString=before)


ALLOW_ALL = {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}
