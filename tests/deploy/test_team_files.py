"""The files that a team's tools read: workflow, hooks, owners, changelog, licence."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from deploy.demo.local_aws import PROJECT

GITHUB = PROJECT / ".github"
PINNED = re.compile(r"\s*- uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def read_yaml(path: str) -> Any:
    return yaml.safe_load((PROJECT / path).read_text(encoding="utf-8"))


def read_job(name: str) -> dict[str, Any]:
    return dict(read_yaml(".github/workflows/ci.yml")["jobs"][name])


def test_every_action_is_pinned_by_its_commit_and_names_the_version() -> None:
    lines = [
        line
        for path in (GITHUB / "workflows").iterdir()
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_the_workflow_runs_both_commands_on_every_python_that_is_supported() -> None:
    job = read_job("test")
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert [step["run"] for step in job["steps"] if "make" in step.get("run", "")] == [
        "make check",
        "make test",
    ]


def test_the_workflow_brings_what_the_tests_of_postgresql_and_terraform_need() -> None:
    steps = read_job("test")["steps"]
    text = " ".join(step.get("run", "") for step in steps)
    assert "postgresql" in text
    assert "TF_PLUGIN_DIR=" in text
    assert any("hashicorp/setup-terraform" in step.get("uses", "") for step in steps)


def test_the_workflow_builds_the_image_as_root_where_the_builder_is_installed() -> None:
    """Elsewhere that test is skipped, so the workflow is where it has to run."""
    text = " ".join(step.get("run", "") for step in read_job("image")["steps"])
    assert "buildah" in text
    [path] = re.findall(r"sudo \S+ -m pytest (\S+)", text)
    assert (PROJECT / path).is_file()


def test_the_workflow_may_read_and_nothing_else() -> None:
    assert read_yaml(".github/workflows/ci.yml")["permissions"] == {"contents": "read"}


def test_dependabot_looks_where_versions_are_named() -> None:
    updates = read_yaml(".github/dependabot.yml")["updates"]
    kinds = {update["package-ecosystem"]: update["directory"] for update in updates}
    assert {"github-actions", "pip", "docker", "terraform"} <= set(kinds)
    for folder in kinds.values():
        assert (PROJECT / folder.lstrip("/")).is_dir()


def test_every_path_that_has_an_owner_exists() -> None:
    lines = (GITHUB / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    assert all(owner.startswith("@") for _, *owners in rules for owner in owners)
    paths = [path for path, *_ in rules if path != "*"]
    assert [path for path in paths if not (PROJECT / path.lstrip("/")).exists()] == []


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_an_issue_template_is_a_form(name: str) -> None:
    form = read_yaml(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert {"name", "description", "body"} <= set(form)
    fields = [item for item in form["body"] if item["type"] != "markdown"]
    assert len({item["id"] for item in fields}) == len(fields)
    assert all(item["attributes"]["label"] for item in fields)


def test_hooks_call_the_tools_that_are_locked() -> None:
    repos = read_yaml(".pre-commit-config.yaml")["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    hooks = repos[0]["hooks"]
    assert {"ruff-check", "ruff-format", "mypy"} <= {hook["id"] for hook in hooks}
    assert {hook["language"] for hook in hooks} == {"system"}
    assert all(hook["entry"].startswith((".venv/bin/", "make ")) for hook in hooks)


def test_the_changelog_has_this_version_below_what_is_not_released() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert headings[:2] == ["Unreleased", version]
    assert "0.1.0" in headings


def test_the_licence_is_mit() -> None:
    assert (PROJECT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
