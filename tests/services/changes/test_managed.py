"""Description, tags, deletion and its cancellation: what AWS has, what is on record, and what is
made of a lost answer."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from secrets_ui.domain.changes.deletion import Cancellation, Deletion
from secrets_ui.domain.changes.description import Description, digest_of
from secrets_ui.domain.errors import (
    ConsoleError,
    InvalidChange,
    NothingChanged,
    OutcomeUnknown,
    SecretNotEditable,
    VersionMoved,
)
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.create import get_secret
from secrets_ui.services.changes.delete import cancel_deletion, delete_secret
from secrets_ui.services.changes.describe import describe_anew
from secrets_ui.services.changes.managed import deletion_of, what_was_done
from secrets_ui.services.changes.settle import settle_audit
from testkit.aws_proxy import LOST, AwsProxy
from tests.processes.outside import Aws
from tests.services.saving import HANA, on_record

pytestmark = pytest.mark.django_db
TAGS = {"Team": "a", "Old": "1"}


@pytest.fixture
def secret(dev: Aws) -> str:
    name, _ = dev.make_secret()
    dev.client.update_secret(SecretId=name, Description="before")
    tags = [{"Key": key, "Value": text} for key, text in TAGS.items()]
    dev.client.tag_resource(SecretId=name, Tags=tags)
    return name


def described(dev: Aws, name: str) -> tuple[str, dict[str, str]]:
    found = dev.client.describe_secret(SecretId=name)
    return found["Description"], {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def describe(
    dev: Aws, name: str, text: str = "before", tags: dict[str, str] = TAGS, seen: str = ""
) -> int:
    seen = seen or digest_of(get_secret(dev.environment, HANA, name))
    return describe_anew(dev.environment, HANA, Description(name, text, tags, seen))


def delete(dev: Aws, name: str, *, once: str = "", **more: Any) -> int:
    about = {"days": 7, "reason": "OPS-1: a test", "typed_name": name, **more}
    return delete_secret(dev.environment, HANA, Deletion(name, once=once, **about))


def cancel(dev: Aws, name: str, *, once: str = "") -> int:
    return cancel_deletion(dev.environment, HANA, Cancellation(name, once=once))


def test_each_part_that_changes_is_one_call_and_one_act(
    proxy: AwsProxy, dev: Aws, secret: str
) -> None:
    version = dev.labels(secret)
    describe(dev, secret, "after", {"Team": "b", "description": "x"})
    assert described(dev, secret) == ("after", {"Team": "b", "description": "x"})
    acts = ["secret.describe", "secret.tag", "secret.untag"]
    assert on_record(secret) == [(act, "done") for act in acts]
    tagged = AuditRecord.objects.get(secret=secret, phase="intent", action="secret.tag")
    assert json.loads(tagged.details) == {
        "to": {"Team": "b", "description": "x"},
        "was": {"Team": "a", "description": None},
    }
    assert dev.labels(secret) == version
    calls = [call for call in proxy.calls if call != "DescribeSecret"]
    assert calls == ["UpdateSecret", "TagResource", "UntagResource"]


def test_somebody_else_s_change_is_not_lost(dev: Aws, secret: str) -> None:
    seen = digest_of(get_secret(dev.environment, HANA, secret))
    dev.client.tag_resource(SecretId=secret, Tags=[{"Key": "Theirs", "Value": "1"}])
    with pytest.raises(VersionMoved):
        describe(dev, secret, "after", seen=seen)
    assert described(dev, secret) == ("before", {**TAGS, "Theirs": "1"})
    assert on_record(secret) == []


def test_nothing_changed_is_told(dev: Aws, secret: str) -> None:
    with pytest.raises(NothingChanged):
        describe(dev, secret)


def test_a_deletion_has_its_window_and_is_cancelled(dev: Aws, secret: str) -> None:
    sequence = delete(dev, secret, days=9)
    found = get_secret(dev.environment, HANA, secret)
    record = deletion_of(dev.environment, found)
    assert record.after
    assert (record.by, record.reason, record.sequence) == ("hana", "OPS-1: a test", sequence)
    assert 8 <= (record.after - record.at).days <= 9
    assert what_was_done(dev.environment, secret, str(sequence)) == "Deletion scheduled"

    cancel(dev, secret)
    found = get_secret(dev.environment, HANA, secret)
    assert (found.deleted, deletion_of(dev.environment, found)) == (None, None)
    assert on_record(secret) == [("secret.delete", "done"), ("secret.cancel_deletion", "done")]


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"typed_name": "miyabi/dev/other"}])
def test_a_deletion_takes_a_reason_and_the_name_whatever_the_rules(
    wrong: dict[str, str], proxy: AwsProxy, dev: Aws, secret: str
) -> None:
    proxy.reset()
    with pytest.raises(InvalidChange):
        delete(dev, secret, **wrong)
    assert proxy.calls == []


REFUSED: list[tuple[Callable[..., int], dict[str, Any], str]] = [
    (delete, {"DeletedDate": 1_800_000_000}, "secret.delete"),
    (delete, {"OwningService": "rds"}, "secret.delete"),
    (cancel, {}, "secret.cancel_deletion"),
]


@pytest.mark.parametrize(("act", "members", "action"), REFUSED)
def test_what_its_state_forbids_is_refused_on_record(
    act: Callable[..., int],
    members: dict[str, Any],
    action: str,
    proxy: AwsProxy,
    dev: Aws,
    secret: str,
) -> None:
    proxy.amend("DescribeSecret", **members)
    with pytest.raises(SecretNotEditable):
        act(dev, secret)
    assert on_record(secret, phase="event") == [(action, "refused")]


@pytest.mark.parametrize(("act", "action"), [(delete, "delete"), (cancel, "cancel_deletion")])
def test_a_form_that_is_sent_twice_is_one_act(
    act: Callable[..., int], action: str, dev: Aws, secret: str
) -> None:
    if act is cancel:
        dev.client.delete_secret(SecretId=secret)
    once = str(uuid.uuid4())
    assert act(dev, secret, once=once) == act(dev, secret, once=once)
    assert on_record(secret) == [(f"secret.{action}", "done")]


CALLS: list[tuple[str, Callable[[Aws, str], int], str]] = [
    ("UpdateSecret", lambda dev, name: describe(dev, name, "after"), "secret.describe"),
    ("TagResource", lambda dev, name: describe(dev, name, tags={**TAGS, "N": "1"}), "secret.tag"),
    ("UntagResource", lambda dev, name: describe(dev, name, tags={"Team": "a"}), "secret.untag"),
    ("DeleteSecret", delete, "secret.delete"),
    ("RestoreSecret", cancel, "secret.cancel_deletion"),
]


@pytest.mark.parametrize(("call", "act", "action"), CALLS)
@pytest.mark.parametrize("is_made", [True, False])
def test_s62_a_first_sending_that_is_lost_is_done_once(
    call: str,
    act: Callable[[Aws, str], int],
    action: str,
    is_made: bool,
    proxy: AwsProxy,
    dev: Aws,
    secret: str,
) -> None:
    if call == "RestoreSecret":
        dev.client.delete_secret(SecretId=secret)
    (proxy.after if is_made else proxy.before)(call, lambda: LOST)
    act(dev, secret)
    assert on_record(secret) == [(action, "done")]


@pytest.mark.parametrize(("call", "act", "action"), CALLS)
@pytest.mark.parametrize(("is_made", "outcome"), [(True, "done"), (False, "not_applied")])
def test_s61_what_was_never_answered_stays_open_until_aws_shows_it(
    call: str,
    act: Callable[[Aws, str], int],
    action: str,
    is_made: bool,
    outcome: str,
    proxy: AwsProxy,
    dev: Aws,
    secret: str,
) -> None:
    if call == "RestoreSecret":
        dev.client.delete_secret(SecretId=secret)

    proxy.lose(call, done=is_made)
    with pytest.raises(OutcomeUnknown):
        act(dev, secret)
    assert on_record(secret) == []
    proxy.reset()
    assert [one.outcome for one in settle_audit(0)] == [outcome]
    assert on_record(secret) == [(action, outcome)]


def test_s61_what_somebody_changed_since_is_not_guessed(
    proxy: AwsProxy, dev: Aws, secret: str
) -> None:
    proxy.always("UpdateSecret", lambda: LOST, done=False)
    with pytest.raises(ConsoleError):
        describe(dev, secret, "mine")
    dev.client.update_secret(SecretId=secret, Description="theirs")
    assert [one.outcome for one in settle_audit(0)] == ["unknown"]


@pytest.mark.parametrize(("is_made", "outcome"), [(True, "done"), (False, "not_applied")])
def test_s61_a_deletion_is_judged_by_what_the_next_act_found(
    is_made: bool, outcome: str, proxy: AwsProxy, dev: Aws, secret: str
) -> None:
    proxy.lose("DeleteSecret", done=is_made)
    with pytest.raises(OutcomeUnknown):
        delete(dev, secret)
    proxy.reset()
    # AWS shows the opposite of what the lost act led to.
    (cancel if is_made else delete)(dev, secret)
    assert [one.outcome for one in settle_audit(0)] == [outcome]
