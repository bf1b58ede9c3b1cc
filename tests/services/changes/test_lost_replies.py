"""S62: AWS does the work and its answer gets lost, or nothing arrives: one new version at the most,
and the truth on record."""

import json
import time
import uuid

import pytest

from secrets_ui.aws import caller
from secrets_ui.domain import deadline
from secrets_ui.domain.errors import AwsRefused, AwsThrottled, AwsUnreachable, OutcomeUnknown
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.settle import open_intents, settle_audit, sweep_labels
from testkit.aws_proxy import LOST, AwsProxy, refusal
from tests.processes.outside import Aws
from tests.services.saving import intent_hash, on_record, save

pytestmark = pytest.mark.django_db
ATTEMPTS = 3  # aws/session.py


@pytest.mark.parametrize(
    "call", ["DescribeSecret", "GetSecretValue", "PutSecretValue", "swap", "label"]
)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_s62_a_call_whose_first_sending_is_lost_makes_one_version_and_is_done(
    call: str, moment: str, proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    (proxy.before if moment == "before" else proxy.after)(call, lambda: LOST)
    saved = save(dev, secret, base, A="new")

    assert proxy.calls.count(call) >= 2
    assert dev.labels(secret) == {saved.version_id: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}
    assert len(dev.versions(secret)) == 2
    assert on_record(secret) == [("secret.save", "done")]


def test_s62_a_put_that_is_never_answered_is_told_and_nothing_changes(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    proxy.always("PutSecretValue", lambda: LOST, done=True)
    with pytest.raises(AwsUnreachable):
        save(dev, secret, base, A="new")

    assert proxy.calls.count("PutSecretValue") == ATTEMPTS
    assert dev.current(secret) == base
    assert on_record(secret) == [("secret.save", "failed")]
    assert sweep_labels(dev.environment) == [secret]
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}


def test_s62_a_first_version_that_is_live_though_its_put_was_never_answered_is_done(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, _ = dev.make_secret(None)
    proxy.always("PutSecretValue", lambda: LOST, done=True)
    saved = save(dev, secret, "", A="new")

    assert dev.labels(secret) == {saved.version_id: ["AWSCURRENT"]}
    assert on_record(secret) == [("secret.save", "done")]


def test_s62_a_first_version_whose_answer_was_lost_before_throttling_is_done(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, _ = dev.make_secret(None)
    proxy.after("PutSecretValue", lambda: LOST)
    for nth in (2, 3):
        proxy.before("PutSecretValue", lambda: refusal("ThrottlingException"), nth)
    save(dev, secret, "", A="new")

    assert dev.values(secret) == {"A": "new"}
    assert on_record(secret) == [("secret.save", "done")]


def test_s62_a_first_version_that_never_arrived_stays_open_until_it_is_settled(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, _ = dev.make_secret(None)
    proxy.always("PutSecretValue", lambda: LOST, done=False)
    with pytest.raises(OutcomeUnknown):
        save(dev, secret, "", A="new")

    assert on_record(secret) == []
    assert [settled.outcome for settled in settle_audit(0)] == ["not_applied"]


def test_s62_a_move_that_is_never_answered_but_was_made_is_done(proxy: AwsProxy, dev: Aws) -> None:
    secret, base = dev.make_secret()
    proxy.always("swap", lambda: LOST, done=True)
    saved = save(dev, secret, base, A="new")

    assert dev.current(secret) == saved.version_id
    assert on_record(secret) == [("secret.save", "done")]


def test_s62_a_move_that_never_arrived_is_not_known_until_it_is_settled(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    proxy.always("swap", lambda: LOST, done=False)
    with pytest.raises(OutcomeUnknown):
        save(dev, secret, base, A="new")

    assert on_record(secret) == []
    proxy.reset()
    assert [settled.outcome for settled in settle_audit(0)] == ["not_applied"]
    sweep_labels(dev.environment)
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}


def test_s62_a_move_whose_answer_was_lost_while_somebody_built_on_it_is_done_not_a_conflict(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()

    def lose_and_build_on_it() -> object:
        dev.put(secret, json.dumps({**dev.values(secret), "B": "theirs"}))
        return LOST

    proxy.after("swap", lose_and_build_on_it)
    saved = save(dev, secret, base, A="mine")

    assert dev.values(secret) == {"A": "mine", "B": "theirs"}
    assert dev.labels(secret)[saved.version_id] == ["AWSPREVIOUS"]
    assert on_record(secret) == [("secret.save", "done")]


def test_s62_a_move_whose_answer_was_lost_while_others_wrote_twice_is_unknown_not_a_conflict(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()

    def lose_and_write_twice() -> object:
        dev.put(secret, '{"C": "1"}')
        dev.put(secret, '{"C": "2"}')
        return LOST

    proxy.after("swap", lose_and_write_twice)
    with pytest.raises(OutcomeUnknown):
        save(dev, secret, base, A="mine")
    assert [settled.outcome for settled in settle_audit(0)] == ["unknown"]


def test_s63_a_move_that_aws_refused_at_once_is_a_conflict_however_often_others_wrote(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()

    def write_twice() -> None:
        dev.put(secret, '{"C": "1"}')
        dev.put(secret, '{"C": "2"}')

    proxy.before("swap", write_twice)
    with pytest.raises(VersionConflict) as caught:
        save(dev, secret, base, A="mine")

    assert caught.value.current == dev.current(secret)
    assert on_record(secret) == [("secret.save", "conflict")]
    assert "MIYABI" not in str(dev.labels(secret))


def test_s62_when_aws_goes_away_after_the_move_the_outcome_is_unknown_then_settled_as_done(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    proxy.always("swap", lambda: LOST, done=True)
    for nth in range(2, 5):  # the first look is the edit's own
        proxy.before("DescribeSecret", lambda: LOST, nth)
    with pytest.raises(OutcomeUnknown):
        save(dev, secret, base, A="new")

    assert dev.current(secret) == intent_hash(secret)
    proxy.always("DescribeSecret", lambda: LOST, done=False)
    [settled] = settle_audit(0)
    # AWS is still away: nothing is guessed.
    assert (settled.outcome, len(open_intents())) == (None, 1)
    proxy.reset()
    assert [settled.outcome for settled in settle_audit(0)] == ["done"]


def test_s62_a_double_of_a_form_whose_outcome_is_open_waits_no_longer_than_a_save_may_take(
    proxy: AwsProxy, dev: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, base = dev.make_secret()
    once = str(uuid.uuid4())
    proxy.always("swap", lambda: LOST, done=False)
    with pytest.raises(OutcomeUnknown):
        save(dev, secret, base, once=once, A="new")
    monkeypatch.setattr(deadline, "ACT_SECONDS", 0.2)
    with pytest.raises(OutcomeUnknown, match="sent twice"):
        save(dev, secret, base, once=once, A="new")

    assert len(dev.versions(secret)) == 2
    list(settle_audit(0))
    proxy.reset()
    monkeypatch.undo()
    again = save(dev, secret, base, once=once, A="new")  # it had no effect, so it may be sent again
    assert again.version_id == dev.current(secret)


def test_a_save_that_took_too_long_before_the_move_gives_up(
    proxy: AwsProxy, dev: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "ACT_SECONDS", 1)
    secret, base = dev.make_secret()
    proxy.after("PutSecretValue", lambda: time.sleep(1.1))
    with pytest.raises(AwsUnreachable, match="took too long"):
        save(dev, secret, base, A="new")

    assert "swap" not in proxy.calls
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}
    assert on_record(secret) == [("secret.save", "failed")]


def test_s94_a_save_whose_session_ends_before_the_move_while_sts_hangs_gives_up(
    proxy: AwsProxy, dev: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "ACT_SECONDS", 1)
    monkeypatch.setattr(caller, "RENEWED_BEFORE", 10**9)  # each call needs a new session
    secret, base = dev.make_secret()
    proxy.after(
        "PutSecretValue",
        lambda: proxy.before("sts", lambda: time.sleep(1.1), proxy.plan.calls.count("sts") + 1),
    )
    with pytest.raises(AwsUnreachable, match="was not sent"):
        save(dev, secret, base, A="new")

    assert "swap" not in proxy.calls
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}
    assert on_record(secret) == [("secret.save", "failed")]


@pytest.mark.parametrize("call", ["PutSecretValue", "swap"])
def test_throttling_is_retried_then_said_plainly_with_nothing_half_done(
    call: str, proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    proxy.always(call, lambda: refusal("ThrottlingException"), done=False)
    with pytest.raises(AwsThrottled):
        save(dev, secret, base, A="new")

    assert proxy.calls.count(call) == ATTEMPTS
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}
    assert open_intents() == []


@pytest.mark.parametrize(
    "code",
    [
        "InvalidRequestException",
        "LimitExceededException",
        "EncryptionFailure",
        "InvalidParameterException",
    ],
)
def test_a_put_that_aws_refuses_is_on_record_with_its_code(
    code: str, proxy: AwsProxy, dev: Aws
) -> None:
    """A deletion that was scheduled since the edit began, a quota, a disabled key: the local AWS
    has none of them."""
    secret, base = dev.make_secret()
    proxy.always("PutSecretValue", lambda: refusal(code), done=False)
    with pytest.raises(AwsRefused):
        save(dev, secret, base, A="new")

    assert on_record(secret) == [("secret.save", "failed")]
    assert (
        json.loads(
            AuditRecord.objects.get(secret=secret, action="secret.save", phase="outcome").details
        )["code"]
        == code
    )
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}
