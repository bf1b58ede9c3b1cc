"""Faults, planted for real in the local AWS, each with the findings that must name it and the way
back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.demo.account import Account, assume, create_function
from deploy.demo.policies import trust
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

# The role and the function.


@fault("function", function_runs_as_role="fail")
def function_with_another_role(account: Account) -> Undo:
    lambda_, other = (
        account.clients.lambda_,
        f"arn:aws:iam::{account.environment.account}:role/another-role",
    )
    lambda_.update_function_configuration(FunctionName=FUNCTION, Role=other)
    return lambda: lambda_.update_function_configuration(
        FunctionName=FUNCTION, Role=account.lambda_role_arn
    )


@fault("function", heals=False, in_pairs=False, function_runs_as_role="fail")
def function_missing(account: Account) -> Undo:
    account.clients.lambda_.delete_function(FunctionName=FUNCTION)
    return lambda: create_function(
        account.clients.lambda_, account.environment, account.lambda_role_arn
    )


@fault(
    "role",
    "trust",
    "boundary",
    "inline",
    "attached",
    "read",
    "decrypt",
    heals=False,
    role_exists="fail",
)
def role_missing(account: Account) -> Undo:
    iam = account.clients.iam
    arns = [
        policy["PolicyArn"]
        for policy in iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    ]
    for arn in arns:
        iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)
    iam.delete_role(RoleName=ROLE)

    def undo() -> None:
        iam.create_role(
            RoleName=ROLE,
            AssumeRolePolicyDocument=json.dumps(trust("Service", "lambda.amazonaws.com")),
        )
        for arn in arns:
            iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)

    return undo


@fault("trust", lambda_may_assume_role="fail")
def trust_policy_names_another_service(account: Account) -> Undo:
    return put_trust(account, trust("Service", "ec2.amazonaws.com"))


@fault("trust", in_pairs=False, lambda_may_assume_role="fail")
def trust_policy_denies_the_service(account: Account) -> Undo:
    document = trust("Service", "lambda.amazonaws.com")
    document["Statement"].append({**document["Statement"][0], "Effect": "Deny"})
    return put_trust(account, document)


@fault("trust", in_pairs=False, principals_are_not_too_open="fail")
def trust_policy_open_to_everybody(account: Account) -> Undo:
    document = trust("Service", "lambda.amazonaws.com")
    document["Statement"].append(
        {"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    )
    return put_trust(account, document)


def put_trust(account: Account, document: Document) -> Undo:
    iam = account.clients.iam
    before = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document))
    return lambda: iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(before))


# The role's policies.


@fault("attached", "read", "decrypt", policies_are_attached="fail")
def secrets_policy_not_attached(account: Account) -> Undo:
    return detach(account, SECRETS_ACCESS)


@fault("github", in_pairs=False, policies_are_attached="fail")
def github_policy_not_attached(account: Account) -> Undo:
    return detach(account, GITHUB_ACCESS)


def detach(account: Account, name: str) -> Undo:
    iam, arn = account.clients.iam, f"arn:aws:iam::{account.environment.account}:policy/{name}"
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)
    return lambda: iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)


@fault("read", policies_name_the_secret_with_its_suffix="fail")
def secret_named_without_its_suffix(account: Account) -> Undo:
    return edit_statement(
        account,
        "ReadSecrets",
        lambda item: item.update(
            Resource=[value.removesuffix("-??????") for value in item["Resource"]]
        ),
    )


@fault("read", in_pairs=False, policies_name_the_secret_with_its_suffix="fail")
def secret_named_with_an_old_suffix(account: Account) -> Undo:
    return edit_statement(
        account,
        "ReadSecrets",
        lambda item: item.update(
            Resource=[value.replace("??????", "0ldOnE") for value in item["Resource"]]
        ),
    )


@fault("read", policies_name_this_region="fail")
def another_region_in_the_secret_s_arn(account: Account) -> Undo:
    return edit_statement(
        account,
        "ReadSecrets",
        lambda item: item.update(
            Resource=[value.replace("us-west-2", "us-east-1") for value in item["Resource"]]
        ),
    )


@fault(
    "read",
    in_pairs=False,
    policies_name_this_region="fail",
    policies_name_the_secret_with_its_suffix="fail",
)
def another_region_and_no_suffix_in_one_arn(account: Account) -> Undo:
    def edit(item: Document) -> None:
        item["Resource"] = [
            value.replace("us-west-2", "us-east-1").removesuffix("-??????")
            for value in item["Resource"]
        ]

    return edit_statement(account, "ReadSecrets", edit)


@fault("decrypt", in_pairs=False, policies_name_this_region="warn")
def another_region_in_the_key_s_arn(account: Account) -> Undo:
    return edit_statement(
        account,
        "DecryptSecrets",
        lambda item: item.update(Resource=item["Resource"].replace("us-west-2", "us-east-1")),
    )


@fault("decrypt", in_pairs=False, policies_name_the_key_by_arn="warn")
def alias_as_resource_beside_a_key_policy_that_allows(account: Account) -> Undo:
    return edit_statement(
        account, "DecryptSecrets", lambda item: item.update(Resource=alias_arn(account))
    )


@fault("decrypt", "key.lambda", policies_name_the_key_by_arn="fail")
def alias_as_resource_under_a_key_policy_that_leaves_it_to_iam(account: Account) -> Undo:
    undo_key = edit_key_policy(account, lambda document: leave_to_iam(account, document))
    undo = edit_statement(
        account, "DecryptSecrets", lambda item: item.update(Resource=alias_arn(account))
    )
    return lambda: (undo(), undo_key())


def alias_arn(account: Account) -> str:
    return f"{account.key_arn.partition(':key/')[0]}:alias/miyabi-secrets"


def leave_to_iam(account: Account, document: Document) -> None:
    root = f"arn:aws:iam::{account.environment.account}:root"
    statement(document, "LambdaDecryptsThroughSecretsManager").update(
        Sid="IamDecides", Principal={"AWS": root}
    )


@fault("read", no_version_stage_condition="fail")
def allow_for_awscurrent_alone(account: Account) -> Undo:
    condition = {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    return edit_statement(account, "ReadSecrets", lambda item: item.update(Condition=condition))


@fault("inline", in_pairs=False, no_version_stage_condition="fail")
def deny_for_all_but_awscurrent(account: Account) -> Undo:
    condition = {"StringNotEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    return put_inline(
        account,
        "no-old-versions",
        Sid="NoOldVersions",
        Effect="Deny",
        Action=READ,
        Resource="*",
        Condition=condition,
    )


@fault("secret.policy", no_version_stage_condition="fail")
def deny_for_all_but_awscurrent_in_the_secret_s_policy(account: Account) -> Undo:
    condition = {"StringNotEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    principal = {"AWS": account.lambda_role_arn}
    return put_secret_policy(
        account,
        Sid="NoOldVersions",
        Effect="Deny",
        Principal=principal,
        Action=READ,
        Resource="*",
        Condition=condition,
    )


@fault("read", get_secret_value_is_allowed="fail")
def get_secret_value_not_listed(account: Account) -> Undo:
    return edit_statement(account, "ReadSecrets", lambda item: item["Action"].remove(READ))


@fault("read", in_pairs=False, describe_secret_is_allowed="fail")
def describe_secret_not_listed(account: Account) -> Undo:
    return edit_statement(
        account, "ReadSecrets", lambda item: item["Action"].remove("secretsmanager:DescribeSecret")
    )


@fault("inline", get_secret_value_is_allowed="fail")
def deny_in_an_inline_policy(account: Account) -> Undo:
    return put_inline(
        account,
        "no-secrets",
        Sid="NoSecrets",
        Effect="Deny",
        Action="secretsmanager:*",
        Resource="*",
    )


@fault("read", in_pairs=False, heals=False, get_secret_value_is_allowed="fail")
def a_condition_that_no_lambda_meets(account: Account) -> Undo:
    return edit_statement(
        account,
        "ReadSecrets",
        lambda item: item.update(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    )


@fault("boundary", in_pairs=False, boundary_allows="fail")
def deny_in_the_boundary(account: Account) -> Undo:
    return put_boundary(
        account, ALLOW_ALL, {"Sid": "NoSecrets", "Effect": "Deny", "Action": READ, "Resource": "*"}
    )


@fault("boundary", boundary_allows="fail")
def boundary_without_kms(account: Account) -> Undo:
    return put_boundary(
        account,
        {
            "Sid": "NoKms",
            "Effect": "Allow",
            "Action": ["secretsmanager:*", "logs:*"],
            "Resource": "*",
        },
    )


@fault("boundary", in_pairs=False, boundary_allows="fail")
def boundary_with_nothing_of_it(account: Account) -> Undo:
    return put_boundary(
        account, {"Sid": "LogsAlone", "Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    )


# The secret.


@fault("secret", "secret.policy", "secret.key", heals=False, secret_exists="fail")
def secret_missing(account: Account) -> Undo:
    client, value = account.clients.secretsmanager, take_value(account)
    client.delete_secret(SecretId=secret(account), ForceDeleteWithoutRecovery=True)
    return lambda: client.create_secret(
        Name=secret(account), SecretString=value, KmsKeyId=account.key_arn
    )


@fault("secret", "secret.policy", "secret.key", heals=False, in_pairs=False, secret_exists="fail")
def secret_in_another_region(account: Account) -> Undo:
    from dataclasses import replace

    undo, there = secret_missing(account), replace(account.environment, region="us-east-1")
    elsewhere = assume(account.clients.kms.meta.endpoint_url, there).secretsmanager
    elsewhere.create_secret(Name=secret(account), SecretString="{}")
    return lambda: (
        elsewhere.delete_secret(SecretId=secret(account), ForceDeleteWithoutRecovery=True),
        undo(),
    )


def take_value(account: Account) -> str:
    return account.clients.secretsmanager.get_secret_value(SecretId=secret(account))["SecretString"]


@fault("secret", secret_is_not_deleted="fail")
def secret_scheduled_for_deletion(account: Account) -> Undo:
    client = account.clients.secretsmanager
    client.delete_secret(SecretId=secret(account))
    return lambda: client.restore_secret(SecretId=secret(account))


@fault(
    "secret", heals=False, secret_has_current_version="fail"
)  # moto cannot move AWSCURRENT where no version holds it
def no_version_holds_awscurrent(account: Account) -> Undo:
    client, before = (
        account.clients.secretsmanager,
        account.clients.secretsmanager.get_secret_value(SecretId=secret(account)),
    )
    client.update_secret_version_stage(
        SecretId=secret(account), VersionStage="AWSCURRENT", RemoveFromVersionId=before["VersionId"]
    )
    return lambda: client.put_secret_value(
        SecretId=secret(account), SecretString=before["SecretString"]
    )


@fault("secret", heals=False, secret_holds_its_keys="fail")
def value_is_not_json(account: Account) -> Undo:
    return put_value(account, "not JSON")


@fault("secret", heals=False, in_pairs=False, secret_holds_its_keys="fail")
def a_key_is_missing(account: Account) -> Undo:
    return put_value(
        account,
        json.dumps(
            {
                name: value
                for name, value in json.loads(take_value(account)).items()
                if name != "GITHUB_TOKEN"
            }
        ),
    )


@fault("secret.policy", secret_policy_allows="fail")
def deny_in_the_secret_s_policy(account: Account) -> Undo:
    principal = {"AWS": account.lambda_role_arn}
    return put_secret_policy(
        account, Sid="NotTheLambda", Effect="Deny", Principal=principal, Action=READ, Resource="*"
    )


@fault(
    "secret.policy", "read", principals_are_not_too_open="fail"
)  # "read": it cures what is not allowed
def secret_s_policy_open_to_everybody(account: Account) -> Undo:
    return put_secret_policy(
        account, Sid="Open", Effect="Allow", Principal="*", Action=READ, Resource="*"
    )


# The key.


@fault("secret.key", "secret", in_pairs=False, key_is_the_expected_one="warn")
def aws_managed_key(account: Account) -> Undo:
    return use_key(account, "alias/aws/secretsmanager")


@fault(
    "secret.key",
    "secret",
    "key.lambda",
    "key.deny",
    "key.state",
    "alias",
    "decrypt",
    key_is_the_expected_one="fail",
)
def another_key_encrypts_the_secret(account: Account) -> Undo:
    return use_key(account, make_key(account))


def use_key(account: Account, key: str) -> Undo:
    client = account.clients.secretsmanager
    client.update_secret(SecretId=secret(account), KmsKeyId=key)
    return lambda: client.update_secret(SecretId=secret(account), KmsKeyId=account.key_arn)


def make_key(account: Account) -> str:
    """A key as AWS makes it by default, rotating."""
    root = {"AWS": f"arn:aws:iam::{account.environment.account}:root"}
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Root",
                "Effect": "Allow",
                "Principal": root,
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    key = account.clients.kms.create_key(Policy=json.dumps(document))["KeyMetadata"]["Arn"]
    account.clients.kms.enable_key_rotation(KeyId=key)
    return key


@fault("alias", in_pairs=False, alias_points_at_the_key="fail")
def alias_missing(account: Account) -> Undo:
    account.clients.kms.delete_alias(AliasName="alias/miyabi-secrets")
    return lambda: account.clients.kms.create_alias(
        AliasName="alias/miyabi-secrets", TargetKeyId=account.key_arn
    )


@fault("alias", alias_points_at_the_key="fail")
def alias_moved_to_another_key(account: Account) -> Undo:
    account.clients.kms.update_alias(
        AliasName="alias/miyabi-secrets", TargetKeyId=make_key(account)
    )
    return lambda: account.clients.kms.update_alias(
        AliasName="alias/miyabi-secrets", TargetKeyId=account.key_arn
    )


@fault("key.state", in_pairs=False, key_is_usable="fail")
def key_disabled(account: Account) -> Undo:
    account.clients.kms.disable_key(KeyId=key_id(account))
    return lambda: account.clients.kms.enable_key(KeyId=key_id(account))


@fault("key.state", key_is_usable="fail")
def key_pending_deletion(account: Account) -> Undo:
    kms, key = account.clients.kms, key_id(account)
    kms.schedule_key_deletion(KeyId=key)
    return lambda: (kms.cancel_key_deletion(KeyId=key), kms.enable_key(KeyId=key))


def key_id(account: Account) -> str:
    """moto takes no ARN where it changes a key's state."""
    return account.key_arn.rpartition("/")[2]


