"""What saves, decisions and settlements say of themselves: on record, in errors and in the log."""

import json
import logging
from typing import Any

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.errors import AuditUnavailable, NotPermitted, SecretNotEditable, TooMany
from secrets_ui.domain.secrets.secret_value import MASK
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes import save as saving
from secrets_ui.services.changes.decide import approve, reject
from secrets_ui.services.changes.proposals import find_proposal, open_proposals
from secrets_ui.services.changes.review_rows import unknown_row
from secrets_ui.services.changes.settle import Settled, settle_audit
from secrets_ui.services.secrets.opening import open_secret
from testkit.intents import intend
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, save

pytestmark = pytest.mark.django_db


def last() -> AuditRecord:
    return AuditRecord.objects.latest("sequence")


def test_a_proposal_shows_both_values_masked_and_who_asks_for_it(staging: Aws) -> None:
    secret, base = staging.make_secret()
    open_secret(staging.environment, secret, KENJI)  # from here on the base's facts are known
    saved = save(staging, secret, base, A="new", C="3")
    [proposal] = open_proposals(staging.environment, KENJI)

    assert (proposal.sequence, proposal.secret) == (saved.sequence, secret)
    assert (proposal.version_id, proposal.base) == (saved.version_id, base)
    assert (proposal.author, proposal.reason, proposal.stale) == ("hana", "OPS-1: a test", "")
    a, c = proposal.rows
    assert (a.key, c.key, c.before) == ("A", "C", "not there")
    for shown in (a.before, a.after, c.after):
        assert shown.startswith(f"{MASK} ")
    assert a.before != a.after


def test_proposals_are_shown_newest_first_and_only_those_that_one_may_see(staging: Aws) -> None:
    names = []
    for _ in range(3):
        secret, base = staging.make_secret()
        save(staging, secret, base, A="new")
        names.append(secret)
    shown = open_proposals(staging.environment, KENJI, lambda name: name != names[1])
    assert [proposal.secret for proposal in shown] == [names[2], names[0]]


def test_approving_one_s_own_is_refused_and_on_record(staging: Aws) -> None:
    secret, base = staging.make_secret()
    saved = save(staging, secret, base, A="new")
    with pytest.raises(NotPermitted) as caught:
        approve(staging.environment, HANA, waiting_proposal(staging.environment, saved.sequence))
    assert str(caught.value) == "You proposed this change, so somebody else has to approve it."
    row = last()
    assert (row.phase, row.action, row.outcome) == ("event", "access.refused", "refused")
    assert (row.actor, row.environment, row.secret) == ("hana", "staging", secret)
    assert json.loads(row.details) == {"action": "approve one's own proposal"}


def test_a_proposal_that_waits_no_longer_cannot_be_decided_on(staging: Aws) -> None:
    secret, base = staging.make_secret()
    saved = save(staging, secret, base, A="new")
    found = find_proposal(staging.environment, saved.sequence)
    assert found is not None
    assert found.intent == str(saved.sequence)
    reject(staging.environment, KENJI, waiting_proposal(staging.environment, saved.sequence))
    assert find_proposal(staging.environment, saved.sequence) is None
    for decide in (approve, reject):
        with pytest.raises(SecretNotEditable) as caught:
            decide(
                staging.environment, KENJI, waiting_proposal(staging.environment, saved.sequence)
            )
        assert str(caught.value) == (
            "Somebody has decided on this proposal already, or there is none with this number."
        )
    intent = AuditRecord.objects.get(sequence=last().intent)
    assert json.loads(intent.details) == {"proposed_by": "hana"}


