"""The row of texts that a record becomes, before it has a place in the chain."""

import pytest

from secrets_ui.domain.audit.actions import Action, Outcome, Phase
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services.audit.new_record import NO_DETAILS, NewRecord

HANA = Actor("hana", "192.0.2.7")


def test_a_record_that_says_little_has_empty_texts_and_empty_json() -> None:
    row = NewRecord(phase=Phase.INTENT, action=Action.SAVE, actor=HANA).row()
    assert row == {
        "phase": "intent",
        "action": "secret.save",
        "outcome": "",
        "actor": "hana",
        "address": "192.0.2.7",
        "environment": "",
        "secret": "",
        "version_id": "",
        "base_version_id": "",
        "keys": "[]",
        "reason": "",
        "request_ids": "[]",
        "intent": "",
        "once": "",
        "details": "{}",
    }


def test_a_record_that_says_everything_has_each_part_in_its_column() -> None:
    row = NewRecord(
        phase=Phase.OUTCOME,
        action=Action.SAVE,
        actor=Actor("hana", "shell", "root"),
        outcome=Outcome.DONE,
        environment="dev",
        secret="s",
        version_id="v",
        base_version_id="b",
        keys=("É", "A"),
        reason="r",
        request_ids=["one", "", "two"],
        intent="7",
        idempotency_key="k",
        details={"why": "é", "a": [1, None]},
    ).row()
    assert row == {
        "phase": "outcome",
        "action": "secret.save",
        "outcome": "done",
        "actor": "hana",
        "address": "shell",
        "environment": "dev",
        "secret": "s",
        "version_id": "v",
        "base_version_id": "b",
        "keys": '["É","A"]',
        "reason": "r",
        "request_ids": '["one","two"]',
        "intent": "7",
        "once": "k",
        "details": '{"a":[1,null],"os_user":"root","why":"é"}',
    }


def test_texts_are_cut_to_their_columns() -> None:
    row = NewRecord(
        phase=Phase.EVENT,
        action=Action.SIGN_IN,
        actor=Actor("n" * 151, "a" * 46),
        environment="e" * 21,
        secret="s" * 513,
        reason="r" * 10_000,
    ).row()
    lengths = {name: len(text) for name, text in row.items()}
    assert {name: lengths[name] for name in ("actor", "address", "environment", "secret")} == {
        "actor": 150,
        "address": 45,
        "environment": 20,
        "secret": 512,
    }
    assert lengths["reason"] == 10_000


def test_half_of_a_surrogate_pair_is_spelt_as_json_does() -> None:
    row = NewRecord(phase=Phase.EVENT, action=Action.SAVE, actor=HANA, keys=["\ud800"]).row()
    assert row["keys"] == '["\\ud800"]'


def test_the_details_by_default_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        NO_DETAILS["why"] = "x"
