"""Faults of the key."""

import json

from deploy.demo.account import Account

from .planting import (
    LEFT_OVER,
    Document,
    Undo,
    edit_key_policy,
    edit_key_statement,
    fault,
    put_inline,
    secret,
    statement,
)


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
