"""Faults of the secret."""

import json

from deploy.demo.account import Account, assume

from .planting import READ, Undo, fault, put_secret_policy, put_value, secret


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
