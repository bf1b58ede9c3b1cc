"""docs/how-to/: the files that a recipe names are there, and so are the names in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "how-to"
RECIPES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
LINK = re.compile(r"\[`([^`]+)`\]\(([^)]+)\)")
CODE = re.compile(r"`([^`]+)`")
# What a newcomer is asked to do most often, by the files that tell how.
EXPECTED = {
    *("audited-action", "check", "column", "event", "format", "mask", "operator", "page", "role"),
    *("session-limit", "subject", "way-of-trying"),
}
recipes = pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)


def steps(recipe: Path) -> list[str]:
    """The numbered steps, and each paragraph that is none."""
    text = recipe.read_text(encoding="utf-8")
    return re.split(r"\n(?=\d+\. )|\n\n", text)


def files(text: str) -> list[str]:
    """The files that a text names by links."""
    return [name for name, _ in LINK.findall(text)]


def test_the_changes_that_come_up_often_have_a_recipe() -> None:
    assert {path.stem for path in RECIPES} == EXPECTED
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(([^)]+)\.md\)", index)) == sorted(EXPECTED)


@recipes
def test_every_file_that_a_recipe_names_is_there(recipe: Path) -> None:
    links = LINK.findall(recipe.read_text(encoding="utf-8"))
    assert len(links) >= 5
    for name, target in links:
        assert (ROOT / name).exists(), name
        assert (FOLDER / target).resolve() == ROOT / name, target


@recipes
def test_a_path_in_a_recipe_is_a_link(recipe: Path) -> None:
    """So that the test above sees it."""
    text = LINK.sub("", recipe.read_text(encoding="utf-8"))
    assert [word for word in CODE.findall(text) if re.search(r"^\w+/[\w./-]+\.\w+$", word)] == []


@recipes
def test_every_recipe_has_steps_and_names_its_tests(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 4
    assert [name for name in files(text) if name.startswith("tests/") and "/test_" in name]
    assert len(text.splitlines()) <= 40


@recipes
def test_every_name_that_a_step_gives_stands_in_a_file_that_the_step_links(recipe: Path) -> None:
    for step in steps(recipe):
        named = [ROOT / name for name in files(step)]
        texts = [path.read_text(encoding="utf-8") for path in named if path.suffix != ".png"]
        for word in CODE.findall(LINK.sub("", step)):
            if texts and re.fullmatch(r"_?[A-Za-z][A-Za-z_]+", word):
                assert any(word in text for text in texts), f"{word} in {files(step)}"
