"""All gateways of one caller."""

from functools import cached_property

from .caller import Caller
from .cloudtrail import CloudTrailGateway
from .cloudwatch import CloudWatchGateway
from .ec2 import Ec2Gateway
from .iam import IamGateway
from .kms import KmsGateway
from .lambda_ import LambdaGateway
from .logs import LogsGateway
from .organizations import OrganizationsGateway
from .s3 import S3Gateway
from .secrets_manager import SecretsManagerGateway
from .sts import StsGateway


class Gateways:
    """Each is made when it is first used. No call is made here."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @cached_property
    def secrets_manager(self) -> SecretsManagerGateway:
        return SecretsManagerGateway(self._caller)

    @cached_property
    def iam(self) -> IamGateway:
        return IamGateway(self._caller)

    @cached_property
    def kms(self) -> KmsGateway:
        return KmsGateway(self._caller)

    @cached_property
    def lambda_(self) -> LambdaGateway:
        return LambdaGateway(self._caller)

    @cached_property
    def organizations(self) -> OrganizationsGateway:
        return OrganizationsGateway(self._caller)

    @cached_property
    def logs(self) -> LogsGateway:
        return LogsGateway(self._caller)

    @cached_property
    def sts(self) -> StsGateway:
        return StsGateway(self._caller)

    @cached_property
    def cloudtrail(self) -> CloudTrailGateway:
        return CloudTrailGateway(self._caller)

    @cached_property
    def cloudwatch(self) -> CloudWatchGateway:
        return CloudWatchGateway(self._caller)

    @cached_property
    def ec2(self) -> Ec2Gateway:
        return Ec2Gateway(self._caller)

    @cached_property
    def s3(self) -> S3Gateway:
        return S3Gateway(self._caller)
