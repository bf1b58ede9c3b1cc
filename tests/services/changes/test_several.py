"""One key in several environments: copied, typed or made, and each environment saved by itself."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from secrets_ui.domain.changes.edit import Edit, Source
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.errors import InvalidChange, NotPermitted, SecretNotFound, VersionMoved
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.save import put_new_version
from secrets_ui.services.changes.several import Result, ensure_can_begin, set_in_several
from secrets_ui.services.changes.targets import find_targets, look, review_all
from testkit.copying_aws import CopyingAws
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, Watched

pytestmark = pytest.mark.django_db
PLACES = ("dev", "staging", "prod")


@dataclass
class Three:
    """A secret of one name in dev, staging and prod, its first version in each."""

    estate: Estate
    aws: RecordingAws
    actor: Actor
    short: str
    first: dict[str, str]

    def name(self, place: str) -> str:
        return self.estate.environments[place].prefix + self.short

    def client(self, place: str) -> Any:
        return self.estate[place].clients.secretsmanager

    def stored(self, place: str) -> dict[str, Any]:
        answer = self.client(place).get_secret_value(SecretId=self.name(place))
        return dict(json.loads(answer["SecretString"]))

    def put(self, place: str, value: str) -> str:
        made = self.client(place).put_secret_value(SecretId=self.name(place), SecretString=value)
        return str(made["VersionId"])

    def edit(self, place: str, **what: Any) -> Edit:
        name = self.name(place)
        known = {"reason": "OPS-8: a test", "typed_name": name, "idempotency_key": "b" * 32}
        return Edit(name, self.first[place], **{**known, **what})

    def copy(self, key: str = "KEY", source: str = "staging", **more: Any) -> Edit:
        origin = Source(source, self.name(source), self.first[source], key)
        return self.edit(more.pop("to", "prod"), copies=origin, **more)

    def save(self, edit: Edit, place: str = "prod") -> Any:
        return put_new_version(self.estate.environments[place], self.actor, edit)

    def set(self, *places: str, **what: Any) -> list[Result]:
        edits = [(self.estate.environments[place], self.edit(place, **what)) for place in places]
        ensure_can_begin(edits)
        return set_in_several(self.actor, edits)

    def type(self, *places: str, text: str = "typed", key: str = "KEY") -> list[Result]:
        return self.set(*places, changes=(Change(key, SecretValue(text)),))


@pytest.fixture
def make_three(watched: Watched, hana: Actor) -> Callable[..., Three]:
    def make(short: str = "", **rules: Rules) -> Three:
        estate, aws = watched(**rules)
        three = Three(estate, aws, hana, short or f"shared-{secrets.token_hex(3)}", {})
        for place in PLACES:
            name, document = three.name(place), f'{{"KEY": "{place}", "N": 1.10}}'
            made = three.client(place).create_secret(Name=name, SecretString=document)
            three.first[place] = made["VersionId"]
        aws.received.clear()
        return three

    return make


@pytest.fixture
def three(make_three: Callable[..., Three]) -> Three:
    return make_three()


def test_a_copy_goes_from_gateway_to_gateway_each_in_its_own_session(three: Three) -> None:
    three.save(three.copy())
    assert three.stored("prod") == {"KEY": "staging", "N": 1.1}
    roles = {place: three.estate.environments[place].assume_role for place in PLACES}
    calls = [call for call in three.aws.received if call.operation != "AssumeRole"]
    assert [(call.operation, call.session) for call in calls] == [
        ("DescribeSecret", f"{roles['prod']} as hana"),
        ("GetSecretValue", f"{roles['prod']} as hana"),
        ("GetSecretValue", f"{roles['staging']} as hana"),
        ("PutSecretValue", f"{roles['prod']} as hana"),
        ("UpdateSecretVersionStage", f"{roles['prod']} as hana"),
        ("UpdateSecretVersionStage", f"{roles['prod']} as hana"),
    ]
    reading = next(call for call in calls if call.session.startswith(roles["staging"]))
    assert "PutSecretValue" not in json.dumps(reading.policy)
    assert three.name("staging") in json.dumps(reading.policy)


def test_a_copy_is_on_record_at_both_ends(three: Three) -> None:
    saved = three.save(three.copy())
    intent = AuditRecord.objects.get(sequence=saved.sequence)
    assert (intent.environment, intent.action, json.loads(intent.keys)) == (
        "prod",
        "secret.save",
        ["KEY"],
    )
    assert json.loads(intent.details)["copied_from"] == (
        f"KEY of {three.name('staging')} in staging, version {three.first['staging']}"
    )
    read = AuditRecord.objects.get(environment="staging", action="value.read", phase="intent")
    assert (read.secret, read.version_id) == (three.name("staging"), three.first["staging"])
    assert (json.loads(read.keys), read.reason) == (["KEY"], "OPS-8: a test")
    assert json.loads(read.details) == {
        "why": "to copy it",
        "copied_to": f"{three.name('prod')} in prod",
    }
    assert AuditRecord.objects.get(intent=str(read.sequence)).outcome == "done"


def test_a_key_that_must_differ_is_refused_with_the_rule_and_nothing_is_read(
    make_three: Callable[..., Three],
) -> None:
    three = make_three()
    three.short = "api-keys"
    with pytest.raises(InvalidChange, match="must differ between environments") as refused:
        three.save(three.copy("OAUTH_CLIENT_SECRET"))
    assert "value of its own" in refused.value.remedy
    with pytest.raises(InvalidChange, match="must differ"):
        three.type("dev", "prod", text="s" * 40, key="OAUTH_CLIENT_SECRET")
    assert three.aws.received == []


def test_a_source_that_has_moved_on_is_not_copied(three: Three) -> None:
    three.put("staging", '{"KEY": "newer"}')
    with pytest.raises(VersionMoved, match="not the current one in staging"):
        three.save(three.copy())
    assert three.stored("prod")["KEY"] == "prod"
    assert not AuditRecord.objects.filter(action="secret.save")


def test_a_change_of_the_target_meanwhile_is_not_lost(three: Three) -> None:
    three.put("prod", '{"KEY": "theirs"}')
    with pytest.raises(VersionConflict):
        three.save(three.copy())
    assert three.stored("prod") == {"KEY": "theirs"}
    assert not AuditRecord.objects.filter(environment="staging")


@pytest.mark.parametrize(("key", "why"), [("N", "not text in that version"), ("X", "is not in")])
def test_what_is_no_text_or_not_there_is_not_copied(three: Three, key: str, why: str) -> None:
    with pytest.raises(InvalidChange, match=why):
        three.save(three.copy(key))
    assert "PutSecretValue" not in three.aws.operations()


def test_a_copy_that_is_sent_twice_is_saved_once(three: Three) -> None:
    edit = three.copy()
    assert three.save(edit).version_id == three.save(edit).version_id
    assert three.aws.operations().count("PutSecretValue") == 1
    another = three.copy("OTHER")
    assert another.content() != edit.content()


def test_out_of_a_write_only_environment_nothing_comes_to_where_it_can_be_shown(
    make_three: Callable[..., Three],
) -> None:
    three = make_three(prod=Rules(reveal=False))
    with pytest.raises(NotPermitted, match="No value is ever shown in prod, and in dev"):
        three.save(three.copy(source="prod", to="dev"), "dev")
    assert three.aws.received == []
    refusal = AuditRecord.objects.get()
    assert (refusal.action, refusal.outcome, refusal.environment) == (
        "secret.save",
        "refused",
        "dev",
    )
    # The other way round nothing is shown that was not before.
    three.save(three.copy())


def test_a_typed_value_is_saved_in_each_and_a_second_person_decides_where_one_is_asked_for(
    make_three: Callable[..., Three],
) -> None:
    three = make_three(staging=Rules(second_person=True))
    results = three.type(*PLACES)
    assert [(r.environment.name, r.is_done, r.saved.is_proposal) for r in results if r.saved] == [
        ("dev", True, False),
        ("staging", True, True),
        ("prod", True, False),
    ]
    assert [three.stored(place)["KEY"] for place in PLACES] == ["typed", "staging", "typed"]
    assert "sent for approval" in results[1].text


def test_what_fails_in_one_leaves_the_others_and_only_it_is_tried_again(three: Three) -> None:
    theirs = three.put("staging", '{"KEY": "theirs"}')
    first = three.type(*PLACES)
    assert [result.is_done for result in first] == [True, False, True]
    assert isinstance(first[1].problem, VersionConflict)
    assert "staging: not saved." in first[1].text
    three.first["staging"] = theirs
    three.aws.received.clear()
    again = three.type(*PLACES)
    assert all(result.is_done for result in again)
    assert three.aws.operations().count("PutSecretValue") == 1
    assert [three.stored(place)["KEY"] for place in PLACES] == ["typed"] * 3


def test_a_secret_that_is_not_there_fails_by_itself(three: Three) -> None:
    client = three.client("dev")
    client.delete_secret(SecretId=three.name("dev"), ForceDeleteWithoutRecovery=True)
    results = three.type("dev", "prod")
    assert [type(result.problem) for result in results] == [SecretNotFound, type(None)]
    assert "DescribeSecret · ResourceNotFoundException · request id " in results[0].text


def test_one_token_is_made_and_comes_to_all(three: Three) -> None:
    results = three.set(*PLACES, generate=("KEY",))
    values = {three.stored(place)["KEY"] for place in PLACES}
    assert all(result.saved for result in results)
    assert len(values) == 1
    assert len(values.pop()) == 43
    # Sent again, nothing is made anew.
    assert [r.saved for r in three.set(*PLACES, generate=("KEY",))] == [r.saved for r in results]


def test_a_token_is_not_made_anew_for_those_that_failed(three: Three) -> None:
    theirs = three.put("prod", '{"KEY": "theirs"}')
    assert [r.is_done for r in three.set("dev", "prod", generate=("KEY",))] == [True, False]
    made = three.stored("dev")["KEY"]
    # The next review starts from what is current then.
    current = three.client("dev").get_secret_value(SecretId=three.name("dev"))["VersionId"]
    three.first |= {"dev": current, "prod": theirs}
    assert [r.is_done for r in three.set("dev", "prod", generate=("KEY",))] == [True, True]
    assert [three.stored(place)["KEY"] for place in ("dev", "prod")] == [made, made]


def test_what_somebody_else_proposed_is_not_copied(make_three: Callable[..., Three]) -> None:
    three = make_three(staging=Rules(second_person=True))
    text = (Change("KEY", SecretValue("proposed")),)
    proposal = three.save(three.edit("staging", changes=text), "staging")
    three.first["staging"] = proposal.version_id
    three.actor, author = replace(three.actor, name="kenji"), three.actor
    with pytest.raises(VersionMoved, match="not the current one"):
        three.save(three.copy())
    three.actor = author
    three.save(three.copy())
    assert three.stored("prod")["KEY"] == "proposed"


def test_where_the_first_fails_no_other_gets_a_token_of_its_own(three: Three) -> None:
    three.put("dev", '{"KEY": "theirs"}')
    results = three.set(*PLACES, generate=("KEY",))
    assert [result.is_done for result in results] == [False] * 3
    assert "made in dev first" in results[2].text
    assert [three.stored(place)["KEY"] for place in PLACES] == ["theirs", "staging", "prod"]


def test_what_a_rule_asks_for_is_told_before_anything_is_saved(
    make_three: Callable[..., Three],
) -> None:
    three = make_three(prod=Rules(type_the_name=True, reason_required=True))
    for missing, field in (("reason", "reason"), ("typed_name", "typed_name-prod")):
        with pytest.raises(InvalidChange) as refused:
            three.set("dev", "prod", changes=(Change("KEY", SecretValue("x")),), **{missing: ""})
        assert refused.value.key == field
    assert three.aws.received == []


def test_the_review_compares_each_with_what_the_others_will_hold(
    make_three: Callable[..., Three], local_aws: CopyingAws
) -> None:
    three = make_three()
    three.short = "config"
    places = [three.estate.environments[name] for name in ("dev", "prod")]
    targets = find_targets(places, three.actor, "config", "MIYABI_ROOT")
    edit = Edit("", "", changes=(Change("MIYABI_ROOT", SecretValue("/srv/new")),))
    rows = review_all(targets, edit)
    assert [(row["key"], row["level"]) for row in rows] == [("dev", "ok"), ("prod", "ok")]
    three.aws.received.clear()
    find_targets(places, three.actor, "config", "MIYABI_ROOT")
    assert three.aws.operations() == ["DescribeSecret"] * 2


def test_a_look_at_a_copy_says_what_each_would_get_and_what_is_not_possible(three: Three) -> None:
    environments = three.estate.environments
    three.put("dev", '{"KEY": "staging"}')
    three.client("prod").delete_secret(SecretId=three.name("prod"), ForceDeleteWithoutRecovery=True)
    places = [environments["dev"], environments["prod"]]
    found = look(places, three.actor, three.short, "KEY", environments["staging"])
    same, gone = found.targets
    assert (found.version, same.is_same, same.can_be_set) == (three.first["staging"], True, False)
    assert gone.why_not == f"There is no secret {three.name('prod')} in prod."
    assert gone.remedy
    three.put("dev", "no object")
    again = look(places, three.actor, three.short, "KEY", environments["staging"])
    assert again.targets[0].why_not == "Its value is not a JSON object of keys."
