"""The whole document as JSON, for what is not a flat object."""

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.pages import heading, open_edit, problem, review, save

WRONG = '{\n  "A": "1",\n  "Ж🗝️": {"b": [1.10, 1e400] }\n  "C": "3"\n}'
RIGHT = '{\n  "A": "1",\n  "Ж🗝️": {"b": [1.10, 1e400] },\n  "C": "3"\n}\n'


def test_a_mistake_is_told_by_line_and_column_and_the_document_is_saved_as_typed(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    editor.get_by_role("link", name="Whole document as JSON").click()
    document = editor.get_by_role("textbox", name="Document")
    document.fill(WRONG)
    expect(editor.locator("[data-verdict]")).to_contain_text("Not JSON, at line 4 column 3")

    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("line 4, column 3")
    expect(document).to_be_focused()
    assert editor.evaluate("document.activeElement.selectionStart") == utf16(
        WRONG[: WRONG.index('"C"')]
    )
    expect(document).to_have_value(WRONG)

    document.fill(RIGHT)
    expect(editor.locator("[data-verdict]")).to_contain_text("A JSON object of 3 keys")
    review(editor)
    save(editor)
    assert console.text("dev", secret) == RIGHT


def utf16(text: str) -> int:
    """Its length as a browser counts."""
    return len(text.encode("utf-16-le")) // 2


def test_a_text_that_is_no_json_is_saved_when_the_box_says_so(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret(value="a certificate, say")
    editor.goto(console.path("secret", "dev", secret))
    editor.get_by_role("link", name="Edit values").click()
    expect(heading(editor)).to_have_text("Edit the whole document")
    editor.get_by_role("textbox", name="Document").fill("another\none")
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_be_visible()
    editor.get_by_label("save it as the text that it is").check()
    review(editor)
    save(editor)
    assert console.text("dev", secret) == "another\none"


def test_a_conflict_of_whole_documents_keeps_what_was_typed(console: Console, editor: Page) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret, "edit-document")
    editor.get_by_role("textbox", name="Document").fill('{"MINE": "1"}')
    review(editor)
    console.write_outside("dev", secret, FIRST="theirs")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("A whole document replaces theirs")).to_be_visible()
    editor.get_by_role("button", name="Take theirs as the base").click()
    expect(editor.get_by_role("textbox", name="Document")).to_have_value('{"MINE": "1"}')
    review(editor)
    save(editor)
    assert console.values("dev", secret) == {"MINE": "1"}
