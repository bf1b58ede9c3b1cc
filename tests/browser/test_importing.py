"""Keys imported from a .env: pasted or dropped, chosen in the review, saved in a few clicks."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from testkit.canary import make_plain_canary
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import answer_prod, heading, problem, review, reviewed, save
from tests.browser.watching import Bodies

DROP = """([area, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], ".env"));
  const init = { dataTransfer: data, bubbles: true, cancelable: true };
  area.dispatchEvent(new DragEvent("drop", init));
}"""


def test_eight_keys_are_imported_into_prod_with_three_clicks_and_no_value_comes_back(
    console: Console, editor: Page
) -> None:
    bodies, secret = Bodies(editor.context), console.make_secret("prod")
    canary = make_plain_canary()
    editor.goto(console.path("secret", "prod", secret))
    editor.get_by_role("link", name="Import", exact=True).click()
    editor.get_by_label("Text", exact=True).fill(
        "".join(f"export KEY_{n}={canary}{n}\n" for n in range(8))
    )
    review(editor)
    answer_prod(editor, console.name("prod", secret))
    save(editor)
    expected = {f"KEY_{n}": f"{canary}{n}" for n in range(8)}
    assert {"FIRST": "one", "SECOND": "two", "THIRD": "three"} | expected == console.values(
        "prod", secret
    )
    assert [where for where, body in bodies.received if canary.encode() in body] == []


def test_a_dropped_file_is_put_right_and_its_keys_are_chosen(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret()
    editor.goto(console.path("import", "dev", secret))
    area = editor.get_by_label("Text", exact=True)
    area.evaluate(
        f"(area, text) => ({DROP})([area, text])", "FIRST=1\nno such line\nNEW=n\nEMPTY=\n"
    )
    expect(area).to_have_value("FIRST=1\nno such line\nNEW=n\nEMPTY=\n")
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("Line 2: KEY=value is expected")
    expect(area).to_be_focused()
    assert area.evaluate("area => area.selectionStart") == len("FIRST=1\n")

    area.fill("FIRST=1\nTHIRD=three\nNEW=n\nEMPTY=\n")
    review(editor)
    assert_accessible(editor)
    expect(editor.get_by_role("checkbox", name="Import EMPTY")).not_to_be_checked()
    expect(editor.get_by_role("checkbox", name="Import THIRD")).to_have_count(0)
    assert reviewed(editor, "THIRD")[1] == "the same"
    editor.get_by_role("checkbox", name="Import FIRST").uncheck()
    editor.get_by_role("button", name="Back to edit").click()
    review(editor)
    expect(editor.get_by_role("checkbox", name="Import FIRST")).not_to_be_checked()
    editor.get_by_role("checkbox", name="Import NEW").uncheck()
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(problem(editor)).to_contain_text("Choose at least one key.")
    expect(heading(editor)).to_have_text("Review the change")
    editor.get_by_role("checkbox", name="Import NEW").check()
    editor.get_by_role("checkbox", name="Remove SECOND").check()
    save(editor)
    assert console.values("dev", secret) == {"FIRST": "one", "THIRD": "three", "NEW": "n"}


def test_without_a_script_the_text_is_saved_at_once_and_stays_in_its_tab(
    console: Console, person: Callable[..., Page]
) -> None:
    page, secret = person("editor", java_script_enabled=False), console.make_secret()
    page.goto(console.path("import", "dev", secret))
    page.get_by_label("Text", exact=True).fill("NEW=n\nno such line\n")
    page.get_by_label("Save without a review").check()
    for told in ("Line 2: KEY=value is expected", "is AWSCURRENT now"):
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Save", exact=True).click()
        expect(opened.value.get_by_text(told)).to_be_visible()
        expect(heading(page)).to_have_text("Import keys")
        page.get_by_label("Text", exact=True).fill("NEW=n\n")
    assert console.values("dev", secret)["NEW"] == "n"
