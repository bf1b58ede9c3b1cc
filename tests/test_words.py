"""What people read has no word of ours that a newcomer could not know."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
OURS = ("evaluator",)
# For people who use or run the console; docs/architecture.md has the words of those who develop it.
FOR_EVERYBODY = (
    "README.md",
    "docs/troubleshooting.md",
    "docs/who-can-read.md",
    "docs/commands.md",
    "docs/status.md",
)


def texts(source: str) -> Iterator[str]:
    """The string literals of a module that are no docstrings."""
    tree = ast.parse(source)
    notes = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # a string alone is a note
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.value


@pytest.mark.parametrize("word", OURS)
def test_no_text_of_the_console_has_it(word: str) -> None:
    found = {
        str(path.relative_to(PROJECT)): text
        for path in (PROJECT / "secrets_ui").rglob("*.py")
        if word in path.read_text()
        for text in texts(path.read_text())
        if word in text.lower()
    }
    assert found == {}


@pytest.mark.parametrize("word", OURS)
def test_no_page_and_no_doc_for_everybody_has_it(word: str) -> None:
    read = [*(PROJECT / "templates").rglob("*.html"), *(PROJECT / name for name in FOR_EVERYBODY)]
    found = [str(path.relative_to(PROJECT)) for path in read if word in path.read_text().lower()]
    assert found == []
