"""manage.py change_audit_key: a new key seals the chain; the old one still verifies old records."""

import io
import secrets
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.system_checks import audit_key_sealed_the_last_record
from tests.management.test_verify_audit import TABLE, tamper, verify, write

pytestmark = pytest.mark.django_db


def change() -> str:
    out = io.StringIO()
    call_command("change_audit_key", stdout=out)
    return out.getvalue()


def put_a_new_key(settings: Any) -> None:
    """As a person does in the settings: the new key in its place, the old one behind those before
    it.
    """
    settings.AUDIT_KEYS_BEFORE = [*settings.AUDIT_KEYS_BEFORE, settings.AUDIT_KEY]
    settings.AUDIT_KEY = secrets.token_urlsafe(48).encode()


def test_what_both_keys_sealed_verifies_and_the_change_is_on_record(settings: Any) -> None:
    write(3)
    put_a_new_key(settings)
    assert change().startswith("Record 4 is the first under the new AUDIT_KEY.")
    write(2)

    assert "The audit chain holds: 6 records." in verify()
    record = AuditRecord.objects.get(sequence=4)
    assert (record.action, record.actor, record.details) == (
        "audit.key_changed",
        "console",
        '{"last_under_the_old_key":3}',
    )


def test_it_can_be_done_again(settings: Any) -> None:
    for _ in range(3):
        write(2)
        put_a_new_key(settings)
        change()
    assert "The audit chain holds: 9 records." in verify()


def test_an_empty_chain_may_change_its_key_too(settings: Any) -> None:
    put_a_new_key(settings)
    change()
    assert "The audit chain holds: 1 records." in verify()


def test_s71_without_the_old_key_the_old_records_do_not_verify(settings: Any) -> None:
    write(2)
    put_a_new_key(settings)
    change()
    settings.AUDIT_KEYS_BEFORE = []
    with pytest.raises(CommandError, match="does not hold: 2 places"):
        verify()


def test_s71_who_learnt_the_old_key_can_rewrite_nothing_that_a_new_key_has_sealed(
    settings: Any,
) -> None:
    """The tail is written anew from record 2 on, with the old key; the console's own records go on
    from there.
    """
    write(3)
    old = settings.AUDIT_KEY
    put_a_new_key(settings)
    change()
    new = settings.AUDIT_KEY
    tamper(f"DELETE FROM {TABLE} WHERE sequence > 1")
    settings.AUDIT_KEY = old
    audit.record(Action.SIGN_IN, Actor("mallory"))
    settings.AUDIT_KEY = new
    audit.record(Action.SIGN_IN, Actor("hana"))
    with pytest.raises(CommandError, match="does not hold"):
        verify()


def test_s72_a_chain_cut_off_before_its_change_of_keys_is_told_without_a_checkpoint(
    settings: Any,
) -> None:
    write(3)
    put_a_new_key(settings)
    change()
    tamper(f"DELETE FROM {TABLE} WHERE sequence > 3")
    with pytest.raises(CommandError, match="does not hold: 1 place"):
        verify()


def test_a_record_of_a_change_that_the_new_key_did_not_seal_changes_nothing(settings: Any) -> None:
    write(1)
    audit.record(Action.CHANGE_AUDIT_KEY, Actor("mallory"))  # under the old key
    write(1)
    put_a_new_key(settings)
    with pytest.raises(CommandError):
        verify()
    change()
    assert "The audit chain holds: 4 records." in verify()


@pytest.mark.parametrize(
    "case", ["no old key", "a wrong old key", "changed already", "tampered with"]
)
def test_it_refuses_with_the_reason_and_writes_nothing(case: str, settings: Any) -> None:
    write(3)
    if case != "no old key":
        put_a_new_key(settings)
    if case == "a wrong old key":
        settings.AUDIT_KEYS_BEFORE = [b"another key that is long enough to be one"]
    if case == "changed already":
        change()
    if case == "tampered with":
        tamper(f"UPDATE {TABLE} SET actor = 'mallory' WHERE sequence = 2")
    before = AuditRecord.objects.count()
    reason = {
        "no old key": "AUDIT_KEYS_BEFORE is not set",
        "a wrong old key": "does not hold under AUDIT_KEYS_BEFORE: Record 1 ",
        "changed already": "has taken over already",
        "tampered with": "does not hold under AUDIT_KEYS_BEFORE: Record 2 ",
    }[case]
    with pytest.raises(CommandError, match=reason):
        change()
    assert AuditRecord.objects.count() == before


def test_a_console_with_another_key_is_told_by_migrate_before_it_goes_on(settings: Any) -> None:
    assert audit_key_sealed_the_last_record(None, ["default"]) == []
    write(2)
    assert audit_key_sealed_the_last_record(None, ["default"]) == []
    settings.AUDIT_KEY = b"another key that is long enough to be one"
    assert audit_key_sealed_the_last_record(None) == []  # without --database nothing is asked of it
    [error] = audit_key_sealed_the_last_record(None, ["default"])
    assert error.msg == "Audit record 2, the last one, is not sealed with AUDIT_KEY."
    with pytest.raises(SystemCheckError, match="is not sealed with AUDIT_KEY"):
        call_command("migrate", verbosity=0, skip_checks=False)