@fault("key.state", key_rotates="warn")
def rotation_off(account: Account) -> Undo:
    account.clients.kms.disable_key_rotation(KeyId=account.key_arn)
    return lambda: account.clients.kms.enable_key_rotation(KeyId=account.key_arn)


@fault("key.lambda", decrypt_is_allowed="fail")
def wrong_region_in_via_service(account: Account) -> Undo:
    wrong = "secretsmanager.us-east-1.amazonaws.com"
    return edit_key_statement(
        account, lambda item: item["Condition"]["StringEquals"].update({"kms:ViaService": wrong})
    )


@fault("key.lambda", in_pairs=False, decrypt_is_allowed="fail")
def key_policy_without_the_role(account: Account) -> Undo:
    def edit(document: Document) -> None:
        document["Statement"].remove(statement(document, "LambdaDecryptsThroughSecretsManager"))

    return edit_key_policy(account, edit)


@fault("key.lambda", in_pairs=False, decrypt_is_allowed="fail")
def another_secret_in_the_encryption_context(account: Account) -> Undo:
    other = f"arn:aws:secretsmanager:us-west-2:{account.environment.account}:secret:another-AbCdEf"
    return edit_key_statement(
        account,
        lambda item: item["Condition"]["StringEquals"].update(
            {"kms:EncryptionContext:SecretARN": other}
        ),
    )


