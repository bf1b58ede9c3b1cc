"""Faults of the network of a function in a VPC."""

import json

from deploy.demo.account import Account
from deploy.demo.network import Vpc, build_vpc, connect, https_from

from .planting import Undo, fault


def connected(account: Account) -> tuple[Vpc, Undo]:
    vpc = build_vpc(account.clients, account.environment.region)
    connect(account.clients, account.environment, vpc)
    return vpc, lambda: connect(account.clients, account.environment, None)


# What heals it is a new endpoint, and then a rule of the security group that it was given.
@fault("function", heals=False, in_pairs=False, function_reaches_secrets_manager="fail")
def vpc_without_a_way_out(account: Account) -> Undo:
    vpc, undo = connected(account)
    account.clients.ec2.delete_vpc_endpoints(VpcEndpointIds=[vpc.endpoint])
    return undo


@fault("function", in_pairs=False, function_reaches_secrets_manager="fail")
def security_group_of_the_endpoint_closed(account: Account) -> Undo:
    vpc, undo = connected(account)
    rules = [https_from(vpc.function_group)]
    account.clients.ec2.revoke_security_group_ingress(
        GroupId=vpc.endpoint_group, IpPermissions=rules
    )
    return undo


@fault("function", endpoint_policy_allows="fail")
def endpoint_policy_for_another_role(account: Account) -> Undo:
    vpc, undo = connected(account)
    other = {"AWS": f"arn:aws:iam::{account.environment.account}:role/another-role"}
    statement = {"Effect": "Allow", "Principal": other, "Action": "*", "Resource": "*"}
    account.clients.ec2.modify_vpc_endpoint(
        VpcEndpointId=vpc.endpoint, PolicyDocument=json.dumps({"Statement": [statement]})
    )
    return undo
