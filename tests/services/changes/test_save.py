"""Saving: compare-and-swap on AWS, with an intent before it and an outcome after it."""

import json

import pytest

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.errors import InvalidChange, NothingChanged, SecretNotEditable, TooMany
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret import AWSCURRENT
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.domain.session_scope import DESCRIBE
from secrets_ui.models import AuditRecord, VersionRecord
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.aws_access import gateways
from secrets_ui.services.changes.save import put_new_version
from tests.conftest import Estate, MakeEstate

pytestmark = pytest.mark.django_db


def edit_of(
    estate: Estate, environment: str, secret: str, hana: Actor, **values: str | None
) -> Edit:
    place = estate.environments[environment]
    name = place.prefix + secret
    current = gateways(place, hana, DESCRIBE).secrets_manager.describe_secret(name).value.current
    changes = tuple(
        Change(key, None if value is None else SecretValue(value)) for key, value in values.items()
    )
    return Edit(name, current, changes, reason="OPS-1: a test", typed_name=name)


def test_it_works(estate: Estate, hana: Actor) -> None:
    edit = edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/srv/miyabi")
    before = estate.values("dev", "config")

    saved = put_new_version(estate.environments["dev"], hana, edit)

    assert estate.values("dev", "config") == before | {"MIYABI_ROOT": "/srv/miyabi"}
    assert saved.changed == ("MIYABI_ROOT",)
    described = estate["dev"].clients.secretsmanager.describe_secret(SecretId=edit.secret)
    assert described["VersionIdsToStages"] == {
        saved.version_id: ["AWSCURRENT"],
        edit.base: ["AWSPREVIOUS"],
    }


def test_the_new_version_s_id_is_the_hash_of_its_intent(estate: Estate, hana: Actor) -> None:
    saved = put_new_version(
        estate.environments["dev"], hana, edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/srv")
    )

    intent = AuditRecord.objects.get(sequence=saved.sequence)
    assert (intent.phase, intent.action, intent.hash) == ("intent", "secret.save", saved.version_id)
    outcome = AuditRecord.objects.get(intent=str(saved.sequence))
    assert (outcome.outcome, outcome.version_id, json.loads(outcome.keys)) == (
        "done",
        saved.version_id,
        ["MIYABI_ROOT"],
    )
    assert len(json.loads(outcome.request_ids)) == 2
    assert verify_audit()[0] == []


def test_the_facts_of_the_new_version_are_kept(estate: Estate, hana: Actor) -> None:
    saved = put_new_version(
        estate.environments["dev"], hana, edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/srv")
    )
    assert VersionRecord.objects.filter(version_id=saved.version_id).count() == 1


def test_an_edit_of_an_old_version_is_refused_with_both_versions_named(
    estate: Estate, hana: Actor
) -> None:
    first = edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/one")
    saved = put_new_version(estate.environments["dev"], hana, first)

    with pytest.raises(VersionConflict) as caught:
        put_new_version(
            estate.environments["dev"],
            hana,
            Edit(first.secret, first.base, (Change("MIYABI_ROOT", SecretValue("/two")),)),
        )
    assert (caught.value.base, caught.value.current) == (first.base, saved.version_id)
    assert estate.values("dev", "config")["MIYABI_ROOT"] == "/one"
    assert AuditRecord.objects.filter(outcome="conflict").count() == 1


def test_the_same_form_sent_twice_makes_one_version(estate: Estate, hana: Actor) -> None:
    edit = edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/once")
    edit = Edit(
        edit.secret, edit.base, edit.changes, idempotency_key="11111111-1111-4111-8111-111111111111"
    )

    first = put_new_version(estate.environments["dev"], hana, edit)
    second = put_new_version(estate.environments["dev"], hana, edit)

    assert second == first
    versions = estate["dev"].clients.secretsmanager.list_secret_version_ids(
        SecretId=edit.secret, IncludeDeprecated=True
    )["Versions"]
    assert len(versions) == 2


def test_s66_prod_asks_for_a_reason_and_the_typed_name(estate: Estate, hana: Actor) -> None:
    edit = edit_of(estate, "prod", "config", hana, MIYABI_ROOT="/x")
    for wrong in (
        Edit(edit.secret, edit.base, edit.changes, typed_name=edit.secret),
        Edit(edit.secret, edit.base, edit.changes, reason="why"),
    ):
        with pytest.raises(InvalidChange):
            put_new_version(estate.environments["prod"], hana, wrong)
    assert not AuditRecord.objects.exists()


def test_s67_a_secret_that_is_scheduled_for_deletion_is_not_edited(
    estate: Estate, hana: Actor
) -> None:
    edit = edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/x")
    estate["dev"].clients.secretsmanager.delete_secret(SecretId=edit.secret)
    with pytest.raises(SecretNotEditable, match="scheduled for deletion"):
        put_new_version(estate.environments["dev"], hana, edit)


def test_nothing_changed_makes_no_version(estate: Estate, hana: Actor) -> None:
    stored = estate.values("dev", "config")["MIYABI_ROOT"]
    with pytest.raises(NothingChanged):
        put_new_version(
            estate.environments["dev"],
            hana,
            edit_of(estate, "dev", "config", hana, MIYABI_ROOT=stored),
        )


def test_s69_a_person_s_writes_are_limited_and_the_refusal_is_on_record(
    estate: Estate, hana: Actor, settings: object
) -> None:
    settings.WRITES_PER_MINUTE = 1
    put_new_version(
        estate.environments["dev"], hana, edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/1")
    )
    with pytest.raises(TooMany):
        put_new_version(
            estate.environments["dev"],
            hana,
            edit_of(estate, "dev", "config", hana, MIYABI_ROOT="/2"),
        )
    assert AuditRecord.objects.filter(action="rate.limited").count() == 1


def test_generated_tokens_are_made_while_saving(estate: Estate, hana: Actor) -> None:
    edit = edit_of(estate, "dev", "api-keys", hana)
    put_new_version(
        estate.environments["dev"],
        hana,
        Edit(edit.secret, edit.base, generate=("MIYABI_ACCESS_TOKEN",)),
    )
    assert len(estate.values("dev", "api-keys")["MIYABI_ACCESS_TOKEN"]) == 43


def test_a_secret_without_a_version_gets_its_first_one(
    estate: Estate, hana: Actor, make_estate: MakeEstate
) -> None:
    client = estate["dev"].clients.secretsmanager
    client.create_secret(Name="miyabi/dev/empty")
    saved = put_new_version(
        estate.environments["dev"],
        hana,
        Edit("miyabi/dev/empty", "", (Change("A", SecretValue("1")),)),
    )
    assert client.describe_secret(SecretId="miyabi/dev/empty")["VersionIdsToStages"] == {
        saved.version_id: [AWSCURRENT]
    }
    assert estate.value("dev", "empty") == '{"A": "1"}'


def test_a_key_that_a_random_token_cannot_fit_is_not_generated(estate: Estate, hana: Actor) -> None:
    edit = edit_of(estate, "dev", "api-keys", hana)
    with pytest.raises(InvalidChange, match="cannot be a random token"):
        put_new_version(
            estate.environments["dev"],
            hana,
            Edit(edit.secret, edit.base, generate=("GITHUB_TOKEN",)),
        )
    assert not AuditRecord.objects.exists()
