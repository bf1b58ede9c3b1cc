"""S83: everything is locked with hashes, in files that bind nobody to one index or machine."""

import re
import tomllib

import pytest

from deploy.demo.local_aws import PROJECT

FILES = ("base", "demo", "dev", "checkov", "mutants")
REQUIREMENT = re.compile(r"([a-z0-9-]+)==([0-9A-Za-z.+!-]+)( ; [a-z_ .*'\"<>=!()0-9A-Z-]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def lines_of(name: str) -> list[str]:
    return (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()


def locked(name: str) -> dict[str, str]:
    return {match[1]: match[2] for line in lines_of(name) if (match := REQUIREMENT.fullmatch(line))}


def wanted(*groups: str) -> set[str]:
    """Names that pyproject.toml asks for, with the groups that a group includes."""
    data = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    items = list(data["project"]["dependencies"])
    for group in groups:
        items += [item for item in data["dependency-groups"][group] if isinstance(item, str)]
    return {re.split(r"[\[<>=~!; ]", item)[0].lower().replace("_", "-") for item in items}


@pytest.mark.parametrize("name", FILES)
def test_s83_a_lock_file_holds_names_versions_and_hashes_and_nothing_else(name: str) -> None:
    strange = [
        line
        for line in lines_of(name)
        if not REQUIREMENT.fullmatch(line) and not HASH.fullmatch(line)
    ]
    assert strange == []


@pytest.mark.parametrize("name", FILES)
def test_s83_every_requirement_has_a_hash(name: str) -> None:
    lines = lines_of(name)
    bare = [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if REQUIREMENT.fullmatch(line) and not HASH.fullmatch(after)
    ]
    assert locked(name)
    assert bare == []


@pytest.mark.parametrize(
    ("name", "groups"),
    [("base", ()), ("demo", ("demo",)), ("dev", ("demo", "dev")), ("mutants", ("demo", "mutants"))],
)
def test_what_pyproject_asks_for_is_locked(name: str, groups: tuple[str, ...]) -> None:
    assert wanted(*groups) <= set(locked(name))


@pytest.mark.parametrize(("smaller", "larger"), [("base", "demo"), ("demo", "dev")])
def test_the_larger_lock_holds_the_smaller_one_in_the_same_versions(
    smaller: str, larger: str
) -> None:
    assert locked(smaller).items() <= locked(larger).items()


def test_s83_make_installs_nothing_without_hashes() -> None:
    installs = [
        line for line in (PROJECT / "Makefile").read_text().splitlines() if "pip install" in line
    ]
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_s88_what_production_installs_has_no_local_aws_and_no_tests() -> None:
    assert set(locked("base")).isdisjoint(
        {"moto", "flask", "flask-cors", "werkzeug", "pytest", "playwright", "hypothesis"}
    )
