"""Settling: an intent without an outcome ends with what AWS, or the record itself, proves;
otherwise with "unknown", never with a guess."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.audit.chain import version_id_of
from secrets_ui.domain.errors import OutcomeUnknown
from secrets_ui.domain.people.actor import CONSOLE
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from secrets_ui.services.audit import records as audit_log
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.changes.settle import Settled, open_intents, settle_audit, sweep_labels
from testkit.aws_proxy import LOST, AwsProxy
from testkit.intents import intend
from tests.processes.outside import Aws
from tests.services.saving import HANA, intent_hash, on_record, save

pytestmark = pytest.mark.django_db
Left = Callable[..., tuple[str, str, str]]


@pytest.fixture
def left_open(proxy: AwsProxy, dev: Aws) -> Left:
    """A save whose outcome nobody knows: AWS went away at the move, which it made or did not. The
    secret, its base, the new version."""

    def leave(*, moved: bool) -> tuple[str, str, str]:
        secret, base = dev.make_secret()

        def go_away() -> object:
            proxy.always("DescribeSecret", lambda: LOST, done=False)
            return LOST

        (proxy.after if moved else proxy.before)("swap", go_away)
        for nth in (2, 3):
            proxy.before("swap", lambda: LOST, nth)
        with pytest.raises(OutcomeUnknown):
            save(dev, secret, base, A="mine")
        proxy.reset()
        return secret, base, intent_hash(secret)

    return leave


def settled() -> Settled:
    [only] = settle_audit(0)
    return only


@pytest.mark.parametrize(("moved", "outcome"), [(True, "done"), (False, "not_applied")])
def test_s61_at_once_the_labels_tell(moved: bool, outcome: str, left_open: Left, dev: Aws) -> None:
    secret, _, version = left_open(moved=moved)
    assert settled().outcome == outcome
    assert on_record(secret) == [("secret.save", outcome)]
    assert (dev.current(secret) == version) is moved
    row = AuditRecord.objects.get(secret=secret, action="secret.save", phase="outcome")
    assert (row.actor, row.reason, json.loads(row.keys)) == ("hana", "OPS-1: a test", ["A"])
    assert row.version_id == (version if moved else "")
    assert json.loads(row.details)["settled_by"] == CONSOLE.name
    assert verify_audit()[0] == []


@pytest.mark.parametrize(("moved", "outcome"), [(True, "done"), (False, "not_applied")])
def test_s61_after_one_more_version_from_outside_the_labels_still_tell(
    moved: bool, outcome: str, left_open: Left, dev: Aws
) -> None:
    secret, _, _ = left_open(moved=moved)
    dev.put(secret, "{}")
    assert settled().outcome == outcome


@pytest.mark.parametrize("moved", [True, False])
def test_s61_after_two_more_versions_from_outside_nobody_can_tell(
    moved: bool, left_open: Left, dev: Aws
) -> None:
    secret, _, _ = left_open(moved=moved)
    dev.put(secret, "{}")
    dev.put(secret, '{"A": "x"}')
    result = settled()

    assert result.outcome == "unknown"
    assert "no longer tell" in result.why
    assert open_intents() == []


def test_s61_an_edit_that_started_from_the_version_proves_that_it_was_current(
    left_open: Left, dev: Aws
) -> None:
    secret, _, version = left_open(moved=True)
    save(dev, secret, version, B="later")
    dev.put(secret, "{}")
    dev.put(secret, '{"A": "x"}')
    assert settled().outcome == "done"


def test_s61_another_swap_from_the_same_base_proves_that_it_never_was(
    left_open: Left, dev: Aws
) -> None:
    secret, base, _ = left_open(moved=False)
    save(dev, secret, base, B="later")
    dev.put(secret, "{}")
    dev.put(secret, '{"A": "x"}')
    assert settled().outcome == "not_applied"


def test_s61_a_version_that_was_never_made_is_not_applied(proxy: AwsProxy, dev: Aws) -> None:
    secret, base = dev.make_secret()
    intend(Action.SAVE, HANA, environment="dev", secret=secret, base_version_id=base)
    result = settled()
    assert (result.outcome, result.why) == ("not_applied", "AWS has no such version")


@pytest.fixture
def minutes_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """From now on records say that they were written so many minutes ago."""

    def set_back(minutes: int) -> None:
        then = datetime.now(UTC) - timedelta(minutes=minutes)
        monkeypatch.setattr(
            "secrets_ui.services.audit.writing.now", lambda: f"{then:%Y-%m-%dT%H:%M:%S.%f}Z"
        )

    return set_back


def test_s94_a_swap_that_lies_about_is_not_judged_before_it_arrives(
    minutes_ago: Callable[[int], None], dev: Aws
) -> None:
    secret, base = dev.make_secret()
    minutes_ago(15)
    on_its_way = intend(
        Action.SAVE, HANA, environment="dev", secret=secret, base_version_id=base
    ).hash
    [waiting] = settle_audit()
    assert (waiting.outcome, waiting.is_waiting) == (None, True)
    assert waiting.why == "what was sent in time may still reach AWS"
    assert on_record(secret) == []

    dev.client.put_secret_value(SecretId=secret, SecretString="{}", ClientRequestToken=on_its_way)
    assert [settled.outcome for settled in settle_audit()] == ["done"]


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Action.SAVE, "not_applied"),
        (Action.PROPOSE, "not_applied"),
        (Action.READ_VALUE, "unknown"),
        (Action.REVEAL, "unknown"),
    ],
)
def test_s94_what_is_absent_is_judged_once_aws_would_refuse_it(
    action: Action, outcome: str, minutes_ago: Callable[[int], None], proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    proxy.amend("DescribeSecret", CreatedDate=0)
    minutes_ago(16)
    intend(action, HANA, environment="dev", secret=secret, base_version_id=base)
    minutes_ago(17)
    intend(action, HANA, environment="dev", secret=secret, base_version_id=base)
    assert [(told.outcome, told.is_waiting) for told in settle_audit()] == [
        (None, True),
        (outcome, False),
    ]


def test_s61_a_version_beyond_the_first_page_is_found(proxy: AwsProxy, dev: Aws) -> None:
    """AWS hands out a hundred versions at a time, in no promised order."""
    secret, base = dev.make_secret()
    intent = intend(Action.PROPOSE, HANA, environment="dev", secret=secret, base_version_id=base)
    proxy.amend("ListSecretVersionIds", NextToken="more", Versions=[{"VersionId": "0" * 32}])
    proxy.after(
        "ListSecretVersionIds",
        lambda: proxy.amend(
            "ListSecretVersionIds", NextToken="", Versions=[{"VersionId": intent.hash}]
        ),
        2,
    )
    assert settled().outcome == "done"


def test_s61_a_secret_that_is_gone_leaves_it_unknown(left_open: Left, dev: Aws) -> None:
    secret, _, _ = left_open(moved=True)
    dev.client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    assert settled().outcome == "unknown"


def test_s61_a_secret_that_was_made_again_leaves_it_unknown(
    proxy: AwsProxy, left_open: Left, dev: Aws
) -> None:
    secret, _, _ = left_open(moved=True)
    dev.client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    dev.client.create_secret(Name=secret, SecretString="{}")
    # The local AWS keeps whole seconds.
    proxy.amend(
        "DescribeSecret", CreatedDate=(datetime.now(UTC) + timedelta(seconds=2)).timestamp()
    )
    result = settled()
    assert (result.outcome, result.why) == (
        "unknown",
        "the secret was deleted and made again since",
    )


@pytest.mark.parametrize(("then", "now"), [("hash", "uuid"), ("uuid", "hash")])
def test_s61_a_setting_that_changed_meanwhile_does_not_hide_the_version(
    then: str, now: str, left_open: Left, settings: object, dev: Aws
) -> None:
    settings.VERSION_ID_FORMAT = then
    secret, base, digest = left_open(moved=True)
    settings.VERSION_ID_FORMAT = now

    assert settled().outcome == "done"
    assert sweep_labels(dev.environment) == [secret]
    assert dev.labels(secret) == {
        version_id_of(digest, then): ["AWSCURRENT"],
        base: ["AWSPREVIOUS"],
    }


def test_s61_a_read_that_was_not_answered_for_is_unknown(dev: Aws) -> None:
    intend(Action.READ_VALUE, HANA, environment="dev", secret="miyabi/dev/x")
    assert settled().outcome == "unknown"


def test_an_intent_stays_open_while_aws_is_away(proxy: AwsProxy, left_open: Left) -> None:
    left_open(moved=True)
    proxy.always("DescribeSecret", lambda: LOST, done=False)
    assert settled().outcome is None
    assert len(open_intents()) == 1


def test_an_intent_of_an_environment_that_was_taken_out_stays_open(dev: Aws) -> None:
    intend(Action.SAVE, HANA, environment="gone", secret="miyabi/gone/x")
    assert settled() == Settled(1, "secret.save", None, "There is no environment called gone.")


def test_a_young_intent_may_belong_to_a_live_request_and_is_left_alone(left_open: Left) -> None:
    left_open(moved=True)
    assert list(settle_audit()) == []
    assert len(open_intents()) == 1


def test_an_intent_that_was_ended_meanwhile_is_not_ended_again(left_open: Left) -> None:
    """Two consoles start at once, and both settle."""
    secret, _, _ = left_open(moved=True)
    one, other = settle_audit(0), settle_audit(0)
    intents = open_intents()

    assert next(one).outcome == "done"
    assert list(other) == []
    with pytest.raises(audit.AlreadyEnded):
        audit.settle(intents[0], Outcome.UNKNOWN, "", "too late", by=CONSOLE)
    assert on_record(secret) == [("secret.save", "done")]


def test_a_request_that_outlived_its_settlement_has_the_last_word() -> None:
    """A machine was suspended for minutes between two calls: what it did counts, not what AWS could
    tell before."""
    intent = intend(Action.SAVE, HANA, environment="dev", secret="miyabi/dev/x")
    [left] = open_intents()
    audit.settle(left, Outcome.NOT_APPLIED, "", "AWS has no such version", by=CONSOLE)
    intent.done(version_id=intent.hash)

    [entry] = audit_log.search({}, ["dev"]).entries
    assert entry.outcome == "done"
    assert audit.outcome_of(intent.sequence).outcome == "done"


def test_a_label_of_a_save_under_way_is_not_swept(left_open: Left, dev: Aws) -> None:
    secret, _, version = left_open(moved=False)
    assert sweep_labels(dev.environment) == []
    assert dev.labels(secret)[version] == [f"MIYABI-EDIT-{version[:12]}"]


def test_a_label_that_somebody_else_made_is_not_swept(dev: Aws) -> None:
    secret, base = dev.make_secret()
    dev.client.update_secret_version_stage(
        SecretId=secret, VersionStage="MIYABI-EDIT-000000000000", MoveToVersionId=base
    )
    assert sweep_labels(dev.environment) == []
