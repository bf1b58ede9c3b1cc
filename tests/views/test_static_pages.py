"""The pages, read as text: nothing inline, nothing unescaped, nothing from elsewhere."""

import re
from collections.abc import Callable
from functools import cache, wraps
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "secrets_ui" / "static" / "secrets_ui"
SCRIPTS, STYLES = sorted(STATIC.glob("*.js")), sorted(STATIC.glob("*.css"))

# Text that is marked as safe: where, and why it cannot hold anything from outside.
SAFE = {
    # The place where a streamed page is cut; made by the view, of constants.
    "access/run.html": {"marker|safe"}
}
# Each use says of what it is made.
SAFE_PYTHON = {
    "secrets_ui/identity/second_factor.py",  # a QR code's drawing
    "secrets_ui/rendering.py",  # what a template has rendered and escaped
    "secrets_ui/templatetags/comparison.py",  # a row, each text of it escaped
    "secrets_ui/templatetags/console.py",  # icons
    "secrets_ui/templatetags/dates.py",  # numbers and words of its own
    "secrets_ui/templatetags/listing.py",  # a row, each text of it escaped
    "secrets_ui/templatetags/usage.py",  # two constant texts
    "secrets_ui/templatetags/versions.py",  # ids, names and keys, each escaped
}
# Sinks that Trusted Types guard, ways around them, and places where a value could stay behind.
FORBIDDEN_IN_SCRIPTS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTMLUnsafe"
    r"|srcdoc|trustedTypes|\beval\b|new Function|javascript:|import\(|setAttribute\(\"(on|style)"
    r"|localStorage|sessionStorage|indexedDB|\bcaches\b|document\.cookie|window\.name"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


class Markup(HTMLParser):
    """The elements of a template, its tags taken out."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(re.sub(r"\{%.*?%\}", " ", source, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@cache
def elements(path: Path) -> list[tuple[str, dict[str, str | None]]]:
    return Markup(path.read_text(encoding="utf-8")).elements


def of_each(paths: list[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """One test for all files, not one for each: hundreds of tests cost more than what they read."""

    def decorate(rule: Callable[[Path], None]) -> Callable[[], None]:
        @wraps(rule, updated=())
        def test() -> None:
            broken = {}
            for path in paths:
                try:
                    rule(path)
                except AssertionError as error:
                    broken[str(path.relative_to(ROOT))] = str(error)
            assert paths
            assert broken == {}

        del test.__wrapped__  # type: ignore[attr-defined]  # pytest would ask for its argument
        return test

    return decorate


@of_each(TEMPLATES)
def test_s56_a_template_has_no_inline_script_style_or_handler(path: Path) -> None:
    for tag, attributes in elements(path):
        assert tag not in ("style", "iframe", "object", "embed", "base"), tag
        assert tag != "script" or ("src" in attributes and attributes.get("type") == "module")
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")
        ], (tag, attributes)
        assert not any("javascript:" in (value or "").lower() for value in attributes.values())


@of_each(TEMPLATES)
def test_s56_a_template_marks_nothing_as_safe_outside_the_list(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found = set(re.findall(r"[\w.]+\|safe(?:seq)?\b", source))
    assert found <= SAFE.get(name_of(path), set())
    assert "autoescape" not in source


def test_s56_the_list_of_safe_texts_names_none_that_is_gone() -> None:
    for name, texts in SAFE.items():
        source = (ROOT / "templates" / name).read_text(encoding="utf-8")
        assert [text for text in texts if text not in source] == []


def test_s56_python_marks_nothing_as_safe_outside_the_list() -> None:
    sources = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in (ROOT / "secrets_ui").rglob("*.py")
    }
    marking = {
        name
        for name, source in sources.items()
        if re.search(r"mark_safe|SafeString\(|html_safe", source)
    }
    assert marking <= SAFE_PYTHON


@of_each(SCRIPTS)
def test_s56_a_script_parses_no_markup_runs_no_text_and_stores_nothing(path: Path) -> None:
    assert FORBIDDEN_IN_SCRIPTS.findall(path.read_text(encoding="utf-8")) == []


@of_each([*SCRIPTS, *STYLES, *TEMPLATES])
def test_a_page_loads_nothing_from_elsewhere(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(
        r"""(src|href|action)=["']?(https?:)?//|["'`](https?:)?//\w|data:\w+/""", source
    )
    assert path.suffix != ".css" or not re.search(r"@import|url\(", source)


@of_each(SCRIPTS)
def test_a_script_imports_files_that_are_there(path: Path) -> None:
    for name in re.findall(r"""from ["'](.+?)["']""", path.read_text(encoding="utf-8")):
        assert name.startswith("./")
        assert (STATIC / name).is_file()


