"""docs/troubleshooting.md has a row for each check, and none for a check that does not exist."""

import re

from deploy.demo.local_aws import PROJECT
from secrets_ui.checks.access import CHECK_IDS

ROWS = [
    line.split("|")
    for line in (PROJECT / "docs/troubleshooting.md").read_text().splitlines()
    if line.startswith("| ")
]


def test_every_check_has_a_row_and_every_row_a_check() -> None:
    named = [match[1] for row in ROWS if (match := re.fullmatch(r" `([a-z_]+)` ", row[2]))]
    assert sorted(named) == sorted(CHECK_IDS)


def test_every_row_tells_fault_error_and_remedy() -> None:
    assert all(len(row) == 6 and all(cell.strip() for cell in row[1:5]) for row in ROWS)
