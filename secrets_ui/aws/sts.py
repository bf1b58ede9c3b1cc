"""STS's gateway: who this console is to AWS."""

from __future__ import annotations

from ..domain.access.evidence import CallerIdentity, Known
from .base import Gateway
from .translate import told_as_ours


class StsGateway(Gateway):
    """Raises AwsError and its kinds."""

    service = "sts"

    def get_caller_identity(self) -> Known[CallerIdentity]:
        call = self.told("GetCallerIdentity", "the caller", "get-caller-identity")
        with told_as_ours(call):
            found = self._client.get_caller_identity()
            return Known(CallerIdentity(found["Account"], found["Arn"]), call)
