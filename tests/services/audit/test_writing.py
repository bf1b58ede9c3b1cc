"""S75: what a record says, and that everything that matters leaves one."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.errors import NotPermitted, TooMany
from secrets_ui.domain.people.actor import CONSOLE, Actor
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.changes.decide import approve, reject
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.secrets.opening import open_secret
from testkit.intents import intend
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, save

pytestmark = pytest.mark.django_db


def last(**which: str) -> AuditRecord:
    return AuditRecord.objects.filter(**which).order_by("-sequence")[0]


def test_s75_a_save_says_when_who_what_where_why_and_which_requests(dev: Aws) -> None:
    before = datetime.now(UTC)
    secret, base = dev.make_secret()
    saved = save(dev, secret, base, A="new", B=None)
    intent, outcome = (
        AuditRecord.objects.get(sequence=saved.sequence),
        last(phase="outcome", action="secret.save"),
    )

    for row in (intent, outcome):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row.at)
        assert (
            before - timedelta(seconds=1)
            < datetime.fromisoformat(row.at)
            < datetime.now(UTC) + timedelta(seconds=1)
        )
        assert (row.actor, row.address, row.environment, row.secret) == (
            "hana",
            "192.0.2.7",
            "dev",
            secret,
        )
        assert (row.base_version_id, json.loads(row.keys), row.reason) == (
            base,
            ["A", "B"],
            "OPS-1: a test",
        )
    assert (outcome.intent, outcome.version_id) == (str(intent.sequence), saved.version_id)
    put, move = json.loads(outcome.request_ids)
    assert put != move


def test_s75_a_read_of_a_value_says_who_read_which_version_and_why(dev: Aws) -> None:
    secret, base = dev.make_secret()
    open_secret(dev.environment, secret, KENJI)
    open_secret(dev.environment, secret, HANA)  # known by now: no value is read again

    rows = list(AuditRecord.objects.filter(secret=secret).order_by("sequence"))
    assert [(row.phase, row.action, row.outcome, row.actor, row.version_id) for row in rows] == [
        ("intent", "value.read", "", "kenji", base),
        ("outcome", "value.read", "done", "kenji", base),
    ]
    assert json.loads(rows[0].details) == {"why": "to derive its facts"}
    assert len(json.loads(rows[1].request_ids)) == 1


def test_s75_refusals_and_role_changes_and_decisions_are_there_too(
    dev: Aws, staging: Aws, settings: object
) -> None:
    secret, base = dev.make_secret()
    save(dev, secret, base, A="new")
    with pytest.raises(VersionConflict):
        save(dev, secret, base, A="newer")
    proposed_on, base = staging.make_secret()
    own = save(staging, proposed_on, base, A="new")
    with pytest.raises(NotPermitted):
        approve(staging.environment, HANA, waiting_proposal(staging.environment, own.sequence))
    reject(staging.environment, KENJI, waiting_proposal(staging.environment, own.sequence))
    settings.WRITES_PER_MINUTE = 1
    with pytest.raises(TooMany):
        save(dev, secret, dev.current(secret), A="newest")
    make_account("mika", "a long pass phrase", {"dev": "editor"})

    result = set(
        AuditRecord.objects.exclude(phase="intent")
        .exclude(action="value.read")
        .values_list("action", "outcome", "actor")
    )
    assert result == {
        ("secret.save", "done", "hana"),
        ("secret.save", "conflict", "hana"),
        ("secret.propose", "done", "hana"),
        ("access.refused", "refused", "hana"),
        ("secret.reject", "done", "kenji"),
        ("rate.limited", "refused", "hana"),
        ("account.set", "done", "console"),
    }
    assert json.loads(last(action="account.set").details) == {
        "account": "mika",
        "roles": {"dev": "editor"},
    }
    assert "pass phrase" not in str(list(AuditRecord.objects.values()))
    assert verify_audit()[0] == []


def test_s75_sign_ins_are_there_with_their_address(client: Client) -> None:
    make_account("mika", "a long pass phrase", {"dev": "viewer"})
    for password in ("a wrong pass phrase", "a long pass phrase"):
        client.post("/sign-in", {"username": "mika", "password": password}, REMOTE_ADDR="192.0.2.9")

    signed = AuditRecord.objects.filter(action__startswith="sign").order_by("sequence")
    assert [(row.outcome, row.address) for row in signed] == [
        ("refused", "192.0.2.9"),
        ("done", "192.0.2.9"),
    ]
    assert "pass phrase" not in str(list(AuditRecord.objects.values()))


def test_texts_that_are_too_long_for_a_column_are_cut_not_refused() -> None:
    recorded = audit.record(
        Action.SIGN_IN, Actor("x" * 500, "y" * 500), environment="z" * 500, secret="s" * 5000
    )
    row = AuditRecord.objects.get(sequence=recorded.sequence)
    assert (len(row.actor), len(row.address), len(row.environment), len(row.secret)) == (
        150,
        45,
        20,
        512,
    )
    assert verify_audit()[0] == []


def test_a_form_that_ended_without_effect_may_be_sent_again_and_one_that_is_open_or_done_may_not() -> (  # noqa: E501
    None
):
    for outcome in (Outcome.FAILED, Outcome.CONFLICT, Outcome.NOT_APPLIED, Outcome.UNKNOWN):
        first = intend(Action.SAVE, HANA, idempotency_key=f"form {outcome}")
        audit.settle(
            AuditRecord.objects.get(sequence=first.sequence), outcome, "", "a test", by=CONSOLE
        )
        assert (
            intend(Action.SAVE, HANA, idempotency_key=f"form {outcome}").sequence > first.sequence
        )
    for is_done in (True, False):
        first = intend(Action.SAVE, HANA, idempotency_key=f"form {is_done}")
        if is_done:
            first.done()
        with pytest.raises(audit.AlreadyIntended) as caught:
            intend(Action.SAVE, HANA, idempotency_key=f"form {is_done}")
        assert caught.value.sequence == first.sequence
