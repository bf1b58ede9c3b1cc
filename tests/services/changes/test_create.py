"""A new secret: its key, its tags, its first document, and the truth on record."""

import json
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.audit.chain import version_id_of
from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.changes.new_secret import NewSecret, SecretExists
from secrets_ui.domain.errors import AwsRefused, ConsoleError, InvalidChange, OutcomeUnknown
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.facts import VersionFacts
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.models import AuditRecord, VersionRecord
from secrets_ui.services.audit.who_changed import authors_of
from secrets_ui.services.changes.create import create_secret, review_new
from secrets_ui.services.changes.idempotency import Saved
from secrets_ui.services.changes.settle import settle_audit
from testkit.aws_proxy import LOST, AwsProxy, refusal
from testkit.intents import intend
from tests.processes.outside import Aws
from tests.services.saving import HANA, on_record

pytestmark = pytest.mark.django_db
ABOUT = {"Team": "tests"}


def new(secret: str, *, once: str = "", text: str = "made by a test", **values: str) -> NewSecret:
    changes = tuple(Change(key, SecretValue(value)) for key, value in values.items())
    first = Edit(secret, "", changes, reason="OPS-1", typed_name=secret, idempotency_key=once)
    return NewSecret(first, text, ABOUT)


def create(aws: Aws, secret: str = "", **more: Any) -> tuple[str, Saved]:
    name = secret or f"{aws.environment.prefix}{secrets.token_hex(6)}"
    return name, create_secret(aws.environment, HANA, new(name, **more))


def test_it_is_made_under_the_environment_s_key_with_what_was_asked_for(dev: Aws) -> None:
    name, saved = create(dev, A="é\n")
    made = dev.client.describe_secret(SecretId=name)
    assert dev.values(name) == {"A": "é\n"}
    assert made["KmsKeyId"].startswith("arn:aws:kms:us-west-2:")
    assert ":key/" in made["KmsKeyId"]
    assert made["Description"] == "made by a test"
    assert {tag["Key"]: tag["Value"] for tag in made["Tags"]} == ABOUT
    assert dev.labels(name) == {saved.version_id: ["AWSCURRENT"]}

    intent, outcome = AuditRecord.objects.filter(secret=name).order_by("sequence")
    assert saved.version_id == version_id_of(intent.hash, "hash") == outcome.version_id
    assert (intent.action, outcome.outcome, json.loads(intent.keys)) == (
        "secret.create",
        "done",
        ["A"],
    )
    assert json.loads(intent.details)["tags"] == ABOUT
    assert authors_of([saved.version_id])[saved.version_id].name == "hana"
    kept = VersionRecord.objects.get(arn=made["ARN"])
    assert VersionFacts.from_json(json.loads(kept.facts)).key("A")


def test_what_the_catalogue_requires_and_nobody_set_is_a_placeholder(dev: Aws) -> None:
    name = f"{dev.environment.prefix}api-keys"
    review = review_new(dev.environment, new(name, EXTRA="x"))
    marked = {row.key for row in review.rows if "placeholder" in row.problems}
    first = Edit(name, "", (Change("EXTRA", SecretValue("x")),), generate=("MIYABI_ACCESS_TOKEN",))
    create_secret(dev.environment, HANA, NewSecret(first, "", {}))
    stored = dev.values(name)
    assert len(stored["MIYABI_ACCESS_TOKEN"]) == 43
    assert stored["OAUTH_ISSUER"] == "https://placeholder.invalid/"
    assert stored["GITHUB_TOKEN"] == "ghp_" + "x" * 21
    assert marked == {*stored} - {"EXTRA"}


def no_key(dev: Aws) -> NewSecret:
    return new(f"{dev.environment.prefix}empty")


def unsound(dev: Aws) -> NewSecret:
    return new(f"{dev.environment.prefix}api-keys", OAUTH_ISSUER="http://issuer.miyabi-world.com")


@pytest.mark.parametrize("wrong", [no_key, unsound])
def test_what_cannot_be_right_is_refused_before_aws_is_asked(
    wrong: Callable[[Aws], NewSecret], proxy: AwsProxy, dev: Aws
) -> None:
    with pytest.raises(InvalidChange):
        create_secret(dev.environment, HANA, wrong(dev))
    assert proxy.calls == []


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_name_that_is_taken_is_refused_on_record_and_nothing_of_it_changes(
    is_deleted: bool, dev: Aws
) -> None:
    name, version = dev.make_secret()
    if is_deleted:
        dev.client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    with pytest.raises(SecretExists) as refusal:
        create(dev, name, A="x")
    assert ("Restore it" in refusal.value.remedy) is is_deleted
    assert on_record(name, phase="event") == [("secret.create", "refused")]
    assert dev.labels(name) == {version: ["AWSCURRENT"]}


