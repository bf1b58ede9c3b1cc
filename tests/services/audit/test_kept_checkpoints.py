"""A chain that was cut off, or made anew with the right key, is found by what nobody can delete."""

import secrets
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deploy.demo.signed_client import SignedClient
from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditEntry, AuditStretch
from secrets_ui.services import audit
from secrets_ui.services.audit.kept_checkpoints import compare_and_keep
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.aws_access import own_gateways, sessions
from secrets_ui.services.status_pass.records import watch_records
from testkit.copying_aws import CopyingAws

pytestmark = pytest.mark.django_db
REGION = "us-west-2"


@pytest.fixture
def bucket(local_aws: CopyingAws, settings: Any) -> str:
    """A bucket of this test's own, which the settings name."""
    settings.LOCAL_AWS_ENDPOINT = local_aws.endpoint
    name = f"checkpoints-{secrets.token_hex(4)}"
    own = sessions().caller(Environment("console", REGION, account="", prefix=""), "outsider")
    SignedClient(own, "s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    settings.CHECKPOINTS_AT = f"s3://{name}/kept/"
    return name


def write(count: int) -> None:
    for _ in range(count):
        audit.record(Action.SIGN_IN, Actor("hana"))


def kept_in(bucket: str) -> list[int]:
    names = own_gateways(REGION).s3.list_objects_v2(bucket, "kept/").value
    return [int(name.removeprefix("kept/")[:12]) for name in names]


def without_triggers(statement: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own statements.")
    with connection.cursor() as cursor:
        for trigger in ("audit_no_update", "audit_no_delete", "audit_only_at_the_end"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        cursor.execute(statement)


def make_anew(count: int) -> None:
    """As somebody does who has the database and the key: every record verifies, and the search has
    them."""
    without_triggers("DELETE FROM secrets_ui_auditrecord")
    for model in (AuditEntry, AuditStretch):
        model.objects.all().delete()
    write(count)


def test_the_end_of_a_chain_that_holds_is_kept_once(bucket: str) -> None:
    write(2)
    for _ in range(2):
        call_command("verify_audit")
    write(1)
    call_command("verify_audit")
    assert kept_in(bucket) == [2, 3]


@pytest.mark.parametrize(
    ("count", "told"), [(1, "the tail was cut off"), (5, "this is not the same chain")]
)
def test_a_chain_that_was_made_anew_is_told_and_not_kept(
    bucket: str, count: int, told: str
) -> None:
    write(3)
    call_command("verify_audit")
    make_anew(count)
    breaks, reached = verify_audit()
    assert breaks == []  # nothing in the database tells
    assert told in compare_and_keep(reached)[0].text
    with pytest.raises(CommandError, match="does not hold: 1 place"):
        call_command("verify_audit")
    assert kept_in(bucket) == [3]


def test_a_newer_checkpoint_of_another_chain_hides_none_of_the_older(bucket: str) -> None:
    write(3)
    call_command("verify_audit")
    make_anew(5)
    _, reached = verify_audit()
    own_gateways(REGION).s3.put_object(bucket, f"kept/{reached.sequence:012}-{reached.hash}", b"")
    assert [found.sequence for found in compare_and_keep(reached)] == [3]


def test_the_status_page_s_pass_keeps_one_a_day_and_tells_what_is_unlike(bucket: str) -> None:
    write(2)
    records, remembered = watch_records({})
    write(1)
    watch_records(remembered)
    assert (records.breaks, records.not_kept, kept_in(bucket)) == ((), "", [2])
    make_anew(4)
    assert "this is not the same chain" in watch_records({})[0].breaks[0]


def test_the_end_of_a_chain_that_does_not_hold_is_not_kept(bucket: str) -> None:
    write(3)
    without_triggers("UPDATE secrets_ui_auditrecord SET actor = 'x' WHERE sequence = 2")
    with pytest.raises(CommandError):
        call_command("verify_audit")
    assert watch_records({})[0].breaks
    assert kept_in(bucket) == []


def test_a_bucket_that_cannot_be_asked_is_no_chain_that_holds(bucket: str, settings: Any) -> None:
    settings.CHECKPOINTS_AT = "s3://no-such-bucket-of-ours/kept/"
    write(1)
    with pytest.raises(CommandError, match="could not be compared with the checkpoints in S3"):
        call_command("verify_audit")
    records, remembered = watch_records({})
    assert records.not_kept
    assert remembered["kept_at"] == ""  # so the next pass tries again


def test_without_a_bucket_nothing_is_asked(settings: Any) -> None:
    assert settings.CHECKPOINTS_AT == ""
    write(1)
    assert compare_and_keep(verify_audit()[1]) == []