@fault("key.lambda", in_pairs=False, decrypt_is_allowed="fail")
def another_account_in_the_condition(account: Account) -> Undo:
    return edit_key_statement(
        account,
        lambda item: item["Condition"]["StringEquals"].update(
            {"kms:CallerAccount": "999999999999"}
        ),
    )


@fault("key.deny", decrypt_is_allowed="fail")
def deny_in_the_key_policy(account: Account) -> Undo:
    deny = {
        "Sid": "NotTheLambda",
        "Effect": "Deny",
        "Principal": {"AWS": account.lambda_role_arn},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    return edit_key_policy(account, lambda document: document["Statement"].append(deny))


@fault("key.deny", in_pairs=False, decrypt_is_allowed="fail")
def deny_but_through_another_region(account: Account) -> Undo:
    condition = {
        "StringNotEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"},
        "ArnLike": {"aws:PrincipalArn": account.lambda_role_arn},
    }
    deny = {
        "Sid": "OnlyThere",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": condition,
    }
    return edit_key_policy(account, lambda document: document["Statement"].append(deny))


@fault("inline", in_pairs=False, decrypt_is_allowed="fail")
def deny_of_kms_in_an_inline_policy(account: Account) -> Undo:
    return put_inline(
        account,
        "no-kms",
        Sid="NoKms",
        Effect="Deny",
        Action=["kms:Decrypt", "kms:Encrypt"],
        Resource="*",
    )


@fault("key.lambda", no_left_over_principals="fail")
def key_policy_names_a_deleted_role(account: Account) -> Undo:
    return edit_key_statement(account, lambda item: item.update(Principal={"AWS": LEFT_OVER}))


@fault("key.console", in_pairs=False, no_left_over_principals="warn")
def key_policy_names_the_console_s_deleted_role(account: Account) -> Undo:
    def edit(document: Document) -> None:
        statement(document, "ConsoleUsesTheKeyThroughSecretsManager").update(
            Principal={"AWS": LEFT_OVER}
        )

    return edit_key_policy(account, edit)


@fault("key.open", in_pairs=False, principals_are_not_too_open="fail")
def key_policy_open_to_everybody(account: Account) -> Undo:
    grant = {
        "Sid": "Open",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    return edit_key_policy(account, lambda document: document["Statement"].append(grant))


# The writer's side.


@fault("console", heals=False, console_may_write="fail")
def console_may_not_put_a_value(account: Account) -> Undo:
    def edit(document: Document) -> None:
        statement(document, "EditSecrets")["Action"].remove("secretsmanager:PutSecretValue")

    return edit_policy(account, "miyabi-console-access", edit)
