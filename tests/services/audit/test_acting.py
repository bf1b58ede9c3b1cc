"""An act is on record before it is made, and ends as it left its block."""

import json
from collections.abc import Callable

import pytest
from django.db import OperationalError

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.errors import (
    AuditUnavailable,
    AwsCall,
    AwsRefused,
    InvalidChange,
    NotPermitted,
    OutcomeUnknown,
)
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit.verify import verify_audit
from testkit.intents import intend
from tests.services.saving import HANA

pytestmark = pytest.mark.django_db


def act_that(steps: Callable[[audit.Act], None], begun: list[audit.Act]) -> None:
    with audit.act(Action.SAVE, HANA) as act:
        begun.append(act)
        steps(act)


def ended(act: audit.Act) -> tuple[str, dict[str, str], list[str]] | None:
    """Outcome, details and request ids of an act, None while it is open."""
    found = audit.outcome_of(act.sequence)
    if found is None:
        return None
    return found.outcome, json.loads(found.details), json.loads(found.request_ids)


def test_the_intent_is_committed_before_the_act_and_the_outcome_after_it() -> None:
    with audit.act(Action.SAVE, HANA, secret="s", keys=["A"], reason="r", details={"n": 1}) as act:
        intent = AuditRecord.objects.get(sequence=act.sequence)
        assert (intent.phase, intent.hash, intent.outcome) == ("intent", act.hash, "")
        assert (json.loads(intent.details), ended(act)) == ({"n": 1}, None)
        act.add_request("first")
        act.done(request_id="second", version_id="v")
        assert act.is_over
        assert ended(act) == ("done", {}, ["first", "second"])
    [outcome] = AuditRecord.objects.filter(phase="outcome")
    assert (outcome.action, outcome.actor, outcome.secret) == ("secret.save", "hana", "s")
    assert (json.loads(outcome.keys), outcome.reason) == (["A"], "r")
    assert (outcome.version_id, outcome.once) == ("v", "")


REFUSED = AwsRefused(
    "AWS said no.", AwsCall("secretsmanager:GetSecretValue", code="Internal", request_id="refused")
)
CONFLICT = VersionConflict("a" * 32, "b" * 32)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (REFUSED, ("failed", {"why": "AWS said no.", "code": "Internal"}, ["sent", "refused"])),
        (CONFLICT, ("conflict", {"why": CONFLICT.message}, ["sent"])),
        (InvalidChange("No such key."), ("not_applied", {"why": "No such key."}, ["sent"])),
        (OutcomeUnknown("AWS did not say."), None),
        (AuditUnavailable("The disk is full."), None),
        (RuntimeError("a defect"), None),
        (KeyboardInterrupt(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_leaves_the_act_ends_it_with_what_is_known(
    error: BaseException, expected: object
) -> None:
    def steps(act: audit.Act) -> None:
        act.add_request("sent")
        raise error

    begun: list[audit.Act] = []
    with pytest.raises(type(error)):
        act_that(steps, begun)
    assert ended(begun[0]) == expected
    assert begun[0].is_over == (expected is not None)
    assert verify_audit()[0] == []


@pytest.mark.parametrize(
    "end",
    [audit.Act.done, lambda act: act.failed(REFUSED), lambda act: act.not_applied("not made")],
)
def test_an_act_that_is_over_is_not_ended_again_by_a_later_error(
    end: Callable[[audit.Act], None],
) -> None:
    def steps(act: audit.Act) -> None:
        end(act)
        raise NotPermitted("afterwards")

    with pytest.raises(NotPermitted):
        act_that(steps, [])
    assert AuditRecord.objects.filter(phase="outcome").count() == 1


def test_an_act_of_which_nothing_is_said_stays_open() -> None:
    assert ended(intend(Action.SAVE, HANA)) is None


def test_an_act_whose_outcome_cannot_be_recorded_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*args: object, **more: object) -> None:
        raise OperationalError("database or disk is full")

    def steps(act: audit.Act) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(AuditRecord, "save", full)
            act.done()

    begun: list[audit.Act] = []
    with pytest.raises(AuditUnavailable):
        act_that(steps, begun)
    assert (begun[0].is_over, ended(begun[0])) == (False, None)
