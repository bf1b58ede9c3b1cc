"""Who made a version, by the audit log."""

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit.who_changed import Author, authors_of
from tests.services.saving import HANA, KENJI

pytestmark = pytest.mark.django_db


def make(action: Action, actor: Actor, version: str, reason: str = "r") -> tuple[int, str]:
    """An act that made or moved a version; its intent's sequence and when it ended."""
    with audit.act(action, actor, secret="s", version_id=version, reason=reason) as act:
        act.done()
    ended = audit.outcome_of(act.sequence)
    assert ended is not None
    return act.sequence, ended.at


def test_a_version_has_the_author_the_time_and_the_reason_of_its_save() -> None:
    sequence, at = make(Action.SAVE, HANA, "v1", "OPS-1")
    assert authors_of(["v1"]) == {"v1": Author("hana", at, sequence, "OPS-1")}


def test_an_approved_version_keeps_its_author_and_names_the_second_person() -> None:
    sequence, _ = make(Action.PROPOSE, HANA, "v1", "OPS-1")
    _, at = make(Action.APPROVE, KENJI, "v1", "OPS-2")
    assert authors_of(["v1"]) == {"v1": Author("hana", at, sequence, "OPS-1", "kenji")}


def test_an_approval_of_a_version_that_was_proposed_nowhere_is_all_that_is_known() -> None:
    sequence, at = make(Action.APPROVE, KENJI, "v1")
    assert authors_of(["v1"]) == {"v1": Author("kenji", at, sequence, "r")}


def test_of_two_saves_of_a_version_the_later_counts() -> None:
    make(Action.SAVE, HANA, "v1")
    sequence, at = make(Action.SAVE, KENJI, "v1")
    assert authors_of(["v1"]) == {"v1": Author("kenji", at, sequence, "r")}


def test_a_version_that_the_log_does_not_know_has_no_author() -> None:
    make(Action.SAVE, HANA, "v1")
    make(Action.READ_VALUE, HANA, "v2")
    with audit.act(Action.SAVE, HANA, version_id="v3") as act:
        act.not_applied("it was not made")
    with audit.act(Action.SAVE, HANA, version_id="v4"):
        pass
    with audit.act(Action.SAVE, HANA) as nameless:
        nameless.done()
    assert set(authors_of(["v1", "v2", "v3", "v4", "v5", ""])) == {"v1"}
    assert authors_of([]) == {}
    assert AuditRecord.objects.filter(version_id="").exists()
