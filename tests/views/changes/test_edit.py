"""The edit pages: key by key, or the whole document; with the page's script and without it."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from secrets_ui.domain.secrets.loading import NUL, RESERVED_NAME, UNFIT_NAME
from secrets_ui.domain.secrets.secret_value import MASK
from secrets_ui.models import AuditRecord
from testkit.posting import (
    JSON,
    current_version,
    document_form,
    edit_url,
    key_form,
    prod_rules,
    save_key,
)
from tests.conftest import Estate, SignedIn, Watched

pytestmark = pytest.mark.django_db
EDIT, DOCUMENT = edit_url("dev", "config"), edit_url("dev", "config", "edit-document")
DETAIL = "/dev/secret/miyabi/dev/config"


@pytest.fixture
def editor(signed_in: SignedIn) -> Client:
    return signed_in("editor")


def stored(estate: Estate, secret: str = "config") -> dict[str, Any]:
    return estate.values("dev", secret)


def test_it_works(dev: Estate, editor: Client) -> None:
    before = stored(dev)
    page = editor.get(EDIT)
    base = page.context["opened"].secret.current
    assert page.status_code == 200

    answer = editor.post(EDIT, key_form(base, ("MIYABI_ROOT", "set", "/srv/miyabi")))

    intent = AuditRecord.objects.get(action="secret.save", phase="intent")
    assert (answer.status_code, answer["Location"]) == (302, f"{DETAIL}?saved={intent.sequence}")
    assert stored(dev) == before | {"MIYABI_ROOT": "/srv/miyabi"}
    assert intent.actor == editor.user.get_username()


def test_with_the_page_s_script_the_answer_is_json(dev: Estate, editor: Client) -> None:
    answer = save_key(editor, dev, "dev", "config", "MIYABI_ROOT", "/srv/miyabi")
    assert answer.status_code == 200
    assert answer.json()["saved"].startswith(f"{DETAIL}?saved=")
    assert stored(dev)["MIYABI_ROOT"] == "/srv/miyabi"


@pytest.mark.parametrize("url", [EDIT, DOCUMENT])
@pytest.mark.parametrize("method", ["get", "post"])
def test_it_needs_access(
    dev: Estate, signed_in: SignedIn, client: Client, url: str, method: str
) -> None:
    assert getattr(client, method)(url)["Location"] == f"/sign-in?next={url}"
    for role in ("viewer", "auditor", "nobody"):
        assert getattr(signed_in(role), method)(url).status_code == 403
    assert getattr(signed_in("editor", "staging", "prod"), method)(url).status_code == 403


@pytest.mark.parametrize("url", [EDIT, DOCUMENT])
@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_it_rejects_other_methods(dev: Estate, editor: Client, url: str, method: str) -> None:
    assert getattr(editor, method)(url).status_code == 405


@pytest.mark.parametrize("page", ["edit", "edit-document"])
@pytest.mark.parametrize("name", ["miyabi/dev/unknown", "other/config", "miyabi/dev/"])
def test_a_missing_id_is_404(dev: Estate, editor: Client, page: str, name: str) -> None:
    url = f"/dev/{page}/{name}"
    form = document_form("a", "{}") if page == "edit-document" else key_form("a", ("A", "set", "1"))
    assert editor.get(url).status_code == 404
    assert editor.post(url, form).status_code == 404
    assert editor.post(f"/nowhere/{page}/{name}", form).status_code == 404


def test_blank_means_keep_and_the_other_choices_do_what_they_say(
    dev: Estate, editor: Client
) -> None:
    before = stored(dev)
    form = key_form(
        current_version(dev, "dev", "config"),
        ("MIYABI_ROOT", "set", ""),
        ("BASE_URL", "empty", ""),
        ("MIYABI_REPO_NAME", "remove", ""),
        ("NEW_TOKEN", "generate", ""),
        ("NEW_TEXT", "set", "  two\r\nlines  "),
        ("", "set", ""),
    )
    assert editor.post(EDIT, form).status_code == 302
    after = stored(dev)
    assert after["MIYABI_ROOT"] == before["MIYABI_ROOT"]
    assert after["BASE_URL"] == ""
    assert "MIYABI_REPO_NAME" not in after
    assert len(after["NEW_TOKEN"]) == 43
    # Nothing stripped; a textarea's CRLF is a line break.
    assert after["NEW_TEXT"] == "  two\nlines  "


def test_a_value_can_have_crlf_line_breaks(dev: Estate, editor: Client) -> None:
    form = key_form(
        current_version(dev, "dev", "config"),
        ("NEW", "set", "a\r\nb\n"),
        **{"form-0-newline": "crlf"},
    )
    editor.post(EDIT, form)
    assert stored(dev)["NEW"] == "a\r\nb\r\n"


def test_the_review_says_what_would_change_and_changes_nothing(dev: Estate, editor: Client) -> None:
    before = dev.value("dev", "config")
    form = key_form(
        current_version(dev, "dev", "config"),
        ("MIYABI_ROOT", "set", "/srv"),
        ("MIYABI_REPO_NAME", "remove", ""),
        step="review",
    )
    review = editor.post(EDIT, form, **JSON).json()["review"]
    assert {row["key"]: row["after"][:8] for row in review["rows"]} == {
        "MIYABI_ROOT": MASK,
        "MIYABI_REPO_NAME": "removed",
    }
    assert review["summary"] == "2 keys change, 2 stay as they are"
    assert dev.value("dev", "config") == before
    assert not AuditRecord.objects.filter(action="secret.save").exists()


def test_without_a_script_the_box_has_to_be_ticked(dev: Estate, editor: Client) -> None:
    before = dev.value("dev", "config")
    form = key_form(current_version(dev, "dev", "config"), ("MIYABI_ROOT", "set", "/srv"))
    del form["confirmed"]
    answer = editor.post(EDIT, form)
    assert answer.status_code == 400
    assert "Tick the box" in answer.content.decode()
    assert dev.value("dev", "config") == before


def test_nothing_typed_is_said_and_nothing_is_asked_of_aws(
    watched: Watched, editor: Client
) -> None:
    estate, aws = watched(only=("dev",))
    answer = editor.post(
        EDIT, key_form(current_version(estate, "dev", "config"), ("MIYABI_ROOT", "set", "")), **JSON
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][""] == [
        "Nothing was typed, so nothing changes. Blank means keep."
    ]
    assert aws.received == []


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([("MIYABI_ROOT", "remove", "typed")], "form-0-action"),
        ([("", "set", "typed")], "form-0-name"),
        ([("MIYABI_ROOT", "nonsense", "")], "form-0-action"),
        ([("A", "set", "1"), ("A", "set", "2")], ""),
        ([("K" * 300, "set", "1")], "form-0-name"),
        ([("MIYABI_ROOT", "set", "x" * 65_537)], "form-0-value"),
    ],
    ids=["removed and typed", "no name", "unknown choice", "twice", "long name", "too large"],
)
def test_a_wrong_row_is_refused_by_its_field_before_aws(
    watched: Watched, editor: Client, rows: list[tuple[str, str, str]], field: str
) -> None:
    _, aws = watched(only=("dev",))
    answer = editor.post(EDIT, key_form("a" * 32, *rows), **JSON)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert aws.received == []


def test_a_value_that_cannot_be_right_is_refused_and_one_that_may_be_wrong_is_warned_of(
    dev: Estate, editor: Client
) -> None:
    url, base = edit_url("dev", "api-keys"), current_version(dev, "dev", "api-keys")
    form = key_form(base, ("GITHUB_TOKEN", "set", "ghp_" + "0" * 36))
    stopped = editor.post(url, form | {"step": "review"}, **JSON)
    assert (stopped.status_code, list(stopped.json()["errors"])) == (400, ["form-0-value"])
    assert "its checksum is wrong" in stopped.json()["errors"]["form-0-value"][0]
    refused = editor.post(url, form, **JSON)
    assert refused.status_code == 400
    assert "GITHUB_TOKEN" in refused.json()["problem"]["text"]

    placeholder = key_form(base, ("OAUTH_CLIENT_ID", "set", "changeme"))
    assert (
        editor.post(url, placeholder | {"step": "review"}, **JSON).json()["review"]["rows"][0][
            "level"
        ]
        == "warn"
    )
    assert editor.post(url, placeholder, **JSON).status_code == 200


@pytest.mark.parametrize(
    ("rows", "errors"),
    [
        (
            [
                ("MIYABI_ROOT", "set", "/x"),
                ("my-key", "set", "x"),
                ("LD_LIBRARY_PATH", "empty", ""),
            ],
            {"form-1-name": UNFIT_NAME, "form-2-name": RESERVED_NAME},
        ),
        (
            [("BASE_URL", "generate", "")],
            {"form-0-action": "cannot be a random token: https URL is expected"},
        ),
        (
            [("BASE_URL", "set", "x"), ("MIYABI_ROOT", "set", "a\0b")],
            {"form-0-value": "is not a URL: expected https://host/…", "form-1-value": NUL},
        ),
    ],
    ids=["names", "a choice", "values"],
)
def test_the_review_stops_at_each_field_that_cannot_be_right_and_asks_nothing_of_aws(
    watched: Watched, editor: Client, rows: list[tuple[str, str, str]], errors: dict[str, str]
) -> None:
    _, aws = watched(only=("dev",))
    form = key_form("a" * 32, *rows) | {"step": "review"}
    answer = editor.post(EDIT, form, **JSON)
    assert answer.status_code == 400
    expected = {field: [text[0].upper() + text[1:]] for field, text in errors.items()}
    assert answer.json()["errors"] == expected
    assert aws.received == []


def test_the_review_of_a_document_names_each_key_that_cannot_be_right(
    dev: Estate, editor: Client
) -> None:
    form = {"base": current_version(dev, "dev", "config"), "step": "review"}
    text = '{"BASE_URL": null, "my-key": "x", "MIYABI_ROOT": "/srv"}'
    answer = editor.post(DOCUMENT, form | {"document": text}, **JSON)
    assert answer.json()["errors"] == {
        "document": ["BASE_URL holds null, and a variable holds text.", f"my-key {UNFIT_NAME}."]
    }


def test_a_row_of_the_review_names_the_form_s_row_whatever_the_key_is_called(
    dev: Estate, editor: Client
) -> None:
    """A page in UTF-8 cannot hold half of a character, so no name of such a key comes back."""
    client, document = dev["dev"].clients.secretsmanager, '{"\\ud800": "a", "B": "b"}'
    client.create_secret(Name="miyabi/dev/odd", SecretString=document)
    url, base = edit_url("dev", "odd"), current_version(dev, "dev", "odd")
    assert editor.get(url).status_code == 200
    form = {
        "base": base,
        "rows_of": base,
        "step": "review",
        "form-7-at": "0",
        "form-7-value": " x ",
    }
    [row] = editor.post(url, form, **JSON).json()["review"]["rows"]
    assert (row["key"], row["row"]) == ("\ud800", "form-7")


def test_s66_prod_asks_for_a_reason_and_the_typed_name_on_the_server_too(
    estate: Estate, editor: Client
) -> None:
    before = estate.value("prod", "config")
    name = "miyabi/prod/config"
    for lacking in ("reason", "typed_name"):
        rules = prod_rules(name)
        del rules[lacking]
        refused = save_key(editor, estate, "prod", "config", "MIYABI_ROOT", "/srv", **rules)
        assert refused.status_code == 400
        assert refused.json()["problem"]["title"] == "The change cannot be applied"
    assert estate.value("prod", "config") == before
    saved = save_key(editor, estate, "prod", "config", "MIYABI_ROOT", "/srv", **prod_rules(name))
    assert saved.status_code == 200
    assert estate.values("prod", "config")["MIYABI_ROOT"] == "/srv"


def test_a_conflict_says_who_and_when_and_masks_all_three_sides(
    dev: Estate, editor: Client, signed_in: SignedIn
) -> None:
    base = current_version(dev, "dev", "config")
    other = signed_in("editor", name="kenji")
    save_key(other, dev, "dev", "config", "MIYABI_ROOT", "/kenji")

    answer = editor.post(EDIT, key_form(base, ("MIYABI_ROOT", "set", "/mine")), **JSON)

    result = answer.json()["conflict"]
    assert answer.status_code == 409
    assert (result["by"], result["can_apply"]) == ("kenji", False)
    assert result["when"].startswith("20")
    row = result["rows"][0]
    assert (row["key"], row["overlaps"]) == ("MIYABI_ROOT", True)
    assert {row[side][: len(MASK)] for side in ("base", "theirs", "yours")} == {MASK}
    assert stored(dev)["MIYABI_ROOT"] == "/kenji"


def test_a_change_that_does_not_overlap_goes_on_top_of_theirs(
    dev: Estate, editor: Client, signed_in: SignedIn
) -> None:
    base = current_version(dev, "dev", "config")
    save_key(signed_in("editor"), dev, "dev", "config", "MIYABI_ROOT", "/theirs")
    result = editor.post(
        EDIT, key_form(base, ("BASE_URL", "set", "https://mine.miyabi-world.com")), **JSON
    ).json()
    assert result["conflict"]["can_apply"]

    again = key_form(
        result["conflict"]["current"],
        ("BASE_URL", "set", "https://mine.miyabi-world.com"),
        once=result["once"],
    )
    assert editor.post(EDIT, again, **JSON).status_code == 200
    assert stored(dev) | {
        "MIYABI_ROOT": "/theirs",
        "BASE_URL": "https://mine.miyabi-world.com",
    } == stored(dev)


def test_a_conflict_without_a_script_is_a_page(
    dev: Estate, editor: Client, signed_in: SignedIn
) -> None:
    base = current_version(dev, "dev", "config")
    save_key(signed_in("editor", name="kenji"), dev, "dev", "config", "MIYABI_ROOT", "/kenji")
    answer = editor.post(EDIT, key_form(base, ("MIYABI_ROOT", "set", "/mine")))
    assert answer.status_code == 409
    assert "kenji" in answer.content.decode()


def test_a_whole_document_is_saved_as_it_was_typed(dev: Estate, editor: Client) -> None:
    assert editor.get(DOCUMENT).status_code == 200
    text = '{ "A": "1",\n  "RATIO": 1.10, "LARGE": 1e400 }\n'
    answer = editor.post(DOCUMENT, document_form(current_version(dev, "dev", "config"), text))
    assert answer.status_code == 302
    assert dev.value("dev", "config") == text


def test_a_document_with_a_mistake_is_refused_with_line_and_column(
    dev: Estate, editor: Client
) -> None:
    before = dev.value("dev", "config")
    form = document_form(current_version(dev, "dev", "config"), '{"A": "1",\n "B" 2}')
    answer = editor.post(DOCUMENT, form, **JSON)
    assert answer.status_code == 400
    assert (answer.json()["problem"]["line"], answer.json()["problem"]["column"]) == (2, 6)
    assert dev.value("dev", "config") == before


def test_a_text_that_is_no_json_is_saved_when_it_is_meant_so(dev: Estate, editor: Client) -> None:
    form = document_form(current_version(dev, "dev", "config"), "plain text", is_text="on")
    assert editor.post(DOCUMENT, form, **JSON).status_code == 200
    assert dev.value("dev", "config") == "plain text"
    assert editor.get(EDIT)["Location"] == DOCUMENT  # it has no keys to edit


def rows_on(page: Any) -> dict[str, str]:
    """The hidden field that names each key of the edit page, by the key's name."""
    opened = page.context["opened"]
    names = {number: name for name, number in opened.numbers.items()}
    fields = re.findall(r'name="(form-\d+-at)" value="(\d+)"', page.content.decode())
    return {names[int(number)]: field for field, number in fields}


