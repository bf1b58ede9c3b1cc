"""Proposals: made under a label, approved by a second person as a compare-and-swap, or rejected;
decided on once."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Environment, Rules
from secrets_ui.domain.errors import (
    AwsRefused,
    NotPermitted,
    OutcomeUnknown,
    SecretNotEditable,
    TooMany,
)
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.audit.who_changed import authors_of
from secrets_ui.services.changes.decide import approve, end_old_proposals, reject
from secrets_ui.services.changes.proposals import Proposal, count_to_decide, open_proposals
from secrets_ui.services.changes.settle import open_intents, settle_audit, sweep_labels
from testkit.aws_proxy import LOST, AwsProxy, refusal
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, on_record, save

pytestmark = pytest.mark.django_db


def propose(staging: Aws, value: str = "new") -> tuple[str, str, int]:
    """A secret, its base and the number of a change that hana proposed."""
    secret, base = staging.make_secret()
    saved = save(staging, secret, base, A=value)
    assert saved.is_proposal
    return secret, base, saved.sequence


def waiting(staging: Aws, secret: str) -> list[Proposal]:
    return [
        proposal
        for proposal in open_proposals(staging.environment, KENJI)
        if proposal.secret == secret
    ]


def labels_of_ours(staging: Aws, secret: str) -> list[str]:
    return [
        label
        for labels in staging.labels(secret).values()
        for label in labels
        if label.startswith("MIYABI")
    ]


def test_a_proposal_waits_under_a_label_and_changes_nothing(staging: Aws) -> None:
    secret, base, sequence = propose(staging)

    [proposal] = waiting(staging, secret)
    assert (proposal.sequence, proposal.author, proposal.base, proposal.stale) == (
        sequence,
        "hana",
        base,
        "",
    )
    assert [row.key for row in proposal.rows] == ["A"]
    assert "new" not in repr(proposal)
    assert staging.labels(secret) == {
        base: ["AWSCURRENT"],
        proposal.version_id: [f"MIYABI-PROPOSAL-{proposal.version_id[:12]}"],
    }
    assert staging.values(secret) == {"A": "1", "B": "2"}


def test_a_second_person_approves_and_both_are_named(staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    approved = approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))

    assert staging.values(secret) == {"A": "new", "B": "2"}
    assert staging.labels(secret) == {approved.version_id: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}
    assert waiting(staging, secret) == []
    assert on_record(secret) == [("secret.propose", "done"), ("secret.approve", "done")]
    author = authors_of([approved.version_id])[approved.version_id]
    assert (author.name, author.approved_by, author.sequence) == ("hana", "kenji", sequence)
    assert verify_audit()[0] == []


def test_an_approval_takes_off_what_a_rotation_left(staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    staging.client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=base
    )
    approved = approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))

    assert staging.labels(secret) == {approved.version_id: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}
    outcome = AuditRecord.objects.get(secret=secret, phase="outcome", action="secret.approve")
    assert json.loads(outcome.details) == {"label_taken_off": f"AWSPENDING from {base}"}
    intent = AuditRecord.objects.get(secret=secret, phase="intent", action="secret.approve")
    assert json.loads(intent.details) == {
        "proposed_by": "hana",
        "takes_label_off": f"AWSPENDING from {base}",
    }


def test_s47_nobody_approves_their_own_proposal(proxy: AwsProxy, staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    proxy.reset()
    with pytest.raises(NotPermitted):
        approve(staging.environment, HANA, waiting_proposal(staging.environment, sequence))

    assert proxy.calls == []
    assert staging.current(secret) == base
    found = AuditRecord.objects.filter(
        secret=secret, action="access.refused", actor="hana", outcome="refused"
    ).count()
    assert found == 1
    assert len(waiting(staging, secret)) == 1


@pytest.mark.parametrize("who", [HANA, KENJI], ids=["its author", "somebody else"])
def test_a_proposal_is_rejected(who: object, staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    reject(staging.environment, who, waiting_proposal(staging.environment, sequence))

    assert staging.labels(secret) == {base: ["AWSCURRENT"]}
    assert waiting(staging, secret) == []
    assert on_record(secret) == [("secret.propose", "done"), ("secret.reject", "done")]


def decisions(secret: str) -> list[tuple[str, str]]:
    return [entry for entry in on_record(secret) if entry[1] == "done"]


@pytest.mark.parametrize("first", [approve, reject])
@pytest.mark.parametrize("second", [approve, reject])
def test_a_proposal_is_decided_on_once(
    first: Callable[..., object], second: Callable[..., object], staging: Aws
) -> None:
    secret, _, sequence = propose(staging)
    # Whoever decides second may have found it while it still waited.
    found = waiting_proposal(staging.environment, sequence)
    first(staging.environment, KENJI, found)
    current, done = staging.current(secret), decisions(secret)
    with pytest.raises(SecretNotEditable, match="decided on this proposal already"):
        waiting_proposal(staging.environment, sequence)
    with pytest.raises((SecretNotEditable, VersionConflict)):
        second(staging.environment, KENJI, found)
    assert staging.current(secret) == current
    assert decisions(secret) == done


@pytest.mark.parametrize("number", [0, -1, 10**9, 10**30])
def test_a_number_that_is_no_proposal_is_refused(number: int, staging: Aws) -> None:
    with pytest.raises(SecretNotEditable):
        waiting_proposal(staging.environment, number)


def test_a_proposal_of_another_environment_is_not_found(staging: Aws, dev: Aws) -> None:
    _, _, sequence = propose(staging)
    with pytest.raises(SecretNotEditable):
        approve(dev.environment, KENJI, waiting_proposal(dev.environment, sequence))


def test_a_stale_proposal_is_refused_and_on_record_and_can_be_rejected(staging: Aws) -> None:
    secret, _, sequence = propose(staging)
    staging.put(secret, '{"A": "outside"}')

    assert "Somebody changed the secret" in waiting(staging, secret)[0].stale
    with pytest.raises(VersionConflict):
        approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert staging.values(secret) == {"A": "outside"}
    found = AuditRecord.objects.filter(
        secret=secret, action="secret.approve", phase="event", outcome="conflict", actor="kenji"
    ).count()
    assert found == 1
    reject(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert labels_of_ours(staging, secret) == []


def test_of_two_proposals_from_one_base_the_second_goes_stale(staging: Aws) -> None:
    secret, base, first = propose(staging)
    second = save(staging, secret, base, B="other").sequence
    approve(staging.environment, KENJI, waiting_proposal(staging.environment, first))
    with pytest.raises(VersionConflict):
        approve(staging.environment, KENJI, waiting_proposal(staging.environment, second))
    assert staging.values(secret) == {"A": "new", "B": "2"}


def test_a_version_made_between_the_look_and_the_approval_is_not_overwritten(
    proxy: AwsProxy, staging: Aws
) -> None:
    secret, _, sequence = propose(staging)
    made: list[str] = []
    proxy.before("swap", lambda: made.append(staging.put(secret, '{"A": "outside"}')))
    with pytest.raises(VersionConflict):
        approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert staging.values(secret) == {"A": "outside"}
    assert on_record(secret)[-1] == ("secret.approve", "conflict")


def test_a_proposal_whose_label_somebody_took_off_is_not_approved_but_can_be_rejected(
    staging: Aws,
) -> None:
    secret, base, sequence = propose(staging)
    [proposal] = waiting(staging, secret)
    label = f"MIYABI-PROPOSAL-{proposal.version_id[:12]}"
    staging.client.update_secret_version_stage(
        SecretId=secret, VersionStage=label, RemoveFromVersionId=proposal.version_id
    )

    with pytest.raises(SecretNotEditable, match="no longer carries"):
        approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert staging.current(secret) == base
    reject(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert waiting(staging, secret) == []


def test_a_proposal_on_a_secret_that_is_gone_can_be_rejected(staging: Aws) -> None:
    secret, _, sequence = propose(staging)
    staging.client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)

    assert "cannot be checked" in waiting(staging, secret)[0].stale
    reject(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert waiting(staging, secret) == []


def test_a_secret_full_of_labels_can_still_be_approved(staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    for number in range(17):
        staging.client.update_secret_version_stage(
            SecretId=secret, VersionStage=f"PIN-{number}", MoveToVersionId=base
        )
    approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert staging.values(secret)["A"] == "new"


def test_a_secret_scheduled_for_deletion_is_not_approved(proxy: AwsProxy, staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    proxy.amend("DescribeSecret", DeletedDate=1_800_000_000.0)
    with pytest.raises(SecretNotEditable, match="scheduled for deletion"):
        approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    assert staging.current(secret) == base


def test_s69_approvals_count_as_changes(staging: Aws, settings: object) -> None:
    _, _, sequence = propose(staging)
    settings.WRITES_PER_MINUTE = 0
    with pytest.raises(TooMany):
        approve(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))


def test_a_secret_s_first_version_needs_no_second_person_since_aws_makes_it_current(
    staging: Aws,
) -> None:
    secret, _ = staging.make_secret(None)
    assert not save(staging, secret, "", A="first").is_proposal
    assert staging.values(secret) == {"A": "first"}


@pytest.mark.parametrize(("decide", "call"), [(approve, "swap"), (reject, "label")])
def test_a_decision_that_aws_carried_out_without_an_answer_is_done(
    decide: Callable[..., object], call: str, proxy: AwsProxy, staging: Aws
) -> None:
    secret, _, sequence = propose(staging)
    proxy.always(call, lambda: LOST, done=True)
    decide(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))

    assert on_record(secret)[-1] == (f"secret.{decide.__name__}", "done")
    assert waiting(staging, secret) == []


@pytest.mark.parametrize(("decide", "call"), [(approve, "swap"), (reject, "label")])
def test_a_decision_whose_fate_is_unknown_is_settled_later(
    decide: Callable[..., object], call: str, proxy: AwsProxy, staging: Aws
) -> None:
    secret, _, sequence = propose(staging)

    proxy.lose(call, done=True)
    with pytest.raises(OutcomeUnknown):
        decide(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))
    with pytest.raises(SecretNotEditable, match="being carried out"):
        reject(staging.environment, HANA, waiting_proposal(staging.environment, sequence))
    proxy.reset()
    assert [settled.outcome for settled in settle_audit(0)] == ["done"]
    sweep_labels(staging.environment)
    assert labels_of_ours(staging, secret) == []
    assert open_intents() == []


def test_the_label_of_a_proposal_that_failed_is_swept_and_one_that_waits_is_not(
    proxy: AwsProxy, staging: Aws
) -> None:
    waiting_secret, _, _ = propose(staging)
    secret, base = staging.make_secret()
    proxy.reset()
    # A proxy that takes the request, and answers in AWS's place.
    proxy.always("PutSecretValue", lambda: refusal("LimitExceededException"), done=True)
    with pytest.raises(AwsRefused):
        save(staging, secret, base, A="new")
    assert on_record(secret) == [("secret.propose", "failed")]

    assert sweep_labels(staging.environment) == [secret]
    assert labels_of_ours(staging, secret) == []
    assert len(labels_of_ours(staging, waiting_secret)) == 1


def test_s62_a_proposal_whose_answer_was_lost_is_made(proxy: AwsProxy, staging: Aws) -> None:
    secret, base = staging.make_secret()
    proxy.always("PutSecretValue", lambda: LOST, done=True)
    saved = save(staging, secret, base, A="new")

    assert (saved.is_proposal, on_record(secret)) == (True, [("secret.propose", "done")])
    assert len(labels_of_ours(staging, secret)) == 1


def test_s62_a_proposal_that_never_arrived_is_not_known_until_it_is_settled(
    proxy: AwsProxy, staging: Aws
) -> None:
    secret, base = staging.make_secret()
    proxy.always("PutSecretValue", lambda: LOST, done=False)
    with pytest.raises(OutcomeUnknown):
        save(staging, secret, base, A="new")

    assert on_record(secret) == []
    assert [settled.outcome for settled in settle_audit(0)] == ["not_applied"]


def test_s62_a_rejection_that_never_arrived_is_not_known_until_it_is_settled(
    proxy: AwsProxy, staging: Aws
) -> None:
    secret, _, sequence = propose(staging)
    proxy.always("label", lambda: LOST, done=False)
    with pytest.raises(OutcomeUnknown):
        reject(staging.environment, KENJI, waiting_proposal(staging.environment, sequence))

    assert ("secret.reject", "failed") not in on_record(secret)
    assert [settled.outcome for settled in settle_audit(0)] == ["not_applied"]


def test_more_proposals_than_a_page_shows_can_all_be_decided_on(staging: Aws) -> None:
    _, _, oldest = propose(staging)
    row = AuditRecord.objects.get(intent=str(oldest))
    fill_up(row, 60)

    assert oldest not in [
        proposal.sequence for proposal in open_proposals(staging.environment, KENJI)
    ]
    approve(staging.environment, KENJI, waiting_proposal(staging.environment, oldest))


def impatient(staging: Aws) -> Environment:
    """The environment, where every proposal has waited too long."""
    return replace(staging.environment, rules=Rules(second_person=True, proposal_days=0))


def test_a_proposal_that_waited_too_long_is_not_approved_and_says_so(staging: Aws) -> None:
    secret, base, sequence = propose(staging)
    why = "It has waited for longer than 0 days, the most in staging. Propose it again."
    shown = {p.sequence: p.stale for p in open_proposals(impatient(staging), KENJI)}
    assert shown[sequence] == why
    assert count_to_decide(impatient(staging), KENJI, ()) == 0
    with pytest.raises(SecretNotEditable) as caught:
        approve(impatient(staging), KENJI, waiting_proposal(impatient(staging), sequence))
    assert caught.value.message == why
    assert staging.current(secret) == base


def test_a_proposal_that_waited_too_long_is_ended_on_record_and_a_younger_one_waits(
    staging: Aws,
) -> None:
    secret, base, _ = propose(staging)
    assert end_old_proposals(staging.environment) == []
    assert len(waiting(staging, secret)) == 1

    assert secret in end_old_proposals(impatient(staging))
    assert staging.labels(secret) == {base: ["AWSCURRENT"]}
    assert waiting(staging, secret) == []
    record = AuditRecord.objects.get(secret=secret, action="secret.reject", phase="outcome")
    assert (record.outcome, record.actor, record.reason) == (
        "done",
        "console",
        "Nobody decided on it for 0 days.",
    )
    assert end_old_proposals(impatient(staging)) == []


def test_an_old_proposal_that_aws_keeps_is_left_for_the_next_time(
    proxy: AwsProxy, staging: Aws
) -> None:
    secret, _, _ = propose(staging)
    proxy.amend("DescribeSecret", DeletedDate=1_800_000_000.0)
    assert end_old_proposals(impatient(staging)) == []
    assert on_record(secret) == [("secret.propose", "done")]  # nothing was tried
    proxy.reset()
    proxy.always("label", lambda: refusal("AccessDeniedException"), done=False)
    assert end_old_proposals(impatient(staging)) == []
    proxy.reset()
    assert end_old_proposals(impatient(staging)) == [secret]


def test_only_others_proposals_that_one_may_decide_on_are_counted(staging: Aws) -> None:
    secret, _, _ = propose(staging)
    name = secret.removeprefix(staging.environment.prefix)

    def count(actor: Actor, *reach: str) -> int:
        return count_to_decide(staging.environment, actor, reach)

    assert (count(KENJI), count(HANA)) == (1, 0)
    assert (count(KENJI, name), count(KENJI, name[:-1]), count(KENJI, "x-")) == (1, 0, 0)


def fill_up(row: AuditRecord, count: int) -> None:
    """Newer proposals of the same kind, straight into the log."""
    for number in range(count):
        where = {
            "environment": row.environment,
            "secret": row.secret,
            "base_version_id": row.base_version_id,
            "version_id": f"{number:064}",
        }
        with audit.act(Action.PROPOSE, HANA, **where) as act:
            act.done()
