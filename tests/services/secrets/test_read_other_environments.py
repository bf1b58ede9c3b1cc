"""Comparisons with other environments: read once, and only where the person may read."""

import json

import pytest

from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord
from secrets_ui.services.secrets.listing import list_secrets
from secrets_ui.services.secrets.read_other_environments import read_other_environments
from tests.conftest import Estate

pytestmark = pytest.mark.django_db


def states(estate: Estate, environment: str, actor: Actor) -> dict[str, str]:
    return {
        row.short: row.state.text
        for row in list_secrets(estate.environments[environment], actor).rows
    }


def share_a_token(estate: Estate) -> None:
    token = estate.values("staging", "api-keys")["MIYABI_ACCESS_TOKEN"]
    document = estate.values("prod", "api-keys") | {"MIYABI_ACCESS_TOKEN": token}
    estate["prod"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/prod/api-keys", SecretString=json.dumps(document)
    )


def test_a_shared_value_is_found_before_anybody_opened_the_other_environment(
    estate: Estate, hana: Actor
) -> None:
    share_a_token(estate)
    read_other_environments(estate.environments["prod"], hana, estate.environments.values())
    assert states(estate, "prod", hana)["api-keys"] == "1 shared between environments"


def test_without_a_look_nothing_is_called_healthy(estate: Estate, hana: Actor) -> None:
    share_a_token(estate)
    assert states(estate, "prod", hana)["api-keys"] == "Fine here"


def test_only_environments_that_the_person_may_see_are_asked(estate: Estate, hana: Actor) -> None:
    read_other_environments(estate.environments["prod"], hana, [estate.environments["dev"]])
    assert set(AuditRecord.objects.values_list("environment", flat=True)) == {"dev"}


def test_a_secret_that_is_not_there_is_asked_for_once_and_hinders_nothing(
    estate: Estate, hana: Actor
) -> None:
    estate["dev"].clients.secretsmanager.delete_secret(
        SecretId="miyabi/dev/api-keys", ForceDeleteWithoutRecovery=True
    )
    read_other_environments(estate.environments["prod"], hana, estate.environments.values())
    assert states(estate, "prod", hana)["api-keys"] == "Healthy"
    records = AuditRecord.objects.count()
    read_other_environments(estate.environments["prod"], hana, estate.environments.values())
    assert AuditRecord.objects.count() == records