@pytest.mark.parametrize(
    "key", ["a\nb", "a\rb", " a ", "k" * 300, "\ud800", '"&<'], ids=lambda key: ascii(key)[:12]
)
def test_whatever_a_key_is_called_the_row_changes_that_key(
    dev: Estate, editor: Client, key: str
) -> None:
    """In a secret that the catalogue does not know: those that it knows have loadable names."""
    client = dev["dev"].clients.secretsmanager
    document = json.dumps({"first": "1", key: "old"})
    client.create_secret(Name="miyabi/dev/loose", SecretString=document)
    page = editor.get(edit_url("dev", "loose"))
    field = rows_on(page)[key]
    base = page.context["opened"].secret.current

    form = key_form(base, rows_of=base) | {
        field: str(page.context["opened"].numbers[key]),
        field.replace("-at", "-value"): "new",
    }
    assert editor.post(edit_url("dev", "loose"), form).status_code == 302
    assert stored(dev, "loose") == {"first": "1", key: "new"}


def test_a_secret_of_any_number_of_keys_is_edited_by_its_touched_rows(
    dev: Estate, editor: Client
) -> None:
    document = json.dumps({f"K{number}": "" for number in range(900)})
    editor.post(DOCUMENT, document_form(current_version(dev, "dev", "config"), document))
    page = editor.get(EDIT)
    base = page.context["opened"].secret.current
    form = key_form(base, rows_of=base) | {"form-899-at": "899", "form-899-value": "new"}
    assert editor.post(EDIT, form).status_code == 302
    assert stored(dev)["K899"] == "new"


