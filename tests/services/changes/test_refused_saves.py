"""S63, S66, S67: a save that must not be made is refused with its reason, on record, and AWS is
left alone."""

import json
from typing import Any

import pytest

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.errors import ConsoleError, InvalidChange, SecretNotEditable, SecretNotFound
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.review import review_edit
from secrets_ui.services.changes.save import put_new_version
from testkit.aws_proxy import AwsProxy
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, on_record, save

pytestmark = pytest.mark.django_db


def ensure_refused(aws: Aws, secret: str, base: str, proxy: AwsProxy, reason: str) -> None:
    """The save and its review are refused with the reason; only the save is on record, with the
    same reason; no value was read."""
    before = aws.labels(secret)
    with pytest.raises(SecretNotEditable, match=reason):
        save(aws, secret, base, A="new")
    edit = Edit(secret, base, (Change("A", SecretValue("new")),))
    with pytest.raises(SecretNotEditable, match=reason):
        review_edit(aws.environment, HANA, edit)

    assert aws.labels(secret) == before
    assert set(proxy.calls) == {"DescribeSecret"}
    reads = AuditRecord.objects.filter(secret=secret, action="value.read", phase="outcome")
    # Announced, and then not made.
    assert list(reads.values_list("outcome", flat=True)) == ["not_applied"]
    [row] = AuditRecord.objects.filter(secret=secret).exclude(action="value.read")
    assert (row.phase, row.action, row.outcome, row.actor) == (
        "event",
        "secret.save",
        "refused",
        "hana",
    )
    assert json.loads(row.keys) == ["A"]
    assert reason in json.loads(row.details)["why"]


AS_AWS_TELLS: dict[str, tuple[dict[str, Any], str]] = {
    "owned by a service": ({"OwningService": "rds"}, "It is managed by rds"),
    "a replica": (
        {"PrimaryRegion": "eu-central-1"},
        "It is a replica. Change it in its primary Region, eu-central-1",
    ),
    "scheduled for deletion": ({"DeletedDate": 1_800_000_000.0}, "It is scheduled for deletion"),
}


@pytest.mark.parametrize("what", AS_AWS_TELLS)
def test_s67_a_secret_that_is_not_to_be_edited_is_refused_with_the_reason(
    what: str, proxy: AwsProxy, dev: Aws
) -> None:
    members, reason = AS_AWS_TELLS[what]
    secret, base = dev.make_secret()
    proxy.amend("DescribeSecret", **members)
    ensure_refused(dev, secret, base, proxy, reason)


def test_s67_the_primary_of_replicas_is_edited(proxy: AwsProxy, dev: Aws) -> None:
    secret, base = dev.make_secret()
    proxy.amend("DescribeSecret", PrimaryRegion=dev.environment.region)
    save(dev, secret, base, A="new")
    assert dev.values(secret)["A"] == "new"


def test_s67_a_running_rotation_is_not_abandoned(proxy: AwsProxy, dev: Aws) -> None:
    secret, base = dev.make_secret()
    dev.client.put_secret_value(SecretId=secret, SecretString="{}", VersionStages=["AWSPENDING"])
    proxy.amend("DescribeSecret", RotationEnabled=True)
    ensure_refused(dev, secret, base, proxy, "A rotation is running")


def test_s67_a_rotation_that_has_ended_is_no_obstacle(dev: Aws) -> None:
    secret, base = dev.make_secret()
    dev.client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=base
    )
    saved = save(dev, secret, base, A="new")
    assert dev.values(secret)["A"] == "new"
    assert dev.labels(secret) == {saved.version_id: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}


LEFT_BEHIND = {
    "on the current version, rotation on": ("current", True),
    "on the previous version, rotation on": ("previous", True),
    "on a version that was never current, rotation off": ("other", False),
}


@pytest.mark.parametrize("where", LEFT_BEHIND)
def test_a_save_takes_off_what_a_rotation_left_so_that_the_next_one_goes_through(
    where: str, proxy: AwsProxy, dev: Aws
) -> None:
    on, is_enabled = LEFT_BEHIND[where]
    secret, previous = dev.make_secret()
    base = dev.put(secret, '{"A": "1"}')
    other = dev.client.put_secret_value(SecretId=secret, SecretString="{}", VersionStages=["PIN"])[
        "VersionId"
    ]
    pending = {"current": base, "previous": previous, "other": other}[on]
    dev.client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=pending
    )
    proxy.amend("DescribeSecret", RotationEnabled=is_enabled)
    first = save(dev, secret, base, A="first")

    assert dev.labels(secret) == {
        first.version_id: ["AWSCURRENT"],
        base: ["AWSPREVIOUS"],
        other: ["PIN"],
    }
    outcome = AuditRecord.objects.get(secret=secret, phase="outcome", action="secret.save")
    assert json.loads(outcome.details) == {"label_taken_off": f"AWSPENDING from {pending}"}
    intent = AuditRecord.objects.get(secret=secret, phase="intent", action="secret.save")
    assert json.loads(intent.details)["takes_label_off"] == f"AWSPENDING from {pending}"
    assert len(json.loads(outcome.request_ids)) == 3
    save(dev, secret, first.version_id, A="second")
    assert dev.values(secret) == {"A": "second"}


