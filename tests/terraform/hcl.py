"""Blocks and references of Terraform's files, as `terraform fmt` lays them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_BLOCK = re.compile(r'^ *(\w+)((?: "[^"]+")*) \{(\})?$')
_ARGUMENT = re.compile(r"^ *(\w+) += (.*)$")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_HEREDOC = re.compile(r"<<-?(\w+)$")
_REFERENCE = re.compile(r"(?<![\w.])((?:data\.|ephemeral\.)?aws_\w+)\.\w+(?:\[[^]]*\])*\.(\w+)")
_EACH = re.compile(r"\bfor (?:\w+, )?(\w+) in ((?:data\.|ephemeral\.)?aws_\w+)\.\w+ : (.*)")


@dataclass
class Block:
    """`kind` is the block's first word; the content of a `dynamic` block stands under its name."""

    kind: str
    labels: list[str]
    arguments: set[str] = field(default_factory=set)
    blocks: list[Block] = field(default_factory=list)


def parse(text: str) -> list[Block]:
    """The blocks at the top. ValueError for a line that is none of the layout's."""
    stack = [Block("", [])]
    lines = iter(text.splitlines())
    for line in lines:
        if block := _BLOCK.match(line):
            opened = Block(block[1], re.findall(r'"([^"]+)"', block[2]))
            stack[-1].blocks.append(opened)
            if not block[3]:
                stack.append(opened)
        elif argument := _ARGUMENT.match(line):
            stack[-1].arguments.add(argument[1])
            _skip_expression(argument[2], lines)
        elif line.strip() == "}":
            closed = stack.pop()
            if closed.kind == "dynamic":
                [content] = closed.blocks
                closed.kind, closed.labels = closed.labels[0], []
                closed.arguments, closed.blocks = content.arguments, content.blocks
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"not laid out by terraform fmt: {line!r}")
    return stack[0].blocks


def _skip_expression(line: str, lines: Iterator[str]) -> None:
    depth = 0
    while True:
        line = _without_comment(line)
        if heredoc := _HEREDOC.search(line):
            while next(lines).strip() != heredoc[1]:
                pass
        depth += len(re.findall(r"[([{]", line)) - len(re.findall(r"[])}]", line))
        if depth <= 0:
            return
        line = next(lines)


def _without_comment(line: str) -> str:
    """Without its strings as well, in which brackets and # count for nothing."""
    return _STRING.sub("", line).partition("#")[0].rstrip()


def references(text: str) -> set[tuple[str, str]]:
    """Type and attribute, such as ("data aws_region", "id"), of all that is read."""
    found = set(_REFERENCE.findall(text))
    for name, address, rest in _EACH.findall(text):
        found |= {(address, attribute) for attribute in re.findall(rf"\b{name}\.(\w+)", rest)}
    return {
        (address.replace(".", " ") if "." in address else f"resource {address}", attribute)
        for address, attribute in found
    }
