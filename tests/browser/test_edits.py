"""Keys changed, added, removed and generated; values byte for byte."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.pages import (
    add_key,
    choose,
    heading,
    open_edit,
    review,
    reviewed,
    row,
    save,
    value_of,
)
from tests.browser.watching import Bodies


def test_keys_are_added_removed_emptied_and_generated_in_one_change(
    console: Console, editor: Page
) -> None:
    bodies, secret = Bodies(editor.context), console.make_secret()
    open_edit(editor, console, "dev", secret)
    choose(editor, "FIRST", "Set to empty")
    choose(editor, "SECOND", "Remove this key")
    choose(editor, "THIRD", "Generate a token")
    add_key(editor, "FOURTH", value="four")
    add_key(editor, "FIFTH", choice="Generate a token")
    expect(row(editor, "THIRD").get_by_text("this page never has it")).to_be_visible()

    review(editor)
    assert reviewed(editor, "FIRST")[1] == "empty"
    assert reviewed(editor, "SECOND")[1] == "removed"
    assert reviewed(editor, "THIRD")[1] == "a new random token"
    assert reviewed(editor, "FOURTH")[0] == "not there"
    save(editor)

    stored = console.values("dev", secret)
    assert list(stored) == ["FIRST", "THIRD", "FOURTH", "FIFTH"]
    assert (stored["FIRST"], stored["FOURTH"]) == ("", "four")
    made = stored["THIRD"], stored["FIFTH"]
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in made)
    assert made[0] != made[1]
    assert len(bodies.received) > 10
    assert not [
        where for where, body in bodies.received for token in made if token.encode() in body
    ]


def test_a_line_that_appears_does_not_move_a_button_that_is_pressed(
    console: Console, editor: Page
) -> None:
    open_edit(editor, console, "dev", console.make_secret())
    editor.get_by_role("button", name="Review").hover()
    editor.mouse.down()
    value_of(editor, "SECOND").evaluate(
        "field => { field.value = 'new'; field.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    editor.wait_for_timeout(500)
    expect(row(editor, "SECOND").locator("[data-verdict]")).to_be_empty()

    editor.mouse.up()
    expect(heading(editor)).to_have_text("Review the change")
    assert reviewed(editor, "SECOND")


LINES = "-----BEGIN-----\n two \ttabs\n\n-----END-----\n"
VALUES = {
    "line breaks, the last one too": LINES,
    "blanks around it": " \t around  ",
    "emoji and scripts": "🗝️ 鍵 Schlüssel مفتاح e\u0301 \u200d\u00a0",
    "markup and quotes": """<b>&amp;'"\\n\\u0041 {{ 7*7 }} ${HOME} %s</b>""",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_s64_a_value_reaches_aws_byte_for_byte(console: Console, editor: Page, value: str) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "SECOND").fill(value)
    add_key(editor, "NEW", value=value)
    review(editor)
    save(editor)
    assert console.values("dev", secret) == {
        "FIRST": "one",
        "SECOND": value,
        "THIRD": "three",
        "NEW": value,
    }


def test_s64_line_breaks_are_stored_as_chosen_key_by_key(console: Console, editor: Page) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    expect(row(editor, "FIRST").get_by_text("Line breaks")).to_be_hidden()
    for key in ("FIRST", "SECOND"):
        value_of(editor, key).fill(LINES)
    row(editor, "SECOND").get_by_text("Line breaks").click()
    row(editor, "SECOND").get_by_label("Store it as").select_option("CRLF (Windows)")
    review(editor)
    save(editor)
    stored = console.values("dev", secret)
    assert stored["FIRST"] == LINES
    assert stored["SECOND"] == LINES.replace("\n", "\r\n")


def test_s64_a_line_typed_with_enter_is_a_line(console: Console, editor: Page) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").press_sequentially("a\nb")
    review(editor)
    save(editor)
    assert console.values("dev", secret)["FIRST"] == "a\nb"


def test_s64_the_largest_value_that_a_secret_takes_is_saved_whole(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret(value='{"FIRST": "one"}')
    value = "x" * (65_536 - len(json.dumps({"FIRST": ""})))
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill(value)
    review(editor)
    save(editor)
    assert console.text("dev", secret) == json.dumps({"FIRST": value})


def test_what_is_typed_is_hidden_until_asked_for(console: Console, editor: Page) -> None:
    open_edit(editor, console, "dev", "config")
    value = value_of(editor, "MIYABI_ROOT")
    value.fill("/srv")
    expect(value).to_have_css("-webkit-text-security", "disc")
    show = row(editor, "MIYABI_ROOT").get_by_role(
        "button", name="Show what is typed for MIYABI_ROOT"
    )
    show.click()
    expect(value).to_have_css("-webkit-text-security", "none")
    expect(row(editor, "MIYABI_ROOT").get_by_role("button", name="Hide")).to_have_attribute(
        "aria-pressed", "true"
    )
    value.fill("")
