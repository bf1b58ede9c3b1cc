"""The part of CloudWatch Logs' filter language that the metric filters use.

With it they can be tried on CloudTrail's events.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from typing import Any

_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|NOT EXISTS|EXISTS|"[^"]*"|\$[\w.\[\]]+)')
MISSING = object()


def matches(pattern: str, event: dict[str, Any]) -> bool:
    """Raises ValueError for a pattern outside this part of the language."""
    if not re.fullmatch(r"\{ .+ \}", pattern):
        raise ValueError("expected { … }")
    tokens, rest = [], pattern[2:-2]
    while rest.strip():
        found = _TOKEN.match(rest)
        if not found:
            raise ValueError(f"cannot be read from: {rest}")
        tokens.append(found[1])
        rest = rest[found.end() :]
    result = _either(tokens, event)
    if tokens:
        raise ValueError(f"left over: {tokens}")
    return result


def _either(tokens: list[str], event: dict[str, Any]) -> bool:
    result = _both(tokens, event)
    while tokens and tokens[0] == "||":
        tokens.pop(0)
        result = _both(tokens, event) or result
    return result


def _both(tokens: list[str], event: dict[str, Any]) -> bool:
    result = _one(tokens, event)
    while tokens and tokens[0] == "&&":
        tokens.pop(0)
        result = _one(tokens, event) and result
    return result


def _one(tokens: list[str], event: dict[str, Any]) -> bool:
    token = tokens.pop(0)
    if token == "(":
        result = _either(tokens, event)
        if tokens.pop(0) != ")":
            raise ValueError("expected a closing bracket")
        return result
    value, operator = _look_up(token, event), tokens.pop(0)
    if operator in ("EXISTS", "NOT EXISTS"):
        return (value is not MISSING) == (operator == "EXISTS")
    if operator != "=":
        raise ValueError(f"unknown operator {operator}")
    wanted = re.escape(tokens.pop(0)[1:-1]).replace(r"\*", ".*")
    return isinstance(value, str) and re.fullmatch(wanted, value, re.DOTALL) is not None


def _look_up(path: str, event: dict[str, Any]) -> Any:
    value: Any = event
    for step in re.findall(r"\w+", path):
        try:
            value = value[int(step) if step.isdecimal() else step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return MISSING if value is None else value
