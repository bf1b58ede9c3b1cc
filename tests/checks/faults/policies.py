"""Faults of the role's policies."""

from deploy.demo.account import Account

from .planting import (
    ALLOW_ALL,
    GITHUB_ACCESS,
    READ,
    ROLE,
    SECRETS_ACCESS,
    Document,
    Undo,
    edit_key_policy,
    edit_statement,
    fault,
    put_boundary,
    put_inline,
    put_secret_policy,
    statement,
)


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


@fault("read", in_pairs=False, policies_name_real_actions="fail")
def misspelt_action(account: Account) -> Undo:
    return edit_statement(
        account,
        "ReadSecrets",
        lambda item: item.update(
            Action=[name.replace("GetSecretValue", "GetSecretsValue") for name in item["Action"]]
        ),
    )


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
        lambda item: item.update(Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}}),
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