def test_without_a_script_every_row_is_sent_and_490_keys_are_few_enough(
    dev: Estate, editor: Client
) -> None:
    document = json.dumps({f"K{number}": "" for number in range(490)})
    editor.post(DOCUMENT, document_form(current_version(dev, "dev", "config"), document))
    page = editor.get(EDIT)
    names = re.findall(r'name="(form-\d+-(?:at|name|action|newline|value))"', page.content.decode())
    empty = {name: "set" if name.endswith("action") else "" for name in names}
    places = {name: name.split("-")[1] for name in names if name.endswith("-at")}
    base = page.context["opened"].secret.current
    form = key_form(base, rows_of=base) | empty | places | {"form-489-value": "new"}
    assert editor.post(EDIT, form).status_code == 302
    assert stored(dev) == {f"K{number}": "" for number in range(489)} | {"K489": "new"}


def test_after_a_conflict_the_rows_still_count_the_keys_that_the_page_showed(
    dev: Estate, editor: Client
) -> None:
    document = json.dumps({"A": "1", "B": "2", "C": "3"})
    editor.post(DOCUMENT, document_form(current_version(dev, "dev", "config"), document))
    shown = editor.get(EDIT).context["opened"].secret.current
    editor.post(EDIT, key_form(shown, ("A", "remove", "")))
    now = current_version(dev, "dev", "config")

    form = key_form(now, rows_of=shown) | {"form-1-at": "1", "form-1-value": "new"}
    assert editor.post(EDIT, form).status_code == 302
    assert stored(dev) == {"B": "new", "C": "3"}


