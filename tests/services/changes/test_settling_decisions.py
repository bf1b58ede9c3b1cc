"""Settling a decision that was cut off: an approval by AWSCURRENT, a rejection by its label."""

import json

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.decide import reject
from secrets_ui.services.changes.proposals import open_proposals
from secrets_ui.services.changes.settle import Settled, settle_audit, sweep_labels
from testkit.intents import intend
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, on_record, save

pytestmark = pytest.mark.django_db


def cut_off(aws: Aws, action: Action) -> tuple[str, str, str, str]:
    """A decision on a proposal, of which AWS was not asked yet: secret, base, version, label."""
    secret, base = aws.make_secret()
    version = save(aws, secret, base, A="new").version_id
    intend(
        action,
        KENJI,
        environment=aws.environment.name,
        secret=secret,
        version_id=version,
        base_version_id=base,
        keys=["A"],
    )
    return secret, base, version, f"MIYABI-PROPOSAL-{version[:12]}"


def settled() -> Settled:
    [only] = settle_audit(0)
    return only


def take_off(aws: Aws, secret: str, label: str, version: str) -> None:
    aws.client.update_secret_version_stage(
        SecretId=secret, VersionStage=label, RemoveFromVersionId=version
    )


def test_a_rejection_whose_label_is_still_on_was_not_carried_out(staging: Aws) -> None:
    secret, _, version, label = cut_off(staging, Action.REJECT)
    told = settled()
    assert (told.action, told.outcome, told.why) == (
        "secret.reject",
        "not_applied",
        "its label is still on",
    )
    assert staging.labels(secret)[version] == [label]
    assert sweep_labels(staging.environment) == []
    assert [p.secret for p in open_proposals(staging.environment, KENJI)] == [secret]


def test_a_rejection_whose_label_is_off_is_done(staging: Aws) -> None:
    secret, _, version, label = cut_off(staging, Action.REJECT)
    take_off(staging, secret, label, version)
    told = settled()
    assert (told.outcome, told.why) == ("done", "its label is off")
    row = AuditRecord.objects.get(action="secret.reject", phase="outcome")
    assert (row.actor, row.version_id, json.loads(row.keys)) == ("kenji", version, ["A"])
    assert open_proposals(staging.environment, KENJI) == []


def test_a_rejection_is_not_judged_by_another_proposal_s_label(staging: Aws) -> None:
    secret, base, version, label = cut_off(staging, Action.REJECT)
    save(staging, secret, base, A="newer")
    take_off(staging, secret, label, version)
    assert settled().outcome == "done"


def test_a_rejection_is_not_judged_by_a_label_that_is_none_of_a_proposal(staging: Aws) -> None:
    secret, _, version, label = cut_off(staging, Action.REJECT)
    staging.client.update_secret_version_stage(
        SecretId=secret, VersionStage="SOMEBODY-ELSE", MoveToVersionId=version
    )
    take_off(staging, secret, label, version)
    assert settled().outcome == "done"


def test_an_approval_is_settled_by_awscurrent(staging: Aws) -> None:
    secret, base, version, _ = cut_off(staging, Action.APPROVE)
    told = settled()
    assert (told.outcome, told.why) == ("not_applied", "the version was made, but never current")
    assert on_record(secret) == [("secret.propose", "done"), ("secret.approve", "not_applied")]

    secret, base, version, _ = cut_off(staging, Action.APPROVE)
    staging.client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=version,
        RemoveFromVersionId=base,
    )
    told = settled()
    assert (told.outcome, told.why) == ("done", "the version was made current")
    row = AuditRecord.objects.get(secret=secret, action="secret.approve", phase="outcome")
    assert (row.version_id, row.base_version_id) == (version, base)


def test_a_proposal_s_label_is_swept_once_it_was_decided_on(staging: Aws) -> None:
    secret, base = staging.make_secret()
    kept = save(staging, secret, base, A="kept").version_id
    dropped = save(staging, secret, base, A="dropped")
    reject(staging.environment, HANA, waiting_proposal(staging.environment, dropped.sequence))
    label = f"MIYABI-PROPOSAL-{dropped.version_id[:12]}"
    staging.client.update_secret_version_stage(
        SecretId=secret, VersionStage=label, MoveToVersionId=dropped.version_id
    )
    assert sweep_labels(staging.environment) == [secret]
    assert staging.labels(secret) == {base: ["AWSCURRENT"], kept: [f"MIYABI-PROPOSAL-{kept[:12]}"]}
