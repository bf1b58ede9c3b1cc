"""The import page: keys out of a pasted text, reviewed and saved without the text coming back."""

import json
from typing import Any

import pytest
from django.test import Client

from secrets_ui.models import AuditRecord
from testkit.canary import leaks, make_plain_canary
from testkit.posting import JSON, current_version, edit_url, import_form
from tests.conftest import Estate, SignedIn, Watched

pytestmark = pytest.mark.django_db
URL = edit_url("dev", "config", "import")
EDIT = edit_url("dev", "config")


@pytest.fixture
def editor(signed_in: SignedIn) -> Client:
    return signed_in("editor")


def stored(estate: Estate, secret: str = "config") -> dict[str, Any]:
    return estate.values("dev", secret)


def form(estate: Estate, pasted: str, **more: Any) -> dict[str, Any]:
    return import_form(current_version(estate, "dev", "config"), pasted, **more)


def review(client: Client, estate: Estate, pasted: str) -> Any:
    return client.post(URL, form(estate, pasted, step="review"), **JSON)


def rows_of(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return {row["key"]: row for row in answer.json()["review"]["rows"]}


def test_a_review_says_of_each_key_what_the_import_does_and_holds_no_value(
    dev: Estate, editor: Client
) -> None:
    before, canary = stored(dev), make_plain_canary()
    pasted = (
        f"MIYABI_REPO_NAME={before['MIYABI_REPO_NAME']}\n"
        f"export NEW={canary}\nMIYABI_ROOT=/{canary}\n"
        "BASE_URL=no-address\nPATH=/bin\nNOTES=\n"
    )
    answer = review(editor, dev, pasted)
    rows = rows_of(answer)
    told = {key: (row["state"], row["take"], row["is_chosen"]) for key, row in rows.items()}
    assert told == {
        "NEW": ("new", 1, True),
        "MIYABI_ROOT": ("changed", 2, True),
        "NOTES": ("empty", 5, False),
        "MIYABI_REPO_NAME": ("the same", None, False),
        "BASE_URL": ("not valid", None, False),
        "PATH": ("not valid", None, False),
        "MIYABI_REPO_OWNER": ("not in the text", None, False),
    }
    changes = {key: (row["drops"], row["adds"]) for key, row in rows.items()}
    assert changes.pop("NEW") == (False, True)
    assert changes.pop("MIYABI_ROOT") == (True, True)
    assert set(changes.values()) == {(False, False)}
    assert [key for key, row in rows.items() if row["remove"] is not None] == ["MIYABI_REPO_OWNER"]
    assert answer.json()["review"]["summary"] == (
        "1 new, 1 changed, 1 empty, 1 the same, 2 not valid, 1 not in the text"
    )
    assert leaks(canary, answer.content) == []
    assert stored(dev) == before


def test_what_is_chosen_is_saved_in_one_version_and_the_rest_stays(
    dev: Estate, editor: Client
) -> None:
    before = stored(dev)
    assert editor.get(URL).status_code == 200
    pasted = 'FIRST=1\nSECOND="two\r\nlines"\nTHIRD=3\n'
    place = rows_of(review(editor, dev, pasted))["MIYABI_REPO_OWNER"]["remove"]

    answer = editor.post(URL, form(dev, pasted, take="0,1", remove=str(place)), **JSON)

    assert answer.json()["saved"].startswith("/dev/secret/miyabi/dev/config?saved=")
    expected = before | {"FIRST": "1", "SECOND": "two\nlines"}
    del expected["MIYABI_REPO_OWNER"]
    assert stored(dev) == expected
    intent = AuditRecord.objects.get(action="secret.save", phase="intent")
    assert set(json.loads(intent.keys)) == {"FIRST", "SECOND", "MIYABI_REPO_OWNER"}


def test_five_hundred_lines_are_one_review_and_one_save(dev: Estate, editor: Client) -> None:
    pasted = "".join(f"KEY_{number}=value {number}\n" for number in range(500))
    rows = rows_of(review(editor, dev, pasted))
    take = [row["take"] for row in rows.values() if row["is_chosen"]]
    assert len(take) == 500
    saved = editor.post(URL, form(dev, pasted, take=",".join(map(str, take))), **JSON)
    assert saved.status_code == 200
    assert stored(dev)["KEY_499"] == "value 499"


def test_without_a_script_every_key_with_a_value_is_taken_behind_a_box(
    dev: Estate, editor: Client
) -> None:
    before = stored(dev)
    refused = editor.post(URL, form(dev, "A=1\nMIYABI_ROOT=\n"))
    assert refused.status_code == 400
    assert "Tick the box to save without a review." in refused.content.decode()
    answer = editor.post(URL, form(dev, "A=1\nMIYABI_ROOT=\n", confirmed="on"))
    assert answer.status_code == 302
    assert stored(dev) == before | {"A": "1"}


WITH_SCRIPT: list[tuple[str, dict[str, str], str]] = [
    (" \n", {}, "Paste a .env or JSON, or drop a file."),
    ("A=1", {}, "Choose at least one key."),
    ("A=1", {"take": "1"}, "The text is not the one that was reviewed."),
    ("A=1", {"remove": "9999"}, "The keys of the version that this page shows"),
    ("A=1", {"take": "-1"}, "Enter a valid value."),
    ("A=1\nhunter2", {"take": "0"}, "Line 2: KEY=value is expected"),
    ('{"A": hunter2', {"take": "0"}, "line 1, column 7"),
    ("hunter2" * 10_000, {}, "Too long"),
    ("PATH=hunter2", {"take": "0"}, "PATH is a variable that Lambda"),
]
WITHOUT: list[tuple[str, dict[str, str], str]] = [
    (" \n", {}, "Paste a .env or JSON, or drop a file."),
    ("A=1\nhunter2", {}, "Line 2: KEY=value is expected"),
    ("PATH=hunter2", {}, "PATH is a variable that Lambda"),
    ('{"A": ["hunter2"]}', {}, "A holds a list, and a variable holds text."),
]


@pytest.mark.parametrize(
    ("cases", "headers"), [(WITH_SCRIPT, JSON), (WITHOUT, {})], ids=["with the script", "without"]
)
def test_what_cannot_be_is_refused_without_the_text(
    dev: Estate, editor: Client, cases: Any, headers: dict[str, str]
) -> None:
    before = stored(dev)
    for pasted, more, text in cases:
        sent = form(dev, pasted, **({} if headers else {"confirmed": "on"}), **more)
        answer = editor.post(URL, sent, **headers)
        assert answer.status_code == 400, text
        assert text in answer.content.decode()
        assert "hunter2" not in answer.content.decode()
    assert stored(dev) == before


def test_somebody_who_saves_first_is_told_of_and_nothing_is_lost(
    dev: Estate, editor: Client
) -> None:
    mine = form(dev, "MIYABI_ROOT=/mine\nA=1", take="0,1")
    theirs = form(dev, "MIYABI_ROOT=/theirs", take="0")
    assert editor.post(URL, theirs, **JSON).status_code == 200
    for step in ("review", "save"):
        answer = editor.post(URL, mine | {"step": step}, **JSON)
        assert answer.status_code == 409
        overlaps = {row["key"]: row["overlaps"] for row in answer.json()["conflict"]["rows"]}
        assert overlaps == {"MIYABI_ROOT": True, "A": False}
    assert stored(dev)["MIYABI_ROOT"] == "/theirs"


def test_a_secret_that_is_no_object_leads_to_its_document(dev: Estate, editor: Client) -> None:
    dev["dev"].clients.secretsmanager.create_secret(Name="miyabi/dev/text", SecretString="text")
    answer = editor.get("/dev/import/miyabi/dev/text")
    assert answer["Location"] == "/dev/edit-document/miyabi/dev/text"


def test_the_page_is_reached_from_the_secret_and_asks_for_the_right_to_edit(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    editor, viewer = signed_in("editor"), signed_in("viewer")
    for page in ("/dev/secret/miyabi/dev/config", EDIT):
        assert f'href="{URL}"' in editor.get(page).content.decode()
    assert editor.get(URL).status_code == 200
    aws.received.clear()
    for method in ("get", "post"):
        assert getattr(viewer, method)(URL).status_code == 403
    assert aws.received == []