def test_somebody_who_makes_it_in_between_comes_first(proxy: AwsProxy, dev: Aws) -> None:
    name = f"{dev.environment.prefix}{secrets.token_hex(6)}"

    def come_first() -> None:
        dev.client.create_secret(Name=name, SecretString="theirs")

    proxy.before("CreateSecret", come_first)
    with pytest.raises(AwsRefused, match="There is a secret of this name"):
        create(dev, name, A="x")
    assert on_record(name) == [("secret.create", "failed")]
    assert dev.value(name) == "theirs"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("InvalidRequestException", "scheduled for deletion"),
        ("LimitExceededException", "quota"),
        ("ResourceNotFoundException", "KMS key"),
        ("EncryptionFailure", "would not encrypt"),
        ("AccessDeniedException", "not allowed secretsmanager:CreateSecret"),
    ],
)
def test_aws_s_refusals_are_told_in_words(code: str, words: str, proxy: AwsProxy, dev: Aws) -> None:
    proxy.always("CreateSecret", lambda: refusal(code), done=False)
    with pytest.raises(ConsoleError, match=words):
        create(dev, A="x")


def test_s62_an_answer_that_is_lost_makes_one_secret(proxy: AwsProxy, dev: Aws) -> None:
    proxy.after("CreateSecret", lambda: LOST)
    name, saved = create(dev, A="x")
    assert proxy.calls.count("CreateSecret") == 2
    assert dev.versions(name) == [saved.version_id]
    assert on_record(name) == [("secret.create", "done")]


@pytest.mark.parametrize(("is_made", "outcome"), [(True, "done"), (False, "not_applied")])
def test_s61_what_aws_never_answered_is_settled_by_what_is_there(
    is_made: bool, outcome: str, proxy: AwsProxy, dev: Aws
) -> None:
    proxy.lose("CreateSecret", done=is_made)
    name = f"{dev.environment.prefix}{secrets.token_hex(6)}"
    with pytest.raises(OutcomeUnknown):
        create(dev, name, A="x")
    assert on_record(name) == []
    proxy.reset()
    assert [one.outcome for one in settle_audit(0)] == [outcome]
    assert on_record(name) == [("secret.create", outcome)]


@pytest.mark.parametrize(("minutes", "outcome"), [(16, None), (17, "not_applied")])
def test_s94_a_secret_that_is_not_there_yet_may_still_come(
    minutes: int, outcome: str | None, monkeypatch: pytest.MonkeyPatch, dev: Aws
) -> None:
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    at = f"{then:%Y-%m-%dT%H:%M:%S.%f}Z"
    monkeypatch.setattr("secrets_ui.services.audit.writing.now", lambda: at)
    name = f"{dev.environment.prefix}{secrets.token_hex(6)}"
    intend(Action.CREATE, HANA, environment="dev", secret=name)
    assert [(one.outcome, one.is_waiting) for one in settle_audit()] == [(outcome, outcome is None)]


@pytest.mark.parametrize(("made", "outcome"), [(0, "not_applied"), (None, "unknown")])
def test_s61_another_secret_of_the_name_is_told_from_this_one(
    made: int | None, outcome: str, proxy: AwsProxy, dev: Aws
) -> None:
    """`made` is when AWS says that it was made, None for just now."""
    name, _ = dev.make_secret()
    later = datetime.now(UTC) + timedelta(seconds=5)
    proxy.amend("DescribeSecret", CreatedDate=later.timestamp() if made is None else made)
    intend(Action.CREATE, HANA, environment="dev", secret=name)
    assert [one.outcome for one in settle_audit(0)] == [outcome]


def test_a_form_that_is_sent_twice_makes_one_secret(dev: Aws) -> None:
    once = str(uuid.uuid4())
    name, saved = create(dev, once=once, A="x")
    assert create(dev, name, once=once, A="x")[1] == saved
    with pytest.raises(SecretExists):
        create(dev, name, once=once, A="x", text="another description")
