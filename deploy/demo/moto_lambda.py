"""What moto's Lambda lacks and a change of a function's configuration needs."""

import hashlib
import json
from typing import Any

from moto.awslambda import urls
from moto.awslambda.exceptions import PreconditionFailedException
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.core.utils import iso_8601_datetime_with_milliseconds

_FUNCTION = r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)"


def hold_functions_by_revision() -> None:
    """A function has a RevisionId, and UpdateFunctionConfiguration refuses one that is not the
    last; the change sets LastModified. moto 5.2 has none of it.

    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
    """
    get, update = LambdaFunction.get_configuration, LambdaFunction.update_configuration

    def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        found = get(self, on_create)
        about = {name: text for name, text in found.items() if name != "LastUpdateStatus"}
        digest = hashlib.md5(json.dumps(about, default=str).encode(), usedforsecurity=False)
        return {**found, "RevisionId": digest.hexdigest()}

    def update_configuration(self: LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
        wanted = updates.get("RevisionId")
        if wanted and wanted != self.get_configuration()["RevisionId"]:
            raise PreconditionFailedException(
                "The Revision Id provided does not match the latest Revision Id."
            )
        self.last_modified = iso_8601_datetime_with_milliseconds()
        update(self, updates)
        return self.get_configuration()

    setattr(LambdaFunction, get.__name__, get_configuration)
    setattr(LambdaFunction, update.__name__, update_configuration)


def answer_for_provisioned_concurrency() -> None:
    """ListProvisionedConcurrencyConfigs tells of none: moto 5.2 does not know it."""

    def list_provisioned_concurrency_configs(self: LambdaResponse) -> str:
        return json.dumps({"ProvisionedConcurrencyConfigs": []})

    name = list_provisioned_concurrency_configs.__name__
    setattr(LambdaResponse, name, list_provisioned_concurrency_configs)
    urls.url_paths[_FUNCTION + "/provisioned-concurrency$"] = LambdaResponse.dispatch


def name_the_vpc() -> None:
    """A function's VpcConfig names the VPC of its subnets: moto 5.2 names one that is not there."""

    def vpc_config(self: LambdaFunction) -> dict[str, Any] | None:
        config = self._vpc_config
        if not config or not config.get("SubnetIds"):
            return config
        # Two seconds, which only those take who connect a function.
        from moto.ec2.models import ec2_backends

        subnet = ec2_backends[self.account_id][self.region].get_subnet(config["SubnetIds"][0])
        return {**config, "VpcId": subnet.vpc_id}

    setattr(LambdaFunction, vpc_config.__name__, property(vpc_config))
