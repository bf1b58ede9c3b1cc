"""What EC2 says of the VPC that a function is connected to, as far as it decides whether the
function reaches Secrets Manager.
"""

from dataclasses import dataclass

from .aws_answers import Evidence, NotAsked


@dataclass(frozen=True)
class VpcConfig:
    """How a function is connected to a VPC. `ipv6`: its interfaces have such addresses as well."""

    id: str
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ipv6: bool = False


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint. `policy` is its endpoint policy as JSON.

    With `private_dns` the service's usual name leads to it, in the whole VPC. `ipv4`: it has such
    addresses, alone or beside IPv6.
    """

    id: str
    service: str
    state: str
    private_dns: bool
    policy: str
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ipv4: bool = True

    @property
    def is_available(self) -> bool:
        return self.state.casefold() == "available"


@dataclass(frozen=True)
class Subnet:
    """`owner` is the account that it belongs to, which may share it with others."""

    id: str
    cidr: str
    zone: str
    owner: str


@dataclass(frozen=True)
class Route:
    """`target` is the id of a gateway, an interface or another network; "local" is the VPC."""

    destination: str
    target: str


@dataclass(frozen=True)
class RouteTable:
    """`routes` are those that are active. The main table holds for subnets without one."""

    id: str
    subnets: tuple[str, ...]
    is_main: bool
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class Rule:
    """A rule of a security group that lets HTTPS pass: TCP to port 443.

    It names address ranges, security groups and prefix lists; of the last the content is not known.
    """

    ranges: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    prefix_lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecurityGroup:
    id: str
    inbound: tuple[Rule, ...]
    outbound: tuple[Rule, ...]


NO_VPC = NotAsked("a VPC that the function is connected to")


@dataclass(frozen=True)
class Network:
    """Subnets and security groups are the function's, and those of endpoints for Secrets Manager.
    Route tables are all of the VPC's.
    """

    endpoints: Evidence[tuple[Endpoint, ...]] = NO_VPC
    route_tables: Evidence[tuple[RouteTable, ...]] = NO_VPC
    subnets: Evidence[tuple[Subnet, ...]] = NO_VPC
    security_groups: Evidence[tuple[SecurityGroup, ...]] = NO_VPC


NO_NETWORK = Network()


def endpoint_service(region: str) -> str:
    """The end of the name of Secrets Manager's endpoint service; some partitions put more before.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/vpc-endpoint-overview.html
    """
    return f"com.amazonaws.{region}.secretsmanager"