@of_each(TEMPLATES)
def test_a_template_names_static_files_that_are_there(path: Path) -> None:
    for name in re.findall(r"""\{% static ["'](.+?)["'] %\}""", path.read_text(encoding="utf-8")):
        assert (ROOT / "secrets_ui" / "static" / name).is_file()


@of_each(TEMPLATES)
def test_a_form_that_changes_something_carries_a_token(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    posts = sum(
        tag == "form" and (attributes.get("method") or "get").lower() == "post"
        for tag, attributes in elements(path)
    )
    assert source.count("{% csrf_token %}") == posts


@of_each(TEMPLATES)
def test_a_new_tab_gets_no_hold_on_ours(path: Path) -> None:
    for tag, attributes in elements(path):
        assert attributes.get("target") != "_blank" or "noopener" in (
            attributes.get("rel") or ""
        ), tag
    if any(attributes.get("formtarget") == "_blank" for _, attributes in elements(path)):
        is_part = path.name == "_without_script.html"  # its form stands in _edit_base.html
        form = path.parent / "_edit_base.html" if is_part else path
        assert 'rel="noopener"' in form.read_text(encoding="utf-8")


# A deletion has a page of its own, which is the question.
ASKS_FIRST = ("_confirm.html", "changes/delete.html")
# Routes whose POST undoes something; the others of `_confirm.html` share theirs with other acts.
DANGEROUS = ("take_role", "remove_factor", "end_session", "recovery_codes")


@of_each(TEMPLATES)
def test_a_dangerous_act_asks_first_without_a_script_too(path: Path) -> None:
    """Its form stands in `_confirm.html`, folded away until it is asked for."""
    source = path.read_text(encoding="utf-8")
    forms = re.findall(r"""action="{% url "(\w+)""", source)
    assert not set(forms) & set(DANGEROUS)
    assert 'value="off"' not in re.sub(r"{%.*?%}", "", source)
    is_asking = any(
        tag == "button" and "danger" in (attributes.get("class") or "").split()
        for tag, attributes in elements(path)
    )
    assert is_asking == (name_of(path) in ASKS_FIRST)


@of_each(TEMPLATES)
def test_a_table_can_be_read_on_a_phone_and_its_columns_have_widths_of_their_own(
    path: Path,
) -> None:
    """Stacked, or with a place of its own to scroll in; console.css lays out all tables fixed."""
    source = path.read_text(encoding="utf-8")
    for tag, attributes in elements(path):
        if tag == "table":
            assert "stack" in (attributes.get("class") or "").split() or 'class="wide"' in source
    css = (STATIC / "console.css").read_text(encoding="utf-8")
    assert re.search(r"^table \{[^}]*table-layout: fixed", css, flags=re.MULTILINE)
    known = set(re.findall(r"^\.(w-\w+) ", css, flags=re.MULTILINE))
    assert set(re.findall(r"\bw-\w+", source)) <= known


# Colours. WCAG 2.2, 1.4.3 and 1.4.11: https://www.w3.org/TR/WCAG22/#contrast-minimum
TEXT = ("--sumi", "--sumi-2", "--sumi-3", "--ai", "--matcha", "--yamabuki", "--shu")
GROUNDS = ("--washi", "--sheet", "--sunken")
PAIRS = [
    *((text, ground, 4.5) for text in TEXT for ground in GROUNDS),
    *((colour, f"{colour}-soft", 4.5) for colour in ("--ai", "--matcha", "--yamabuki", "--shu")),
    *(("--sumi", f"{colour}-soft", 4.5) for colour in ("--ai", "--matcha", "--yamabuki", "--shu")),
    *(("--sumi-2", f"{colour}-soft", 4.5) for colour in ("--matcha", "--yamabuki", "--shu")),
    ("--on-ai", "--ai", 4.5),
    ("--washi", "--sumi", 4.5),
    *(("--field", ground, 3) for ground in GROUNDS),
]


def colours(theme: str) -> dict[str, str]:
    light, dark = (
        (STATIC / "tokens.css").read_text(encoding="utf-8").split("(prefers-color-scheme: dark)", 1)
    )
    found = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", light))
    return (
        found
        if theme == "light"
        else found | dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", dark.split(".edge-", 1)[0]))
    )


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_a_colour_can_be_told_from_its_ground(
    theme: str, text: str, ground: str, least: float
) -> None:
    dark, light = sorted(luminance(colours(theme)[name]) for name in (text, ground))
    assert (light + 0.05) / (dark + 0.05) >= least
