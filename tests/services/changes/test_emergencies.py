"""Emergencies: current without a second person, on record, until one has looked at it."""

from dataclasses import replace

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.errors import InvalidChange, NotPermitted, SecretNotEditable, TooMany
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.audit.who_changed import authors_of
from secrets_ui.services.changes.decide import approve
from secrets_ui.services.changes.emergencies import (
    Emergency,
    count_to_look_at,
    find_emergency,
    look_at,
    make_current_in_emergency,
    open_emergencies,
)
from secrets_ui.services.changes.recent import recent_changes
from secrets_ui.services.changes.settle import settle_audit
from secrets_ui.services.configuration import environments
from secrets_ui.services.status_pass.judge import judge
from secrets_ui.services.status_pass.run import watch_environment
from testkit.aws_proxy import AwsProxy
from testkit.intents import intend
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, on_record, save

pytestmark = pytest.mark.django_db
REASON = "OPS-9: payments are down, nobody else is awake"
YUKI = Actor("yuki", "192.0.2.9")


def propose(staging: Aws) -> tuple[str, str, int]:
    secret, base = staging.make_secret()
    return secret, base, save(staging, secret, base, A="new").sequence


def begin(staging: Aws, actor: Actor = HANA) -> tuple[str, Emergency]:
    """A secret with an emergency change of hana's proposal."""
    secret, _, sequence = propose(staging)
    make_current_in_emergency(
        staging.environment, actor, waiting_proposal(staging.environment, sequence), REASON
    )
    [emergency] = open_emergencies(staging.environment, secret)
    return secret, emergency


def test_an_author_makes_a_proposal_current_alone_and_it_is_on_record_as_such(staging: Aws) -> None:
    secret, emergency = begin(staging)
    assert staging.values(secret) == {"A": "new", "B": "2"}
    labels = staging.labels(secret)
    assert labels == {emergency.version_id: ["AWSCURRENT"], emergency.base: ["AWSPREVIOUS"]}
    assert on_record(secret) == [("secret.propose", "done"), ("secret.emergency", "done")]
    assert (emergency.by, emergency.proposed_by, emergency.keys) == ("hana", "hana", ("A",))
    records = AuditRecord.objects.filter(secret=secret, action="secret.emergency")
    assert {row.reason for row in records} == {REASON}
    author = authors_of([emergency.version_id])[emergency.version_id]
    assert (author.name, author.approved_by) == ("hana", "")
    assert verify_audit()[0] == []
    [latest, *_] = recent_changes(staging.environment, (), lambda name: name == secret).changes
    assert (latest.what, latest.by, latest.reason) == ("Emergency change", "hana", REASON)
    with pytest.raises(SecretNotEditable):
        approve(
            staging.environment, KENJI, waiting_proposal(staging.environment, emergency.sequence)
        )


@pytest.mark.parametrize(
    ("rules", "reason", "expected"),
    [
        (Rules(second_person=True), REASON, NotPermitted),
        (Rules(second_person=True, emergency=True), "OPS-9: it burns    ", InvalidChange),
        (Rules(second_person=True, emergency=True), "", InvalidChange),
    ],
)
def test_without_the_rule_or_a_reason_that_says_something_aws_is_not_asked(
    rules: Rules, reason: str, expected: type[Exception], proxy: AwsProxy, staging: Aws
) -> None:
    _, _, sequence = propose(staging)
    proxy.reset()
    environment = replace(staging.environment, rules=rules)
    with pytest.raises(expected):
        make_current_in_emergency(
            environment, HANA, waiting_proposal(environment, sequence), reason
        )
    assert proxy.calls == []
    assert open_emergencies(environment) == []


