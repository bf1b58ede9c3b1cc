"""A proposal whose base has moved goes on top of what is current now, where no key overlaps."""

import json

import pytest

from secrets_ui.domain.errors import NotPermitted, OutcomeUnknown, SecretNotEditable
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.decide import approve
from secrets_ui.services.changes.proposals import Proposal, count_to_decide, open_proposals
from secrets_ui.services.changes.put_on_top import put_on_top
from secrets_ui.services.changes.settle import settle_audit
from secrets_ui.services.secrets.opening import open_secret
from testkit.aws_proxy import LOST, AwsProxy
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, on_record, save

pytestmark = pytest.mark.django_db


def moved(staging: Aws, theirs: str, **values: str | None) -> tuple[str, int]:
    """A secret whose base has moved since hana proposed `values`."""
    secret, base = staging.make_secret()
    proposed = save(staging, secret, base, **values)
    staging.put(secret, theirs)
    return secret, proposed.sequence


def of(staging: Aws, secret: str) -> list[Proposal]:
    return [p for p in open_proposals(staging.environment, HANA) if p.secret == secret]


def test_it_becomes_a_new_proposal_of_the_same_keys_and_the_old_one_ends(staging: Aws) -> None:
    secret, old = moved(staging, '{"A": "1", "B": "theirs", "C": "3"}', A="mine", D="4")
    saved = put_on_top(staging.environment, HANA, waiting_proposal(staging.environment, old))

    assert saved.is_proposal
    [proposal] = of(staging, secret)
    assert (proposal.sequence, proposal.stale, proposal.reason) == (
        saved.sequence,
        "",
        "OPS-1: a test",
    )
    assert on_record(secret) == [
        ("secret.propose", "done"),
        ("secret.propose", "done"),
        ("secret.reject", "done"),
    ]
    intent = AuditRecord.objects.get(sequence=saved.sequence)
    assert json.loads(intent.details) == {"replaces": old}
    ended = AuditRecord.objects.get(secret=secret, action="secret.reject", phase="outcome")
    assert (ended.actor, str(saved.sequence) in ended.reason) == ("hana", True)
    reads = AuditRecord.objects.filter(secret=secret, action="value.read", phase="intent")
    assert "to put it on top" in {json.loads(row.details)["why"] for row in reads}
    approve(staging.environment, KENJI, waiting_proposal(staging.environment, saved.sequence))
    assert staging.values(secret) == {"A": "mine", "B": "theirs", "C": "3", "D": "4"}


def test_a_key_that_both_changed_is_named_and_nothing_is_made(staging: Aws) -> None:
    secret, old = moved(staging, '{"A": "theirs", "B": "2"}', A="mine")
    before = staging.labels(secret)
    with pytest.raises(SecretNotEditable, match="has changed A since as well"):
        put_on_top(staging.environment, HANA, waiting_proposal(staging.environment, old))
    assert staging.labels(secret) == before
    [proposal] = of(staging, secret)  # facts of both are known by now
    assert (proposal.moved, proposal.overlaps) == (True, ("A",))


@pytest.mark.parametrize("theirs", ["no object", '["A"]'])
def test_what_has_no_keys_is_made_anew(theirs: str, staging: Aws) -> None:
    _, old = moved(staging, theirs, A="mine")
    with pytest.raises(SecretNotEditable, match="not a JSON object"):
        put_on_top(staging.environment, HANA, waiting_proposal(staging.environment, old))


def test_its_author_alone_may_and_only_once_the_base_has_moved(
    staging: Aws, proxy: AwsProxy
) -> None:
    secret, base = staging.make_secret()
    fresh = save(staging, secret, base, A="mine").sequence
    with pytest.raises(SecretNotEditable, match="waits as it is"):
        put_on_top(staging.environment, HANA, waiting_proposal(staging.environment, fresh))
    proxy.reset()
    with pytest.raises(NotPermitted):
        put_on_top(staging.environment, KENJI, waiting_proposal(staging.environment, fresh))
    assert proxy.calls == []
    assert AuditRecord.objects.filter(action="access.refused", secret=secret).count() == 1


def test_done_again_after_it_was_cut_off_it_makes_no_second_proposal(
    staging: Aws, proxy: AwsProxy
) -> None:
    secret, old = moved(staging, '{"A": "1", "B": "theirs"}', A="mine")
    proxy.reset()
    # The new proposal is made, and the end of the old one is lost.
    proxy.always("label", lambda: LOST, done=False)
    with pytest.raises(OutcomeUnknown):
        put_on_top(staging.environment, HANA, waiting_proposal(staging.environment, old))
    assert len(of(staging, secret)) == 2
    proxy.reset()
    list(settle_audit(0))
    put_on_top(staging.environment, HANA, waiting_proposal(staging.environment, old))
    [proposal] = of(staging, secret)
    assert proposal.stale == ""


def test_what_was_overtaken_is_not_counted_as_waiting(staging: Aws) -> None:
    secret, base = staging.make_secret()
    save(staging, secret, base, A="first")
    second = save(staging, secret, base, B="second").sequence
    assert count_to_decide(staging.environment, KENJI, ()) == 2
    approve(staging.environment, KENJI, waiting_proposal(staging.environment, second))
    assert count_to_decide(staging.environment, KENJI, ()) == 0  # by the audit log

    other, base = staging.make_secret()
    save(staging, other, base, A="first")
    assert count_to_decide(staging.environment, KENJI, ()) == 1
    staging.put(other, "{}")
    open_secret(staging.environment, other, KENJI)  # the console sees the new version
    assert count_to_decide(staging.environment, KENJI, ()) == 0
