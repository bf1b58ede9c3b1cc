"""Restores: a new version with what an earlier one holds, by the same compare-and-swap."""

import json
from dataclasses import dataclass

import pytest

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.errors import AwsError, InvalidChange, NothingChanged
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.idempotency import Saved
from secrets_ui.services.changes.restore import RestoreReview, review_restore
from secrets_ui.services.changes.save import put_new_version
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, Watched

pytestmark = pytest.mark.django_db
NAME = "miyabi/dev/restored"
FIRST = '{"A": "one", "B": "two", "N": 1.10}'
SECOND = '{"A": "changed", "C": "new", "N": 2}'


@dataclass
class Written:
    """A secret of dev with two versions that somebody else made."""

    estate: Estate
    aws: RecordingAws
    actor: Actor
    first: str
    second: str

    def stored(self) -> str:
        client = self.estate["dev"].clients.secretsmanager
        return str(client.get_secret_value(SecretId=NAME)["SecretString"])

    def review(self) -> RestoreReview:
        return review_restore(self.estate.environments["dev"], self.actor, NAME, self.first)

    def restore(self, *keys: str, base: str = "", once: str = "") -> Saved:
        edit = Edit(
            NAME,
            base or self.second,
            restores=self.first,
            restored_keys=keys,
            reason="OPS-7: back",
            idempotency_key=once,
        )
        return put_new_version(self.estate.environments["dev"], self.actor, edit)


@pytest.fixture
def written(watched: Watched, hana: Actor) -> Written:
    estate, aws = watched(only=("dev",))
    client = estate["dev"].clients.secretsmanager
    first = client.create_secret(Name=NAME, SecretString=FIRST)["VersionId"]
    second = client.put_secret_value(SecretId=NAME, SecretString=SECOND)["VersionId"]
    aws.received.clear()
    return Written(estate, aws, hana, first, second)


def test_the_whole_version_comes_back_byte_for_byte_as_a_new_one(written: Written) -> None:
    saved = written.restore()
    assert written.stored() == FIRST
    assert saved.version_id not in (written.first, written.second)
    assert set(saved.changed) == {"A", "B", "C", "N"}


def test_single_keys_come_back_and_the_others_stay(written: Written) -> None:
    written.restore("A", "C")
    # C was not there then, so it goes.
    assert written.stored() == '{"A": "one", "N": 2}'


def test_a_key_that_is_no_text_is_restored_with_the_whole_version_alone(written: Written) -> None:
    with pytest.raises(InvalidChange, match="N is not text in that version"):
        written.restore("N")
    assert written.stored() == SECOND


@pytest.mark.parametrize("keys", [(), ("LOST",)])
def test_what_the_lambda_cannot_load_is_refused_as_in_an_edit(
    written: Written, keys: tuple[str, ...]
) -> None:
    """Somebody may have put it with the AWS CLI."""
    client = written.estate["dev"].clients.secretsmanager
    document = json.dumps({"A": "one", "LOST": "x\0"})
    written.first = client.put_secret_value(SecretId=NAME, SecretString=document)["VersionId"]
    base = client.put_secret_value(SecretId=NAME, SecretString=SECOND)["VersionId"]
    with pytest.raises(InvalidChange, match="LOST"):
        written.restore(*keys, base=base)
    assert written.stored() == SECOND
    assert not AuditRecord.objects.filter(action="secret.save")


def test_it_is_on_record_with_the_version_and_its_reads(written: Written) -> None:
    saved = written.restore()
    intent = AuditRecord.objects.get(sequence=saved.sequence)
    assert json.loads(intent.details)["restored"] == written.first
    assert (intent.action, intent.reason) == ("secret.save", "OPS-7: back")
    reads = AuditRecord.objects.filter(action="value.read", phase="intent").order_by("sequence")
    assert [(row.version_id, json.loads(row.details)["why"]) for row in reads] == [
        (written.second, "to apply an edit"),
        (written.first, "to restore it"),
    ]


def test_somebody_elses_change_in_between_is_not_lost(written: Written) -> None:
    client = written.estate["dev"].clients.secretsmanager
    client.put_secret_value(SecretId=NAME, SecretString='{"A": "theirs"}')
    with pytest.raises(VersionConflict):
        written.restore()
    assert written.stored() == '{"A": "theirs"}'


def test_a_version_that_aws_has_no_more_changes_nothing(written: Written) -> None:
    written.first = "0" * 32
    with pytest.raises(AwsError):
        written.restore()
    assert written.stored() == SECOND
    assert not AuditRecord.objects.filter(action="secret.save")


def test_what_holds_the_same_is_no_change(written: Written) -> None:
    written.restore()
    now = written.estate["dev"].clients.secretsmanager.describe_secret(SecretId=NAME)
    current = next(v for v, labels in now["VersionIdsToStages"].items() if "AWSCURRENT" in labels)
    with pytest.raises(NothingChanged):
        written.restore(base=current)


def test_a_form_that_is_sent_twice_restores_once(written: Written) -> None:
    first = written.restore(once="a" * 32)
    second = written.restore(once="a" * 32)
    assert second.version_id == first.version_id
    assert written.aws.operations().count("PutSecretValue") == 1


def test_the_review_says_what_changes_and_reads_no_known_value(written: Written) -> None:
    review = written.review()
    assert [(row.difference.key, row.difference.kind) for row in review.rows] == [
        ("A", "changed"),
        ("C", "removed"),
        ("N", "changed"),
        ("B", "added"),
    ]
    assert [row.difference.key for row in review.rows if not row.can_be_alone] == ["N"]
    assert review.staying == 0
    written.aws.received.clear()
    written.review()
    assert set(written.aws.operations()) == {"DescribeSecret"}


def test_a_text_that_is_no_object_is_restored_as_it_is(written: Written) -> None:
    client = written.estate["dev"].clients.secretsmanager
    text = client.put_secret_value(SecretId=NAME, SecretString="no object")["VersionId"]
    written.second, written.first = (
        client.put_secret_value(SecretId=NAME, SecretString=SECOND)["VersionId"],
        text,
    )
    assert written.review().is_opaque
    written.restore()
    assert written.stored() == "no object"
