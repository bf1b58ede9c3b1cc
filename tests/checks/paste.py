"""Runs a printed AWS CLI command, with the parameter names of botocore's own models."""

import json
import shlex
from itertools import groupby
from typing import Any

from botocore import xform_name

from deploy.demo.account import Clients


def paste(text: str, clients: Clients) -> None:
    """Runs what a shell would: commands joined by &&.

    An option or a command that the AWS CLI does not have is a KeyError.
    """
    for is_join, words in groupby(shlex.split(text), key=lambda word: word == "&&"):
        if not is_join:
            _run(list(words), clients)


def _run(words: list[str], clients: Clients) -> None:
    aws, service, operation, *options = words
    assert aws == "aws"
    client: Any = getattr(clients, "lambda_" if service == "lambda" else service)
    method = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(
        client.meta.method_to_api_mapping[method]
    ).input_shape
    names = {xform_name(name, "-"): name for name in shape.members}
    arguments: dict[str, Any] = {}
    for option, values in _options(options):
        if option == "region":
            assert values == [client.meta.region_name]
            continue
        name = names[option]
        arguments[name] = _value(shape.members[name].type_name, values)
    getattr(client, method)(**arguments)


def _value(kind: str, values: list[str]) -> Any:
    if kind == "boolean" and not values:
        return True
    return json.loads(values[0]) if kind == "list" and values[0].startswith("[") else values[0]


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word[2:], []))
        else:
            found[-1][1].append(word)
    return found
