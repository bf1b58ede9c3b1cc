"""docs/security-tests.md names every test of a security requirement, and only those."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "security-tests.md").read_text(encoding="utf-8")


def numbered_tests() -> set[tuple[int, str]]:
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"^def (test_\w*)", path.read_text(encoding="utf-8"), re.MULTILINE):
            rows = re.findall(r"(?<![a-z0-9])s(\d\d+)", name.replace("_", " "))
            found |= {(int(row), f"{path.relative_to(ROOT).as_posix()}::{name}") for row in rows}
    return found


def listed() -> set[tuple[int, str]]:
    rows = re.findall(r"^\| S(\d\d+) \| [^|]+ \| (.+) \|$", TABLE, re.MULTILINE)
    return {(int(row), test) for row, cell in rows for test in re.findall(r"`([^`]+)`", cell)}


def test_the_table_lists_the_tests_that_there_are() -> None:
    assert listed() == numbered_tests()


def test_a_row_without_a_test_says_that_it_is_open() -> None:
    for row, cell in re.findall(r"^\| (S\d\d+) \| [^|]+ \| (.+) \|$", TABLE, re.MULTILINE):
        assert "`" in cell or cell.startswith("open: "), row


def test_each_row_stands_once_in_the_order_of_the_numbers() -> None:
    rows = [int(row) for row in re.findall(r"^\| S(\d\d+) \|", TABLE, re.MULTILINE)]
    assert rows == sorted(set(rows))
