"""Faults of the role and the function."""

import json

from deploy.demo.account import Account, create_function
from deploy.demo.policies import trust

from .planting import FUNCTION, ROLE, Document, Undo, fault


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
