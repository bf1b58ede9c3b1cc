"""The pages that create, describe and delete whole secrets."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord
from testkit.canary import leaks, make_plain_canary
from testkit.environments import as_toml
from testkit.posting import JSON, create_form, edit_url, prod_rules, tag_form
from tests.conftest import Estate, MakeEstate, SignedIn, client_of, forget_configuration

pytestmark = pytest.mark.django_db
NEW = "miyabi/dev/new"
CREATE = edit_url("dev", "new", "create")
CONFIG = "miyabi/dev/config"


@pytest.fixture
def admin(signed_in: SignedIn) -> Client:
    return signed_in("admin", name="kenji")


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def described(estate: Estate, name: str) -> dict[str, Any]:
    client = estate["dev"].clients.secretsmanager
    return dict(client.describe_secret(SecretId=name))


def test_a_name_leads_to_its_page_with_or_without_the_prefix(dev: Estate, admin: Client) -> None:
    for typed in ("new", NEW):
        assert admin.get("/dev/new", {"name": typed})["Location"] == CREATE
    for wrong in ("a b", "../../prod/x", "x" * 520):
        answer = admin.get("/dev/new", {"name": wrong})
        assert answer.status_code == 400
        assert 'aria-invalid="true"' in text_of(answer)
    answer = admin.get(edit_url("dev", "config", "create"))
    assert answer["Location"] == f"/dev/secret/{CONFIG}"


def test_a_new_secret_is_reviewed_without_its_values_and_then_made(
    dev: Estate, admin: Client
) -> None:
    assert "ManagedBy" in text_of(admin.get(CREATE))
    canary = make_plain_canary()
    form = create_form({"TOKEN": canary, "PATH_TO": "/x"}, **tag_form({"Team": "a"}))
    review = admin.post(CREATE, form | {"step": "review"}, **JSON)
    assert review.json()["review"]["summary"] == "A new secret with 2 keys"
    assert [row["key"] for row in review.json()["review"]["rows"]] == ["TOKEN", "PATH_TO"]
    answer = admin.post(CREATE, form | {"description": "what it is"}, **JSON)
    page = admin.get(answer.json()["saved"])
    assert "Saved." in text_of(page)
    assert leaks(canary, review.content + answer.content + page.content) == []
    made = described(dev, NEW)
    assert (made["Description"], made["Tags"]) == ("what it is", [{"Key": "Team", "Value": "a"}])
    assert dev.values("dev", "new") == {"TOKEN": canary, "PATH_TO": "/x"}
    assert "Created" in text_of(admin.get("/dev/changes"))


WRONG: list[tuple[dict[str, str], dict[str, Any], str]] = [
    ({}, {}, "Name at least one key"),
    ({"A": "1"}, {"description": "x" * 2049}, "at most 2048 characters"),
    ({"A": "1"}, tag_form({"aws:x": "1"}), "AWS"),
    ({"A": "1"}, tag_form({"": "1"}), "Give the tag a name."),
    ({"A": "1"}, tag_form({"T": "#"}), "alone"),
    ({"A": "1"}, tag_form({f"T{n}": "" for n in range(51)}), "50 tags"),
    ({"A": "1"}, {**tag_form({"T": "1", "U": "2"}), "tag-1-name": "T"}, "The tag T stands twice"),
]


@pytest.mark.parametrize(("values", "more", "words"), WRONG)
def test_what_cannot_be_right_is_told_and_nothing_is_made(
    values: dict[str, str], more: dict[str, Any], words: str, dev: Estate, admin: Client
) -> None:
    answer = admin.post(CREATE, create_form(values, **more), **JSON)
    assert answer.status_code == 400
    assert words in json.dumps(answer.json())
    assert not AuditRecord.objects.filter(action="secret.create").exists()


def test_without_a_script_it_is_made_behind_a_box_and_a_refusal_keeps_what_is_no_value(
    dev: Estate, admin: Client
) -> None:
    canary = make_plain_canary()
    form = create_form({"A": canary}, **tag_form({"Team": "a"}), confirmed="")
    form["description"] = "kept"
    refused = admin.post(CREATE, form)
    assert refused.status_code == 400
    for kept in ("Tick the box", "kept", 'value="Team"'):
        assert kept in text_of(refused)
    assert leaks(canary, refused.content) == []
    assert admin.post(CREATE, form | {"confirmed": "on"}).status_code == 302
    assert dev.values("dev", "new") == {"A": canary}


def test_what_the_catalogue_and_terraform_do_not_know_says_so(dev: Estate, admin: Client) -> None:
    admin.post(CREATE, create_form({"A": "1"}), **JSON)
    page = text_of(admin.get(f"/dev/secret/{NEW}"))
    assert "The catalogue and Terraform do not know this secret" in page
    assert "/dev/catalogue-entry/miyabi/dev/new" in page
    assert "aws_secretsmanager_secret.catalog[&quot;new&quot;]" in page
    assert f"id = &quot;{described(dev, NEW)['ARN']}&quot;" in page
    assert "do not know" not in text_of(admin.get(f"/dev/secret/{CONFIG}"))


def test_description_and_tags_are_edited_and_a_change_in_between_is_told(
    dev: Estate, admin: Client
) -> None:
    url, client = edit_url("dev", "config", "describe"), dev["dev"].clients.secretsmanager
    page = admin.get(url)
    form = {"description": "new\r\nlines", "seen": page.context["seen"], **tag_form({"Team": "a"})}
    client.tag_resource(SecretId=CONFIG, Tags=[{"Key": "Theirs", "Value": "1"}])
    moved = admin.post(url, form)
    assert moved.status_code == 409
    for shown in ("Theirs = 1", 'value="Team"', "new\r\nlines"):
        assert shown in text_of(moved)
    saved = admin.post(url, form | {"seen": moved.context["seen"]})
    assert "Description and tags saved." in text_of(admin.get(saved["Location"]))
    found = described(dev, CONFIG)
    assert (found["Description"], found["Tags"]) == ("new\nlines", [{"Key": "Team", "Value": "a"}])
    again = admin.post(url, form | {"seen": admin.get(url).context["seen"]})
    assert "Nothing changes" in text_of(again)


def test_a_deletion_is_scheduled_and_cancelled_from_the_list(dev: Estate, admin: Client) -> None:
    url = edit_url("dev", "config", "delete")
    assert "Last read" in text_of(admin.get(url))
    form = {"days": "8", "reason": "no reader <any more>", "typed_name": CONFIG}
    page = text_of(admin.get(admin.post(url, form)["Location"]))
    for told in ("Deletion scheduled.", "no reader &lt;any more&gt;", "scheduled by"):
        assert told in page
    assert "do not know" not in page
    listed = text_of(admin.get("/dev/"))
    cancel = edit_url("dev", "config", "cancel-deletion")
    assert cancel in listed
    assert "no reader" in text_of(admin.get(cancel))
    done = admin.post(cancel, {"reason": ""})
    assert "Deletion cancelled." in text_of(admin.get(done["Location"]))
    assert "DeletedDate" not in described(dev, CONFIG)
    assert cancel not in text_of(admin.get("/dev/"))
    assert "It is not scheduled for deletion." in text_of(admin.get(cancel))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": "6"}, "days"),
        ({"days": "31"}, "days"),
        ({"reason": " "}, "reason"),
        ({"typed_name": "config"}, "typed_name"),
    ],
)
def test_a_deletion_that_is_not_whole_is_refused_and_keeps_its_reason(
    wrong: dict[str, str], field: str, dev: Estate, admin: Client
) -> None:
    form = {"days": "8", "reason": "a reason", "typed_name": CONFIG} | wrong
    answer = admin.post(edit_url("dev", "config", "delete"), form)
    assert answer.status_code == 400
    assert answer.context["errors"].keys() == {field}
    assert form["reason"] in text_of(answer)
    assert "DeletedDate" not in described(dev, CONFIG)


PAGES = ("create", "describe", "delete", "cancel-deletion")


@pytest.mark.parametrize("page", PAGES)
def test_s30_each_takes_a_fresh_proof_whatever_the_rules(
    page: str, dev: Estate, admin: Client
) -> None:
    stale = client_of(admin.user, proved=False)
    url = edit_url("dev", "config", page)
    assert stale.get(url)["Location"].startswith("/step-up")
    assert stale.post(url, prod_rules(CONFIG)).status_code == 403
    assert AuditRecord.objects.filter(action="access.refused").count() == 1
    assert not AuditRecord.objects.filter(phase="intent", action__startswith="secret.").exists()


@pytest.mark.parametrize("page", PAGES)
def test_where_it_is_switched_off_nobody_may_and_nothing_is_offered(
    page: str, dev: Estate, admin: Client, settings: Any
) -> None:
    place = replace(dev.environments["dev"], manage=False)
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"dev": place}), encoding="utf-8")
    forget_configuration()
    for ask in (admin.get, admin.post):
        refused = ask(edit_url("dev", "config", page))
        assert refused.status_code == 403
        assert "manage = true for dev" in text_of(refused)
    offered = text_of(admin.get("/dev/")) + text_of(admin.get(f"/dev/secret/{CONFIG}"))
    assert "/dev/new" not in offered
    assert f"/dev/delete/{CONFIG}" not in offered


def test_an_editor_is_offered_none_of_it(dev: Estate, signed_in: SignedIn) -> None:
    editor = signed_in("editor")
    dev["dev"].clients.secretsmanager.delete_secret(SecretId=CONFIG)
    offered = text_of(editor.get("/dev/")) + text_of(editor.get(f"/dev/secret/{CONFIG}"))
    for url in ("/dev/new", "/dev/create/", "/dev/cancel-deletion/", "/dev/delete/"):
        assert url not in offered


def test_prod_s_rules_hold_for_all_of_it(make_estate: MakeEstate, admin: Client) -> None:
    rules = Rules(reason_required=True, type_the_name=True, second_person=True)
    estate = make_estate(only=("dev",), dev=rules)
    assert admin.post(CREATE, create_form({"A": "1"}), **JSON).json()["problem"]["key"] == "reason"
    assert admin.post(CREATE, create_form({"A": "1"}, **prod_rules(NEW)), **JSON).status_code == 200
    page = admin.get(edit_url("dev", "new", "describe"))
    assert "second person" not in text_of(page)
    form = {"description": "x", "seen": page.context["seen"], **tag_form({})}
    refused = admin.post(edit_url("dev", "new", "describe"), form)
    assert (refused.status_code, [*refused.context["errors"]]) == (400, ["reason"])
    estate["dev"].clients.secretsmanager.delete_secret(SecretId=NEW)
    refused = admin.post(edit_url("dev", "new", "cancel-deletion"), {"reason": "r"})
    assert [*refused.context["errors"]] == ["typed_name"]
