"""The aws room uses botocore's public ways alone, and its gateways are of one kind."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

import secrets_ui
from secrets_ui.aws.base import Gateway
from secrets_ui.aws.gateways import Gateways
from secrets_ui.domain.access.evidence import Known

ROOM = Path(secrets_ui.__file__).parent
PRIVATE = re.compile(r"object\.__new__|\b_make_api_call\b|\._credentials\b")
# A gateway in two files is the one at the end of its line.
GATEWAYS = [end for kind in Gateway.__subclasses__() for end in kind.__subclasses__() or [kind]]


def test_no_private_way_into_botocore_is_used() -> None:
    found = [
        f"{path.relative_to(ROOM)}:{number}: {line.strip()}"
        for path in sorted(ROOM.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if PRIVATE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line", ["object.__new__(type(client))", "client._make_api_call", "session._credentials = None"]
)
def test_the_scan_finds_what_it_looks_for(line: str) -> None:
    assert PRIVATE.search(line)


def methods(kind: type[Gateway]) -> dict[str, Callable[..., object]]:
    """Those that a gateway adds to what all share."""
    return {
        name: method
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and not hasattr(Gateway, name)
    }


@pytest.mark.parametrize("kind", GATEWAYS)
def test_every_method_of_a_gateway_answers_with_known(kind: type[Gateway]) -> None:
    answers = {
        name: inspect.signature(method, eval_str=True).return_annotation
        for name, method in methods(kind).items()
    }
    assert answers
    assert [name for name, answer in answers.items() if not is_known(answer)] == []


def is_known(answer: Any) -> bool:
    if get_origin(answer) is Iterator:
        [answer] = get_args(answer)
    return get_origin(answer) is Known


@pytest.mark.parametrize("kind", GATEWAYS)
def test_every_gateway_is_handed_out(kind: type[Gateway]) -> None:
    found = [
        inspect.signature(member.func, eval_str=True).return_annotation
        for _, member in inspect.getmembers(Gateways)
        if hasattr(member, "func")
    ]
    assert kind in found


@pytest.mark.parametrize("kind", GATEWAYS)
def test_no_command_that_an_error_shows_writes_or_shows_a_value(kind: type[Gateway]) -> None:
    verbs = {re.split("[- ]", command)[0] for command in kind.commands.values()}
    # A query of Logs Insights is started, and changes nothing.
    assert verbs <= {"describe", "filter", "get", "list", "lookup", "ls", "simulate", "start"}
    assert not [c for c in kind.commands.values() if c.startswith("get-secret-value")]
