"""Lambda's gateway: a function's configuration, what its callers get, and the change of its marker.

A function's variables may hold values in plain text: none leaves this module but three of ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from ..domain.access.evidence import FunctionConfiguration, Known
from ..domain.access.network import VpcConfig
from ..domain.changes.refresh import (
    LATEST,
    MARK,
    MARKER,
    MAX_AGE,
    ROUTE,
    ROUTES,
    SECONDS,
    Alias,
    FunctionMoved,
    Provisioned,
)
from ..domain.deadline import Deadline
from ..domain.errors import AwsCall, AwsError, AwsRefused
from .base import Gateway, answered, ensure_promised
from .texts import CODE, in_form

# Aliases, or settings of provisioned concurrency, of one function: 21 pages at the most.
MOST = 1_000


class LambdaGateway(Gateway):
    """Every method raises ThingNotFound where there is no such function."""

    service = "lambda"
    commands = {
        "GetFunctionConfiguration": "get-function-configuration --function-name {}",
        "ListAliases": "list-aliases --function-name {}",
        "ListProvisionedConcurrencyConfigs": (
            "list-provisioned-concurrency-configs --function-name {}"
        ),
        "ListVersionsByFunction": (
            "list-versions-by-function --function-name {} --query Versions[].Version"
        ),
        # What shows whether it was done; never what would do it again.
        "UpdateFunctionConfiguration": (
            "get-function-configuration --function-name {} "
            f"--query Environment.Variables.{MARKER}"
        ),
    }

    def get_function_configuration(self, name: str) -> Known[FunctionConfiguration]:
        """Of $LATEST."""
        call = self.describe_call("GetFunctionConfiguration", name)
        with self.asking(call):
            answer = self._client.get_function_configuration(FunctionName=name)
            return Known(_configuration(answer), answered(call, answer))

    def list_aliases(self, name: str) -> Known[tuple[Alias, ...]]:
        """Raises AwsRefused where there are more than MOST."""
        call = self.describe_call("ListAliases", name)
        with self.asking(call):
            found = self._items("list_aliases", "Aliases", name)
            return Known(tuple(map(_alias, _few(found, call))), call)

    def list_versions_by_function(self, name: str) -> Known[tuple[str, ...]]:
        """Some of the published versions, and at least one where there are any: each comes with its
        whole configuration, so two are asked for, of which one may be $LATEST."""
        call = self.describe_call("ListVersionsByFunction", name)
        with self.asking(call):
            answer = self._client.list_versions_by_function(FunctionName=name, MaxItems=2)
            found = [str(version["Version"]) for version in answer["Versions"]]
            return Known(tuple(version for version in found if version != LATEST), call)

    def list_provisioned_concurrency_configs(self, name: str) -> Known[tuple[Provisioned, ...]]:
        """Raises AwsRefused where there are more than MOST."""
        call = self.describe_call("ListProvisionedConcurrencyConfigs", name)
        with self.asking(call):
            operation = "list_provisioned_concurrency_configs"
            found = self._items(operation, "ProvisionedConcurrencyConfigs", name)
            return Known(tuple(map(_provisioned, _few(found, call))), call)

    def update_function_configuration(
        self, name: str, *, mark: str, revision: str, deadline: Deadline
    ) -> Known[None]:
        """Sets the marker, where the configuration is still `revision`, and changes nothing else.

        AWS replaces all variables by those that are sent, so the others are read and sent back as
        they are, under the RevisionId that they were read with. Two calls; the second is not sent
        after the deadline. Raises FunctionMoved where somebody else was first, and AwsRefused where
        AWS cannot decrypt the variables.
        """
        variables = self._variables_of(name, revision)
        call = self.describe_call("UpdateFunctionConfiguration", name)
        with self.asking(call, deadline):
            answer = self._client.update_function_configuration(
                FunctionName=name,
                RevisionId=revision,
                Environment={"Variables": {**variables, MARKER: mark}},
            )
            ensure_promised(answer, "FunctionArn")
            return Known(None, answered(call, answer))

    def _variables_of(self, name: str, revision: str) -> dict[str, str]:
        """With their values. Raises FunctionMoved and other AwsErrors; none of them leaves anything
        open, since nothing was sent that changes the function."""
        call = self.describe_call("GetFunctionConfiguration", name)
        try:
            with self.asking(call):
                answer = self._client.get_function_configuration(FunctionName=name)
                found, variables = answer["RevisionId"], _variables(answer)
                call, why = answered(call, answer), _why_unreadable(answer)
        except AwsError as error:
            error.call = replace(error.call, unanswered=0)
            raise
        if why:
            raise AwsRefused(f"AWS cannot decrypt the function's variables ({why}).", call)
        if found != revision:
            raise FunctionMoved(f"The configuration of {name} is another now.", call)
        return variables

    def _items(self, operation: str, member: str, name: str) -> Iterator[Any]:
        paginator = self._client.get_paginator(operation)
        for page in paginator.paginate(FunctionName=name, PaginationConfig={"PageSize": 50}):
            yield from page[member]


def _few(found: Iterator[Any], call: AwsCall) -> list[Any]:
    """No page is asked for after the one with which they are too many. Raises AwsRefused."""
    items = list(islice(found, MOST + 1))
    if len(items) > MOST:
        raise AwsRefused(f"There are more than {MOST:,}, which are not looked at.", call)
    return items


def _configuration(answer: Mapping[str, Any]) -> FunctionConfiguration:
    variables = _variables(answer)
    max_age = in_form(SECONDS, variables.get(MAX_AGE))
    return FunctionConfiguration(
        answer["FunctionArn"],
        answer["Role"],
        answer.get("LastModified", ""),
        answer.get("State", ""),
        tuple(sorted(variables)),
        _vpc(answer.get("VpcConfig") or {}),
        revision=str(answer.get("RevisionId", "")),
        last_update=answer.get("LastUpdateStatus", ""),
        mark=in_form(MARK, variables.get(MARKER)),
        max_age=int(max_age) if max_age else None,
        route=in_form(ROUTES, variables.get(ROUTE)),
        unreadable=_why_unreadable(answer),
    )


def _vpc(item: Mapping[str, Any]) -> VpcConfig | None:
    """Absent or with an empty id for a function that is connected to no VPC."""
    if not item.get("VpcId"):
        return None
    return VpcConfig(
        item["VpcId"],
        tuple(item.get("SubnetIds", ())),
        tuple(item.get("SecurityGroupIds", ())),
        bool(item.get("Ipv6AllowedForDualStack")),
    )


def _variables(answer: Mapping[str, Any]) -> dict[str, str]:
    """With their values; empty where AWS could not decrypt them."""
    return dict((answer.get("Environment") or {}).get("Variables") or {})


def _why_unreadable(answer: Mapping[str, Any]) -> str:
    """AWS's code, "" where the variables are there."""
    error = (answer.get("Environment") or {}).get("Error")
    return (in_form(CODE, error.get("ErrorCode")) or "without a code") if error else ""


def _alias(item: Mapping[str, Any]) -> Alias:
    shifted = (item.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(item["Name"], (item["FunctionVersion"], *sorted(shifted)))


def _provisioned(item: Mapping[str, Any]) -> Provisioned:
    return Provisioned(
        item["FunctionArn"].rpartition(":")[2],
        int(item.get("RequestedProvisionedConcurrentExecutions", 0)),
        item.get("Status", ""),
    )