def test_an_emergency_drops_nobody_s_change(staging: Aws) -> None:
    secret, _, sequence = propose(staging)
    theirs = staging.put(secret, '{"A": "theirs"}')
    with pytest.raises(VersionConflict):
        make_current_in_emergency(
            staging.environment, HANA, waiting_proposal(staging.environment, sequence), REASON
        )
    assert staging.current(secret) == theirs
    assert open_emergencies(staging.environment, secret) == []
    row = AuditRecord.objects.get(secret=secret, action="secret.emergency")
    assert (row.outcome, row.reason) == ("conflict", REASON)


def test_emergencies_count_as_changes_of_the_minute(staging: Aws, settings: object) -> None:
    settings.WRITES_PER_MINUTE = 1
    secret, base, sequence = propose(staging)
    with pytest.raises(TooMany):
        make_current_in_emergency(
            staging.environment, HANA, waiting_proposal(staging.environment, sequence), REASON
        )
    assert staging.current(secret) == base


def test_a_second_person_looks_at_it_once_and_says_what_they_found(staging: Aws) -> None:
    secret, emergency = begin(staging)
    name = secret.removeprefix(staging.environment.prefix)

    def count(actor: Actor, *reach: str) -> int:
        return count_to_look_at(staging.environment, actor, reach)

    assert (count(KENJI), count(HANA), count(KENJI, name), count(KENJI, "x-")) == (1, 0, 1, 0)
    with pytest.raises(InvalidChange):
        look_at(staging.environment, KENJI, emergency, " ")
    look_at(staging.environment, KENJI, emergency, "OPS-9: it was right")
    row = AuditRecord.objects.get(secret=secret, action="emergency.look")
    assert (row.phase, row.outcome, row.actor, row.reason, row.version_id) == (
        "event",
        "done",
        "kenji",
        "OPS-9: it was right",
        emergency.version_id,
    )
    assert (count(KENJI), open_emergencies(staging.environment, secret)) == (0, [])
    assert find_emergency(staging.environment, emergency.sequence) is None
    with pytest.raises(SecretNotEditable):
        look_at(staging.environment, YUKI, emergency, "OPS-9: so do I")
    assert AuditRecord.objects.filter(secret=secret, action="emergency.look").count() == 1


def test_s47_neither_who_made_it_nor_who_proposed_it_is_the_second_person(staging: Aws) -> None:
    _, emergency = begin(staging, actor=YUKI)
    assert (emergency.by, emergency.proposed_by) == ("yuki", "hana")
    for actor in (YUKI, HANA):
        with pytest.raises(NotPermitted):
            look_at(staging.environment, actor, emergency, "OPS-9: fine")
    refused = AuditRecord.objects.filter(action="access.refused", secret=emergency.secret)
    assert refused.count() == 2
    assert find_emergency(staging.environment, emergency.sequence) == emergency


def test_an_emergency_that_was_cut_off_is_settled_by_awscurrent_and_waits_for_a_look(
    staging: Aws,
) -> None:
    secret, base, _ = propose(staging)
    [version] = [v for v in staging.labels(secret) if v != base]
    intend(
        Action.EMERGENCY,
        HANA,
        environment=staging.environment.name,
        secret=secret,
        version_id=version,
        base_version_id=base,
        keys=["A"],
        reason=REASON,
    )
    staging.client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=version,
        RemoveFromVersionId=base,
    )
    [settled] = settle_audit(0)
    assert (settled.action, settled.outcome) == ("secret.emergency", "done")
    [emergency] = open_emergencies(staging.environment, secret)
    assert (emergency.by, emergency.proposed_by, emergency.reason) == ("hana", "hana", REASON)


def test_the_environment_fails_until_somebody_has_looked(staging: Aws) -> None:
    _, emergency = begin(staging)

    def finding() -> tuple[str, str]:
        judged = judge(watch_environment(environments()["staging"]), {})
        around = next(row.findings for row in judged.rows if not row.secret)
        found = next(f for f in around if f.check == "emergencies_are_looked_at")
        return found.status, found.about

    assert finding() == ("fail", str(emergency.sequence))
    look_at(staging.environment, KENJI, emergency, "OPS-9: it was right")
    assert finding() == ("pass", "")
