"""A version is pinned under a name, on record; a pin moves or comes off as somebody says."""

import json
from collections.abc import Callable

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.errors import (
    AwsError,
    InvalidChange,
    NothingChanged,
    OutcomeUnknown,
    SecretNotEditable,
)
from secrets_ui.domain.secrets.pins import PinTaken
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.pins import Pin, pin, unpin
from secrets_ui.services.changes.settle import settle_audit
from testkit.aws_proxy import LOST, AwsProxy
from testkit.intents import intend
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, on_record

pytestmark = pytest.mark.django_db
LABEL = "MIYABI-PIN-good"
ATTEMPTS = 3  # aws/session.py


def two_versions(aws: Aws) -> tuple[str, str, str]:
    """A secret, its earlier version and its current one."""
    secret, earlier = aws.make_secret()
    return secret, earlier, aws.put(secret, '{"A": "2"}')


def test_a_pin_keeps_the_version_under_a_label_and_comes_off_again(dev: Aws) -> None:
    secret, earlier, current = two_versions(dev)
    pin(dev.environment, HANA, Pin(secret, earlier, "good", "OPS-1"))
    assert dev.labels(secret) == {current: ["AWSCURRENT"], earlier: ["AWSPREVIOUS", LABEL]}
    unpin(dev.environment, KENJI, Pin(secret, earlier, "good"))
    assert dev.labels(secret) == {current: ["AWSCURRENT"], earlier: ["AWSPREVIOUS"]}
    assert on_record(secret) == [("version.pin", "done"), ("version.unpin", "done")]
    intent = AuditRecord.objects.get(action="version.pin", phase="intent")
    assert (intent.actor, intent.version_id, intent.reason) == ("hana", earlier, "OPS-1")
    assert json.loads(intent.details) == {"label": LABEL, "from": ""}


def test_a_name_that_is_taken_moves_only_from_the_version_that_somebody_named(dev: Aws) -> None:
    secret, earlier, current = two_versions(dev)
    pin(dev.environment, HANA, Pin(secret, earlier, "good"))
    for named in ("", "x" * 32):
        with pytest.raises(PinTaken) as taken:
            pin(dev.environment, KENJI, Pin(secret, current, "good", moves_from=named))
        assert taken.value.version == earlier
    pin(dev.environment, KENJI, Pin(secret, current, "good", moves_from=earlier))
    assert dev.labels(secret) == {current: ["AWSCURRENT", LABEL], earlier: ["AWSPREVIOUS"]}
    assert [outcome for _, outcome in on_record(secret)] == ["done", "done"]
    assert AuditRecord.objects.filter(secret=secret, outcome="refused").count() == 2


def test_what_is_so_already_is_no_change_and_not_on_record(dev: Aws) -> None:
    secret, earlier, current = two_versions(dev)
    with pytest.raises(NothingChanged):
        unpin(dev.environment, HANA, Pin(secret, earlier, "good"))
    pin(dev.environment, HANA, Pin(secret, earlier, "good"))
    with pytest.raises(NothingChanged):
        pin(dev.environment, HANA, Pin(secret, earlier, "good"))
    with pytest.raises(NothingChanged):
        unpin(dev.environment, HANA, Pin(secret, current, "good"))
    assert on_record(secret) == [("version.pin", "done")]


def test_prod_asks_for_a_reason_and_the_secret_s_name(prod: Aws) -> None:
    secret, version = prod.make_secret()
    for wanted, key in (
        (Pin(secret, version, "good", " "), "reason"),
        (Pin(secret, version, "good", "OPS-1"), "typed_name"),
    ):
        for act in (pin, unpin):
            with pytest.raises(InvalidChange) as refused:
                act(prod.environment, HANA, wanted)
            assert refused.value.key == key
    pin(prod.environment, HANA, Pin(secret, version, "good", "OPS-1", typed_name=secret))


def test_a_secret_that_is_full_of_labels_takes_no_pin(dev: Aws) -> None:
    secret, version = dev.make_secret()
    for number in range(17):
        dev.client.update_secret_version_stage(
            SecretId=secret, VersionStage=f"LABEL-{number}", MoveToVersionId=version
        )
    with pytest.raises(SecretNotEditable, match="18 staging labels"):
        pin(dev.environment, HANA, Pin(secret, version, "good"))


def test_a_version_that_aws_does_not_have_takes_none(dev: Aws) -> None:
    secret, _ = dev.make_secret()
    with pytest.raises(AwsError):
        pin(dev.environment, HANA, Pin(secret, "a" * 32, "good"))
    assert on_record(secret) == [("version.pin", "failed")]


@pytest.mark.parametrize("is_sent", [True, False])
@pytest.mark.parametrize(("act", "action"), [(pin, "version.pin"), (unpin, "version.unpin")])
def test_a_lost_reply_is_looked_up_and_never_guessed(
    act: Callable[..., object], action: str, is_sent: bool, dev: Aws, proxy: AwsProxy
) -> None:
    secret, version = dev.make_secret()
    wanted = Pin(secret, version, "good")
    if act is unpin:
        pin(dev.environment, HANA, wanted)
    proxy.reset()
    for attempt in range(1, ATTEMPTS + 1):
        (proxy.after if is_sent else proxy.before)("label", lambda: LOST, attempt)
    if is_sent:
        act(dev.environment, HANA, wanted)
        assert on_record(secret)[-1] == (action, "done")
    else:
        with pytest.raises(OutcomeUnknown):
            act(dev.environment, HANA, wanted)
        [told] = settle_audit(0)
        assert (told.action, told.outcome) == (action, "not_applied")


@pytest.mark.parametrize("was_sent", [True, False])
@pytest.mark.parametrize("action", [Action.PIN, Action.UNPIN])
def test_one_that_was_cut_off_is_settled_by_its_label(
    action: Action, was_sent: bool, dev: Aws
) -> None:
    secret, version = dev.make_secret()
    if was_sent == (action == Action.PIN):
        dev.client.update_secret_version_stage(
            SecretId=secret, VersionStage=LABEL, MoveToVersionId=version
        )
    cut_off(dev, action, secret, version)
    [told] = settle_audit(0)
    assert (told.action, told.outcome) == (action, "done" if was_sent else "not_applied")


def test_one_whose_label_was_moved_since_is_settled_by_the_next_act(dev: Aws) -> None:
    secret, earlier, current = two_versions(dev)
    dev.client.update_secret_version_stage(
        SecretId=secret, VersionStage=LABEL, MoveToVersionId=earlier
    )
    cut_off(dev, Action.PIN, secret, earlier)
    pin(dev.environment, KENJI, Pin(secret, current, "good", moves_from=earlier))
    [told] = settle_audit(0)
    assert (told.outcome, told.why) == ("done", "the label has been moved since")
    # One that took the label off, before somebody put it on again.
    unpin(dev.environment, KENJI, Pin(secret, current, "good"))
    cut_off(dev, Action.UNPIN, secret, earlier)
    pin(dev.environment, KENJI, Pin(secret, earlier, "good"))
    [told] = settle_audit(0)
    assert (told.outcome, told.why) == ("done", "the label has been moved since")


def cut_off(aws: Aws, action: Action, secret: str, version: str) -> None:
    details = {"label": LABEL, "from": "" if action == Action.PIN else version}
    about = {"environment": aws.environment.name, "secret": secret, "version_id": version}
    intend(action, HANA, details=details, **about)
