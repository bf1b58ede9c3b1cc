"""Somebody outside the console saves first: nobody's change is lost, and nothing that was typed."""

import pytest
from playwright.sync_api import Page, expect

from secrets_ui.domain.secrets.secret_value import MASK
from tests.browser.console import Console
from tests.browser.pages import heading, open_edit, problem, review, reviewed, save, value_of

APPLY = "Apply mine on top of theirs"


@pytest.fixture
def secret(console: Console) -> str:
    return console.make_secret()


def rows(page: Page) -> dict[str, list[str]]:
    """The comparison: base, theirs, yours and who, by key."""
    lines = page.locator("[data-step=conflict] tbody tr").all()
    cells = [[text.strip() for text in line.locator("td").all_inner_texts()] for line in lines]
    return {key: rest for key, *rest in cells}


def test_changes_of_different_keys_both_end_in_aws(
    console: Console, editor: Page, secret: str
) -> None:
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("mine")
    review(editor)
    console.write_outside("dev", secret, SECOND="theirs")

    with editor.expect_response(lambda answer: answer.request.method == "POST") as answer:
        editor.get_by_role("button", name="Save", exact=True).click()
    assert answer.value.status == 409
    expect(editor.get_by_role("heading", name="2 keys differ")).to_be_visible()
    expect(heading(editor)).to_be_focused()
    expect(editor.get_by_text("Changed outside this console, at")).to_be_visible()
    result = rows(editor)
    assert {key: line[3] for key, line in result.items()} == {"FIRST": "You", "SECOND": "Them"}
    assert result["FIRST"][0] == result["FIRST"][1] != result["FIRST"][2]
    assert result["SECOND"][0] != result["SECOND"][1]
    assert result["SECOND"][2] == "as you found it"
    assert all(text.startswith(MASK) for text in [*result["FIRST"][:3], *result["SECOND"][:2]])
    assert console.values("dev", secret)["FIRST"] == "one"

    editor.get_by_role("button", name=APPLY).click()
    expect(heading(editor)).to_have_text("Review the change")
    assert len(reviewed(editor, "FIRST")) == 3
    save(editor)
    assert console.values("dev", secret) == {"FIRST": "mine", "SECOND": "theirs", "THIRD": "three"}


def test_a_change_of_the_same_key_is_shown_and_what_was_typed_can_still_be_saved(
    console: Console, editor: Page, secret: str
) -> None:
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("mine")
    console.write_outside("dev", secret, FIRST="theirs", SECOND="theirs too")
    editor.get_by_role("button", name="Review").click()

    expect(editor.get_by_text("Both of you changed FIRST")).to_be_visible()
    assert rows(editor)["FIRST"][3] == "Both"
    expect(editor.get_by_role("button", name=APPLY)).to_be_hidden()
    editor.get_by_role("button", name="Back to edit").click()
    expect(value_of(editor, "FIRST")).to_have_value("mine")

    editor.get_by_role("button", name="Review").click()
    editor.get_by_role("button", name="Take theirs as the base").click()
    expect(problem(editor)).to_contain_text("starts from their version now")
    expect(value_of(editor, "FIRST")).to_have_value("mine")
    review(editor)
    save(editor)
    assert console.values("dev", secret) == {
        "FIRST": "mine",
        "SECOND": "theirs too",
        "THIRD": "three",
    }


def test_their_value_is_kept_where_mine_is_taken_back(
    console: Console, editor: Page, secret: str
) -> None:
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("mine")
    value_of(editor, "THIRD").fill("mine too")
    console.write_outside("dev", secret, FIRST="theirs")
    editor.get_by_role("button", name="Review").click()
    editor.get_by_role("button", name="Take theirs as the base").click()
    value_of(editor, "FIRST").fill("")
    review(editor)
    save(editor)
    assert console.values("dev", secret) == {
        "FIRST": "theirs",
        "SECOND": "two",
        "THIRD": "mine too",
    }
