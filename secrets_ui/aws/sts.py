"""STS's gateway: who this console is to AWS."""

from ..domain.access.evidence import CallerIdentity, Known
from .base import Gateway


class StsGateway(Gateway):
    service = "sts"
    commands = {"GetCallerIdentity": "get-caller-identity"}

    def get_caller_identity(self) -> Known[CallerIdentity]:
        call = self.describe_call("GetCallerIdentity", "the caller")
        with self.asking(call):
            answer = self._client.get_caller_identity()
            return Known(CallerIdentity(answer["Account"], answer["Arn"]), call)
