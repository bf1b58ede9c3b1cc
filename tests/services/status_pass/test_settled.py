"""What is on record as not carried out has not taken effect, as far as a pass has seen."""

import json
from datetime import UTC, datetime

import pytest

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.audit.chain import version_id_of
from secrets_ui.domain.people.actor import CONSOLE, Actor
from secrets_ui.models import AuditRecord, StatusSnapshot
from secrets_ui.services import audit
from secrets_ui.services.audit.acting import Act
from secrets_ui.services.status_pass.records import watch_records
from secrets_ui.services.status_pass.settled import find_settled_then_done

pytestmark = pytest.mark.django_db
HANA = Actor("hana")
SECRET = "miyabi/prod/config"


def not_carried_out(action: Action = Action.SAVE, version: str = "") -> Act:
    with audit.act(action, HANA, environment="prod", secret=SECRET, version_id=version) as act:
        pass
    intent = AuditRecord.objects.get(sequence=act.sequence)
    audit.settle(intent, Outcome.NOT_APPLIED, version, "AWS has no such version", by=CONSOLE)
    return act


def a_pass_saw(label: str, version: str, *, environment: str = "prod") -> None:
    labels = {"AWSCURRENT": "another", "AWSPREVIOUS": "an older one"} | {label: version}
    StatusSnapshot.objects.create(
        environment=environment,
        secret=SECRET,
        status="pass",
        at=datetime.now(UTC),
        findings="[]",
        remembered=json.dumps({"sight": {"labels": labels}}),
    )


def about() -> list[str]:
    return [about for about, _ in find_settled_then_done()]


@pytest.mark.parametrize("form", ["hash", "uuid"])
@pytest.mark.parametrize("label", ["AWSCURRENT", "AWSPREVIOUS"])
def test_a_version_with_a_label_whose_save_was_settled_as_not_carried_out_is_told(
    label: str, form: str
) -> None:
    act = not_carried_out()
    a_pass_saw(label, version_id_of(act.hash, form))
    records, _ = watch_records({})
    [(what, text)] = records.unguarded
    assert what == f"settled {act.sequence}"
    assert f"Record {act.sequence} (Save of {SECRET} in prod by hana)" in text
    assert f"not carried out, and its version has {label}." in text


def test_one_without_a_label_or_that_another_environment_has_or_that_no_pass_saw_is_not() -> None:
    act = not_carried_out()
    assert about() == []
    a_pass_saw("AWSCURRENT", act.hash, environment="dev")
    a_pass_saw("MINE", act.hash)
    assert about() == []


def test_the_outcome_of_a_request_that_outlived_its_settlement_counts() -> None:
    act = not_carried_out()
    act.done(version_id=act.hash)
    a_pass_saw("AWSCURRENT", act.hash)
    assert about() == []


def test_a_proposal_that_was_approved_at_the_second_try_is_carried_out() -> None:
    first = not_carried_out(Action.APPROVE, "the proposed one")
    a_pass_saw("AWSCURRENT", "the proposed one")
    assert about() == [f"settled {first.sequence}"]
    with audit.act(
        Action.APPROVE, HANA, environment="prod", secret=SECRET, version_id="the proposed one"
    ):
        assert about() == []