def test_a_rotation_that_begins_during_a_save_is_not_abandoned(proxy: AwsProxy, dev: Aws) -> None:
    secret, base = dev.make_secret()
    dev.client.update_secret_version_stage(
        SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=base
    )
    proxy.amend("DescribeSecret", RotationEnabled=True)

    def rotate() -> None:
        dev.client.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=base
        )
        dev.client.put_secret_value(
            SecretId=secret, SecretString="{}", VersionStages=["AWSPENDING"]
        )

    proxy.after("PutSecretValue", rotate)
    with pytest.raises(SecretNotEditable, match="A rotation is running"):
        save(dev, secret, base, A="new")

    assert dev.current(secret) == base
    assert ["AWSPENDING"] in dev.labels(secret).values()
    assert on_record(secret) == [("secret.save", "not_applied")]


def test_a_secret_that_is_full_of_labels_is_refused_before_aws_would(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    for number in range(18):
        dev.client.update_secret_version_stage(
            SecretId=secret, VersionStage=f"PIN-{number}", MoveToVersionId=base
        )
    ensure_refused(dev, secret, base, proxy, "It already holds 19 staging labels of 20")


def test_a_secret_that_is_gone_is_said_to_be_gone(dev: Aws) -> None:
    with pytest.raises(SecretNotFound):
        save(dev, f"{dev.environment.prefix}gone", "", A="new")


def test_a_binary_secret_is_refused(dev: Aws) -> None:
    secret, base = dev.make_secret()
    base = dev.client.put_secret_value(SecretId=secret, SecretBinary=b"\x00\x01")["VersionId"]
    with pytest.raises(SecretNotEditable, match="binary"):
        save(dev, secret, base, A="new")
    assert dev.current(secret) == base


def test_s63_the_second_of_two_editors_is_refused_and_the_first_s_change_stays(dev: Aws) -> None:
    secret, base = dev.make_secret()
    first = save(dev, secret, base, A="first")
    with pytest.raises(VersionConflict) as caught:
        save(dev, secret, base, actor=KENJI, B="second")

    assert (caught.value.base, caught.value.current, caught.value.status) == (
        base,
        first.version_id,
        409,
    )
    assert dev.values(secret) == {"A": "first", "B": "2"}
    [refused] = AuditRecord.objects.filter(secret=secret, phase="event")
    assert (refused.actor, refused.outcome, json.loads(refused.keys)) == (
        "kenji",
        "conflict",
        ["B"],
    )


def test_s63_a_version_made_outside_the_console_refuses_the_edit_as_well(dev: Aws) -> None:
    secret, base = dev.make_secret()
    outside = dev.put(secret, '{"A": "outside"}')
    with pytest.raises(VersionConflict) as caught:
        save(dev, secret, base, A="mine")
    assert caught.value.current == outside
    assert dev.values(secret) == {"A": "outside"}


def test_s63_a_version_made_between_the_look_and_the_move_is_not_overwritten(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    made: list[str] = []
    proxy.after("PutSecretValue", lambda: made.append(dev.put(secret, '{"A": "outside"}')))
    with pytest.raises(VersionConflict) as caught:
        save(dev, secret, base, A="mine")

    assert caught.value.current == made[0]
    assert dev.labels(secret) == {made[0]: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}
    assert on_record(secret) == [("secret.save", "conflict")]


def test_s63_of_two_first_versions_the_second_is_refused(proxy: AwsProxy, dev: Aws) -> None:
    secret, _ = dev.make_secret(None)
    made: list[str] = []
    proxy.before("PutSecretValue", lambda: made.append(dev.put(secret, '{"A": "outside"}')))
    with pytest.raises(VersionConflict):
        save(dev, secret, "", A="mine")

    assert dev.labels(secret) == {made[0]: ["AWSCURRENT"]}
    assert on_record(secret) == [("secret.save", "conflict")]


BAD_FORMS: dict[str, dict[str, Any]] = {
    "no reason": {"reason": ""},
    "a blank reason": {"reason": " \n\t"},
    "no name": {"typed_name": ""},
    "another name": {"typed_name": "miyabi/prod/other"},
    "the name with a blank": {"typed_name": "SECRET "},
}


@pytest.mark.parametrize("what", BAD_FORMS)
def test_s66_prod_asks_for_a_reason_and_the_typed_name_on_the_server_too(
    what: str, proxy: AwsProxy, prod: Aws
) -> None:
    secret, base = prod.make_secret()
    typed = {"reason": "OPS-1", "typed_name": secret} | {
        k: v.replace("SECRET", secret) for k, v in BAD_FORMS[what].items()
    }
    with pytest.raises(InvalidChange):
        put_new_version(
            prod.environment, HANA, Edit(secret, base, (Change("A", SecretValue("new")),), **typed)
        )

    assert proxy.calls == []
    assert prod.current(secret) == base


@pytest.mark.parametrize(
    "name",
    [
        "miyabi/developers/x",
        "miyabi/dev/../prod/x",
        "miyabi/Dev/x",
        "miyabi/dev/",
        "miyabi/dev/x/../../prod/x",
        "miyabi/prod/x",
    ],
)
def test_s42_a_name_outside_the_environment_makes_no_call(
    name: str, proxy: AwsProxy, dev: Aws
) -> None:
    with pytest.raises(ConsoleError) as caught:
        save(dev, name, "", A="new")
    assert caught.value.status == 404
    assert proxy.calls == []
