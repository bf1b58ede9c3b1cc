"""A VPC for an environment's function, with a VPC endpoint for Secrets Manager."""

from dataclasses import dataclass
from typing import Any

from deploy.demo.account import Clients
from secrets_ui.domain.environment import Environment


@dataclass(frozen=True)
class Vpc:
    """Ids of what was built: two subnets, and a security group each for function and endpoint."""

    id: str
    subnets: tuple[str, str]
    function_group: str
    endpoint_group: str
    endpoint: str


def build_vpc(clients: Clients, region: str) -> Vpc:
    """Without a way out: the endpoint alone leads to AWS."""
    ec2 = clients.ec2
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    first, second = (
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{region}{zone}"
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    )
    mine, theirs = (
        ec2.create_security_group(VpcId=vpc, GroupName=f"miyabi-{name}", Description=name)[
            "GroupId"
        ]
        for name in ("function", "endpoint")
    )
    ec2.authorize_security_group_ingress(GroupId=theirs, IpPermissions=[https_from(mine)])
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{region}.secretsmanager",
        SubnetIds=[first, second],
        SecurityGroupIds=[theirs],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]["VpcEndpointId"]
    return Vpc(vpc, (first, second), mine, theirs, endpoint)


def connect(clients: Clients, environment: Environment, vpc: Vpc | None) -> None:
    """The environment's function to the VPC; with None to none any more."""
    clients.lambda_.update_function_configuration(
        FunctionName=environment.lambda_function,
        VpcConfig={
            "SubnetIds": list(vpc.subnets) if vpc else [],
            "SecurityGroupIds": [vpc.function_group] if vpc else [],
        },
    )


def https_from(group: str) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "UserIdGroupPairs": [{"GroupId": group}],
    }
