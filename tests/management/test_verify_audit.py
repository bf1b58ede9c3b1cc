"""manage.py verify_audit: what it prints, and the exit status that a shell sees."""

import io
import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.audit.chain import FIELDS
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services import audit

pytestmark = pytest.mark.django_db
TABLE = "secrets_ui_auditrecord"
TRIGGERS = ("audit_no_update", "audit_no_delete", "audit_only_at_the_end")


def verify(*arguments: str) -> str:
    out = io.StringIO()
    call_command("verify_audit", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def write(count: int) -> list[audit.Recorded]:
    return [audit.record(Action.SIGN_IN, Actor("hana")) for _ in range(count)]


def tamper(statement: str) -> None:
    """As the owner of an SQLite file can; PostgreSQL is attacked in tests/processes."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own statements.")
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(statement)


def test_a_whole_chain_is_said_to_hold_with_the_checkpoint_that_was_reached() -> None:
    last = write(3)[-1]
    checkpoint, verdict = verify().splitlines()

    assert json.loads(checkpoint) == {"checkpoint": {"sequence": 3, "hash": last.hash, "count": 3}}
    assert verdict == "The audit chain holds: 3 records."


def test_as_json_it_is_one_answer_whether_the_chain_holds_or_not() -> None:
    last = write(3)[-1]
    checkpoint = {"sequence": 3, "hash": last.hash, "count": 3}
    holding = {"holds": True, "breaks": [], "more_breaks": False, "unguarded": []}
    holding["checkpoint"] = checkpoint
    assert json.loads(verify("--json")) == holding

    tamper(f"DELETE FROM {TABLE} WHERE sequence = 2")
    out = io.StringIO()
    with pytest.raises(CommandError, match="does not hold: 1 place"):
        call_command("verify_audit", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["holds"], answer["breaks"]) == (False, ["Record 2 is missing."])


def test_an_empty_chain_holds_and_its_checkpoint_holds_later() -> None:
    reached = json.loads(verify().splitlines()[0])["checkpoint"]
    write(2)
    assert "The audit chain holds" in verify(
        "--checkpoint", f"{reached['sequence']}:{reached['hash']}"
    )


def test_an_earlier_checkpoint_of_the_same_chain_holds() -> None:
    first, *_ = write(3)
    assert "The audit chain holds" in verify("--checkpoint", f"{first.sequence}:{first.hash}")


def test_s71_each_place_that_does_not_hold_is_named_and_the_status_is_1() -> None:
    write(5)
    tamper(f"UPDATE {TABLE} SET actor = 'mallory' WHERE sequence = 2")
    tamper(f"DELETE FROM {TABLE} WHERE sequence = 4")
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("verify_audit", stdout=out)

    assert caught.value.returncode == 1
    assert str(caught.value) == "The audit chain does not hold: 2 places."
    assert out.getvalue().splitlines()[:2] == [
        "Record 2 does not match its hash: it, or the record before it, was changed.",
        "Record 4 is missing.",
    ]


def test_s71_a_number_that_is_none_is_named_and_printed_escaped() -> None:
    """SQLite puts any type into any column."""
    write(2)
    columns = ", ".join((*FIELDS[1:], "hash"))
    esc = "char(27) || '[2J'"
    tamper(f"INSERT INTO {TABLE} SELECT {esc}, {columns} FROM {TABLE} WHERE sequence = 1")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 place"):
        call_command("verify_audit", stdout=out)
    assert "in place of a number" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_log_that_holds_and_is_not_guarded_is_told_escaped_and_the_status_is_1() -> None:
    write(1)
    user = get_user_model().objects.create_user("mallory\x1b[2J")
    RoleGrant.objects.create(user=user, environment="prod", role="admin")
    out = io.StringIO()
    with pytest.raises(CommandError, match="The audit log is not guarded: 1 finding"):
        call_command("verify_audit", stdout=out, no_color=True)
    assert "mallory\\x1b[2J is admin in prod, and no audit record" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    told = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", "--json", stdout=told)
    answer = json.loads(told.getvalue())
    assert (answer["holds"], len(answer["unguarded"])) == (True, 1)


@pytest.mark.slow
def test_more_places_than_are_printed_are_said_to_be_more() -> None:
    write(120)
    tamper(f"UPDATE {TABLE} SET actor = 'mallory'")
    with pytest.raises(CommandError, match="100 places or more"):
        verify()


@pytest.mark.parametrize(
    "text", ["7", "7:", ":", "x:" + "0" * 64, "7:" + "0" * 63, "-1:" + "0" * 64, "1.5:" + "0" * 64]
)
def test_a_checkpoint_in_another_form_is_refused_with_the_form_that_is_expected(text: str) -> None:
    with pytest.raises(CommandError, match="expected SEQUENCE:HASH"):
        verify(f"--checkpoint={text}")


def test_s72_a_checkpoint_beyond_the_end_and_beyond_any_number_is_reported() -> None:
    write(2)
    for number in (3, 10**25):
        with pytest.raises(CommandError, match="does not hold: 1 place"):
            verify("--checkpoint", f"{number}:{'0' * 64}")


def test_s77_another_key_verifies_nothing(settings: object) -> None:
    write(2)
    settings.AUDIT_KEY = b"another key that is long enough to be one"
    with pytest.raises(CommandError, match="2 places"):
        verify()


def test_pages_of_a_long_chain_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets_ui.services.audit.reading.CHUNK", 3)
    write(7)
    assert "holds: 7 records" in verify()
    assert AuditRecord.objects.count() == 7