@pytest.mark.parametrize("place", ["999", "x", "-1"])
def test_a_row_that_the_version_does_not_have_is_refused(
    dev: Estate, editor: Client, place: str
) -> None:
    editor.get(EDIT)
    base, before = current_version(dev, "dev", "config"), dev.value("dev", "config")
    form = key_form(base, rows_of=base) | {"form-0-at": place, "form-0-value": "new"}
    assert editor.post(EDIT, form, **JSON).status_code == 400
    assert dev.value("dev", "config") == before


def test_a_version_id_that_another_tool_chose_is_taken(dev: Estate, editor: Client) -> None:
    dev["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config",
        SecretString='{"A": "1"}',
        ClientRequestToken="tool/2026.11_29:release-0001-abcdef",
    )
    base = current_version(dev, "dev", "config")
    assert "/" in base
    assert editor.post(EDIT, key_form(base, ("A", "set", "2"))).status_code == 302
    assert stored(dev) == {"A": "2"}


@pytest.mark.parametrize("name", ["a/../api-keys", "./api-keys", "a//api-keys", "api-keys/"])
def test_a_name_that_a_browser_would_normalise_is_reached_by_its_link_and_edited(
    dev: Estate, editor: Client, name: str
) -> None:
    full, others = f"miyabi/dev/{name}", dev.value("dev", "api-keys")
    dev["dev"].clients.secretsmanager.create_secret(Name=full, SecretString='{"HERE":"1"}')
    link, edit = (reverse(page, args=["dev", full]) for page in ("secret", "edit"))
    assert f'href="{link}"' in editor.get("/dev/").content.decode()
    assert f'href="{edit}"' in editor.get(link).content.decode()
    form = key_form(current_version(dev, "dev", name), ("HERE", "set", "2"))
    assert editor.post(edit, form)["Location"].startswith(f"{link}?saved=")
    assert dev.values("dev", name) == {"HERE": "2"}
    assert dev.value("dev", "api-keys") == others