def test_a_conflict_is_on_record_with_all_that_the_edit_said(dev: Aws) -> None:
    secret, base = dev.make_secret()
    current = dev.put(secret, "{}")
    with pytest.raises(VersionConflict) as caught:
        save(dev, secret, base, A="mine", B=None)
    assert (caught.value.base, caught.value.current) == (base, current)
    row = last()
    assert (row.phase, row.action, row.outcome) == ("event", "secret.save", "conflict")
    assert (row.actor, row.environment, row.secret) == ("hana", "dev", secret)
    assert (row.base_version_id, row.reason) == (base, "OPS-1: a test")
    assert (json.loads(row.keys), json.loads(row.details)) == (
        ["A", "B"],
        {"why": caught.value.message},
    )


def test_too_many_changes_are_named_so(dev: Aws, settings: Any) -> None:
    settings.WRITES_PER_MINUTE = 0
    secret, base = dev.make_secret()
    with pytest.raises(TooMany) as caught:
        save(dev, secret, base, A="new")
    assert str(caught.value) == (
        "0 changes in the last minute; at most 0 are allowed. Wait a minute."
    )
    row = last()
    assert (row.action, row.environment, row.secret) == ("rate.limited", "dev", secret)


def test_facts_that_cannot_be_kept_are_logged_and_the_save_stands(
    dev: Aws, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*args: object) -> None:
        raise AuditUnavailable("The disk is full.")

    monkeypatch.setattr(saving, "keep_facts", full)
    secret, base = dev.make_secret()
    with caplog.at_level(logging.WARNING, "miyabi.save"):
        saved = save(dev, secret, base, A="new")
    assert dev.current(secret) == saved.version_id
    [logged] = [record for record in caplog.records if record.name == "miyabi.save"]
    told = (logged.getMessage(), vars(logged)["secret"], vars(logged)["why"])
    assert told == ("facts not kept", secret, "The disk is full.")


@pytest.mark.parametrize("action", [Action.READ_VALUE, Action.REVEAL])
def test_a_read_that_was_cut_off_is_settled_without_asking_aws(action: Action) -> None:
    intent = intend(action, HANA, environment="gone", secret="miyabi/gone/x", version_id="v")
    assert list(settle_audit(0)) == [
        Settled(
            intent.sequence, action, "unknown", "the console ended before the answer was recorded"
        )
    ]
    assert last().version_id == "v"


def test_a_secret_that_is_gone_is_named_as_the_reason(dev: Aws) -> None:
    intend(Action.SAVE, HANA, environment="dev", secret="miyabi/dev/never-made")
    [settled] = settle_audit(0)
    assert (settled.sequence, settled.outcome, settled.why) == (
        1,
        "unknown",
        "the secret is gone, and its labels with it",
    )
    assert json.loads(last().details)["why"] == settled.why


def test_a_proposal_on_a_secret_that_changed_since_says_what_to_do(staging: Aws) -> None:
    secret, base = staging.make_secret()
    save(staging, secret, base, A="new")
    staging.put(secret, "{}")
    [proposal] = open_proposals(staging.environment, KENJI)
    assert proposal.stale == "Somebody changed the secret after it was proposed."


def test_a_proposal_on_a_secret_that_is_gone_shows_its_keys_without_values(staging: Aws) -> None:
    secret, base = staging.make_secret()
    save(staging, secret, base, A="new", C="3")
    staging.client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    [proposal] = open_proposals(staging.environment, KENJI)
    assert proposal.rows == (unknown_row("A"), unknown_row("C"))
    assert proposal.stale.startswith("The secret cannot be checked: ")


def test_a_proposal_that_was_cut_off_after_its_version_was_made_is_done(staging: Aws) -> None:
    secret, base = staging.make_secret()
    about = {"environment": "staging", "secret": secret, "base_version_id": base}
    intent = intend(Action.PROPOSE, HANA, **about)
    staging.client.put_secret_value(
        SecretId=secret,
        SecretString="{}",
        ClientRequestToken=intent.hash,
        VersionStages=["MIYABI-PROPOSAL-x"],
    )
    [settled] = settle_audit(0)
    assert (settled.outcome, settled.why) == ("done", "the proposed version is there")
    assert last().version_id == intent.hash
