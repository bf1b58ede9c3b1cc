"""Variables and outputs of Terraform's modules, from their code, as tables of READMEs.

`python -m tests.terraform.tables` writes the tables into the READMEs.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.terraform.running import SOURCE

BEGIN, END = "<!-- variables and outputs: held to the code by a test -->", "<!-- end -->"
_BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """`default` is None where a value has to be given."""

    kind: str
    name: str
    description: str
    default: str | None = None
    is_ephemeral: bool = False
    is_checked: bool = False


def modules() -> list[Path]:
    """The root module and those in modules/, by their folders."""
    return sorted({SOURCE, *(SOURCE / "modules").iterdir()})


def blocks(folder: Path) -> list[Block]:
    """In the order of the code.

    `terraform fmt` sees to it that an attribute of a block begins after two blanks.
    """
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*.tf"), key=_variables_first)
    )
    return [_block(*found) for found in _BLOCK.findall(code)]


def _variables_first(path: Path) -> tuple[bool, bool, str]:
    return path.name != "variables.tf", path.name != "values.tf", path.name


def _block(kind: str, name: str, body: str) -> Block:
    description = re.search(r'^  description += "(.*)"$', body, re.MULTILINE)
    default = re.search(r"^  default +=\s*(.+)$", body, re.MULTILINE)
    return Block(
        kind,
        name,
        description[1] if description else "",
        default[1] if default else None,
        "\n  ephemeral" in f"\n{body}",
        "\n  validation {" in f"\n{body}",
    )


def tables(folder: Path) -> str:
    """What stands between BEGIN and END in the README."""
    found = blocks(folder)
    rows = [
        f"| `{b.name}` | {b.description} | {_default(b)} |" for b in found if b.kind == "variable"
    ]
    outputs = [f"| `{b.name}` | {b.description} |" for b in found if b.kind == "output"]
    head = ["| variable | what it is | default |", "|---|---|---|"]
    return "\n".join(
        [BEGIN, "", *head, *rows, "", "| output | what it is |", "|---|---|", *outputs, "", END]
    )


def _default(block: Block) -> str:
    if block.default is None:
        return "must be given"
    return "none" if block.default in ("null", "{}", "[]") else f"`{block.default}`"


def write(folder: Path) -> None:
    readme = folder / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    readme.write_text(before + tables(folder) + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    for module in modules():
        write(module)
