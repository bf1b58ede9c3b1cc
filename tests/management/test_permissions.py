"""manage.py permissions: the table in the documentation matches the roles in the code."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from secrets_ui.domain.people.roles import ROLES, WORDS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"


def test_s40_the_documentation_says_what_the_code_does() -> None:
    printed = StringIO()
    call_command("permissions", stdout=printed)
    assert printed.getvalue() == DOCUMENT.read_text(encoding="utf-8")


def test_the_table_has_each_role_and_each_action() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert f"| what they may do | {' | '.join(ROLES)} |" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert [row.count("yes") for row in rows] == [
        sum(action in actions for actions in ROLES.values()) for action in WORDS
    ]
