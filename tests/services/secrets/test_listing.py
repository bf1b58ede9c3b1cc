"""The list: one call to AWS where the database knows the rest, and nothing stale in it."""

import json

import pytest

from secrets_ui.domain.errors import AwsAccessDenied
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import VersionRecord
from secrets_ui.services.secrets.listing import Listing, list_secrets
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, Watched

pytestmark = pytest.mark.django_db
FINE = "Fine here"  # and not compared with staging and prod, which are not there
CONFIG, KEYS = "miyabi/dev/config", "miyabi/dev/api-keys"


@pytest.fixture
def seen(watched: Watched, hana: Actor) -> tuple[Estate, RecordingAws]:
    """dev, whose list was opened before."""
    estate, aws = watched(only=("dev",))
    list_secrets(estate.environments["dev"], hana)
    aws.received.clear()
    return estate, aws


def ask(estate: Estate, actor: Actor) -> Listing:
    return list_secrets(estate.environments["dev"], actor)


def states(listing: Listing) -> dict[str, str]:
    return {row.short: row.state.text for row in listing.rows}


def test_the_same_is_shown_when_aws_tells_the_same_again(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    first = ask(estate, hana)
    aws.received.clear()
    shown = ask(estate, hana)
    assert shown.rows == first.rows
    assert states(shown) == {"api-keys": FINE, "config": FINE}
    assert aws.operations() == ["ListSecrets"]


def test_a_change_made_outside_the_console_is_shown_at_once(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, _ = seen
    before = ask(estate, hana)
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId=CONFIG, SecretString=json.dumps({"BASE_URL": "changeme"})
    )
    shown = ask(estate, hana)
    assert states(before)["config"] == FINE
    assert states(shown)["config"] != FINE
    assert ask(estate, hana).rows == shown.rows


def test_a_secret_that_is_new_or_gone_is_new_or_gone_at_once(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, _ = seen
    client = estate["dev"].clients.secretsmanager
    client.create_secret(Name="miyabi/dev/another", SecretString="{}")
    assert "another" in states(ask(estate, hana))
    client.delete_secret(SecretId="miyabi/dev/another", ForceDeleteWithoutRecovery=True)
    assert "another" not in states(ask(estate, hana))


def test_a_secret_that_was_deleted_and_restored_is_not_read_again(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    client = estate["dev"].clients.secretsmanager
    client.delete_secret(SecretId=KEYS)
    assert states(ask(estate, hana))["api-keys"].startswith("Deletion")
    client.restore_secret(SecretId=KEYS)
    assert states(ask(estate, hana))["api-keys"] == FINE
    assert set(aws.operations()) == {"ListSecrets"}


def test_what_aws_refuses_is_told_although_the_list_was_opened_before(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    aws.break_call("ListSecrets", "AccessDeniedException", "not authorized")
    with pytest.raises(AwsAccessDenied):
        ask(estate, hana)


def test_what_nobody_has_seen_is_looked_at(watched: Watched, hana: Actor) -> None:
    estate, aws = watched(only=("dev",))
    shown = ask(estate, hana)
    assert states(shown) == {"api-keys": FINE, "config": FINE}
    assert aws.operations().count("GetSecretValue") == 2


def test_a_version_whose_facts_are_not_kept_is_looked_at(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    VersionRecord.objects.filter(arn__contains="config").delete()
    assert states(ask(estate, hana))["config"] == FINE
    assert aws.operations().count("GetSecretValue") == 1
