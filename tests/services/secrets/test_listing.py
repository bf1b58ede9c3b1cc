"""The list: its page is drafted while AWS answers, and shows nothing that this very answer does not tell."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from secrets_ui.domain.errors import AwsAccessDenied
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import VersionRecord
from secrets_ui.services.secrets.listing import AskedPage, Listing, list_secrets
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate

pytestmark = pytest.mark.django_db
FINE = "Fine here"  # and not compared with staging and prod, which are not there
CONFIG, KEYS = "miyabi/dev/config", "miyabi/dev/api-keys"


@pytest.fixture
def seen(
    watched: Callable[..., tuple[Estate, RecordingAws]], hana: Actor
) -> tuple[Estate, RecordingAws]:
    """dev, whose list was opened before."""
    estate, aws = watched(only=("dev",))
    list_secrets(estate.environments["dev"], hana)
    aws.seen.clear()
    return estate, aws


def ask(estate: Estate, actor: Actor) -> tuple[Listing | None, Listing]:
    """The draft and what was shown."""
    asked = AskedPage(estate.environments["dev"], actor)
    return asked.draft(), asked.listing()


def states(listing: Listing) -> dict[str, str]:
    return {row.short: row.state.text for row in listing.rows}


def test_the_draft_is_shown_when_aws_tells_the_same_again(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    draft, shown = ask(estate, hana)
    assert shown is draft
    assert states(shown) == {"api-keys": FINE, "config": FINE}
    assert aws.operations() == ["ListSecrets"]


def test_a_change_made_outside_the_console_is_shown_at_once(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, _ = seen
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId=CONFIG, SecretString=json.dumps({"BASE_URL": "changeme"})
    )
    draft, shown = ask(estate, hana)
    assert draft
    assert shown is not draft
    assert states(draft)["config"] == FINE
    assert states(shown)["config"] != FINE
    assert ask(estate, hana)[1].rows == shown.rows


def test_a_secret_that_is_new_or_gone_is_new_or_gone_at_once(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, _ = seen
    client = estate["dev"].clients.secretsmanager
    client.create_secret(Name="miyabi/dev/another", SecretString="{}")
    assert "another" in states(ask(estate, hana)[1])
    client.delete_secret(SecretId="miyabi/dev/another", ForceDeleteWithoutRecovery=True)
    assert "another" not in states(ask(estate, hana)[1])


def test_a_secret_that_was_deleted_and_restored_is_not_read_again(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    client = estate["dev"].clients.secretsmanager
    client.delete_secret(SecretId=KEYS)
    assert states(ask(estate, hana)[1])["api-keys"].startswith("Deletion")
    client.restore_secret(SecretId=KEYS)
    assert states(ask(estate, hana)[1])["api-keys"] == FINE
    assert set(aws.operations()) == {"ListSecrets"}


def test_what_aws_refuses_is_told_although_there_is_a_draft(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    aws.break_call("ListSecrets", "AccessDeniedException", "not authorized")
    asked = AskedPage(estate.environments["dev"], hana)
    assert asked.draft()
    with pytest.raises(AwsAccessDenied):
        asked.listing()


def test_there_is_no_draft_of_what_nobody_has_seen(
    watched: Callable[..., tuple[Estate, RecordingAws]], hana: Actor
) -> None:
    estate, aws = watched(only=("dev",))
    draft, shown = ask(estate, hana)
    assert draft is None
    assert states(shown) == {"api-keys": FINE, "config": FINE}
    assert aws.operations().count("GetSecretValue") == 2


def test_there_is_no_draft_of_a_version_whose_facts_are_not_kept(
    seen: tuple[Estate, RecordingAws], hana: Actor
) -> None:
    estate, aws = seen
    VersionRecord.objects.filter(arn__contains="config").delete()
    draft, shown = ask(estate, hana)
    assert draft is None
    assert states(shown)["config"] == FINE
    assert aws.operations().count("GetSecretValue") == 1
