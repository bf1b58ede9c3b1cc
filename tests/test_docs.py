"""The project's Markdown: links lead somewhere, indexes are whole, limits are current."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from secrets_ui.templatetags.dates import duration

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
SOURCE = re.compile(r"(?<![\w./{}*<>-])(?:[\w-]+/)+[\w-]+\.(?:py|js|css)\b")
# What a path in a text starts at, besides the folder of its file.
STARTS = (ROOT, ROOT / "secrets_ui", ROOT / "deploy", ROOT / "deploy/lambda")
FOLDERS = ("benchmarks", "deploy", "docs", "miyabi_admin", "secrets_ui", "testkit", "tests")


def list_files(pattern: str) -> list[Path]:
    """The project's own files; those of its folders where there is no Git."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        [*command, pattern], capture_output=True, text=True, check=False
    ).stdout.split("\n")
    found = [ROOT / name for name in listed if name] or [
        *ROOT.glob(pattern),
        *(path for folder in FOLDERS for path in (ROOT / folder).rglob(pattern)),
    ]
    return [path for path in found if path.exists()]


def documents() -> list[Path]:
    return list_files("*.md")


def anchors(path: Path) -> set[str]:
    """As GitHub names them: lower case, hyphens for blanks, numbered where one stands twice."""
    found: set[str] = set()
    for heading in re.findall(
        r"^#+ +(.+?) *#*$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE
    ):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(
            next(
                name for name in (slug, *(f"{slug}-{n}" for n in range(1, 50))) if name not in found
            )
        )
    return found


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{path.name}: {link}"


def find_lost_sources(path: Path) -> list[str]:
    """The paths of source files that a text names, and that do not exist."""
    return [
        name
        for name in SOURCE.findall(path.read_text(encoding="utf-8"))
        if not any((start / name).exists() for start in (*STARTS, path.parent))
    ]


def test_every_source_file_that_a_document_or_a_comment_names_exists() -> None:
    lost = {path: find_lost_sources(path) for path in [*documents(), *list_files("*.py")]}
    assert not {str(path.relative_to(ROOT)): names for path, names in lost.items() if names}


def test_a_source_file_that_was_moved_is_noticed(tmp_path: Path) -> None:
    text = tmp_path / "guide.md"
    text.write_text("Not `domain/" + "moved_away.py`, but domain/people/roles.py and <x>/y.py.")
    assert find_lost_sources(text) == ["domain/" + "moved_away.py"]


def test_the_documents_are_found() -> None:
    assert {"README.md", "setup-guide.md", "operations.md"} <= {path.name for path in documents()}


def test_a_heading_is_named_as_github_names_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# On one host, with Compose\n\n```\n# no heading\n```\n\n"
        "## `AUDIT_KEY` & [more](x.md)\n## A\n## A\n"
    )
    assert anchors(page) == {"on-one-host-with-compose", "audit_key--more", "a", "a-1"}


def test_the_architecture_lists_every_folder() -> None:
    listed = set(
        re.findall(r"^\| `([a-z_/]+/)`", (ROOT / "docs/architecture.md").read_text(), re.M)
    )
    rooms = {
        f"{path.parent.relative_to(ROOT)}/"
        for path in (ROOT / "secrets_ui").rglob("*.py")
        if path.name != "__init__.py"
    }
    assert rooms <= listed
    assert {folder for folder in listed if not (ROOT / folder).is_dir()} == set()


def test_the_index_of_decisions_lists_each_of_them_in_order() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(
        r"^(\d+)\. \[.+\]\((.+)\)$",
        (folder / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    pages = sorted(path.name for path in folder.glob("0*.md"))
    assert listed == [(str(number), name) for number, name in enumerate(pages, start=1)]
    for number, name in listed:
        assert int(name[:4]) == int(number)


@pytest.mark.parametrize(
    ("document", "limits"),
    [
        ("docs/authentication.md", ("SESSION_IDLE_SECONDS", "SESSION_LIFE_SECONDS")),
        ("docs/threat-model.md", ("SESSION_IDLE_SECONDS", "SESSION_LIFE_SECONDS")),
        ("docs/architecture.md", ("REVEAL_SECONDS",)),
        ("README.md", ("REVEAL_SECONDS",)),
    ],
)
def test_a_limit_of_time_is_told_as_it_is_set(document: str, limits: tuple[str, ...]) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for name in limits:
        assert duration(getattr(settings, name)) in text, name
