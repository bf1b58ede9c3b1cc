"""Terraform's own checks on every module; modules against the catalogue and READMEs."""

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy.demo.estate import read_catalog
from deploy.demo.local_aws import PROJECT
from deploy.demo.values import make_value
from secrets_ui.domain.secrets import loading
from secrets_ui.domain.secrets.catalog import KeySpec
from secrets_ui.domain.secrets.formats import FORMATS
from secrets_ui.domain.secrets.key_rules import check_value, is_placeholder
from tests.terraform import tables
from tests.terraform.running import SOURCE, Terraform, copy_sources, must_run, why_not

MODULES = [
    pytest.param(folder, id=folder.relative_to(PROJECT).as_posix()) for folder in tables.modules()
]
EXAMPLES = sorted(path.parent for path in (SOURCE / "examples").glob("*/main.tf"))


@pytest.fixture(scope="session")
def copied(
    cli_config: Path, attached: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Terraform:
    """The root module in a folder of its own, initialised."""
    sources = copy_sources(tmp_path_factory.mktemp("modules"))
    terraform = Terraform(sources, cli_config, attached)
    terraform.run("init", "-input=false")
    return terraform


def test_every_file_is_formatted(copied: Terraform) -> None:
    copied.run("fmt", "-check", "-recursive", "-diff")


@pytest.mark.slow
def test_its_own_tests_pass_with_a_provider_that_makes_nothing(copied: Terraform) -> None:
    """They are of the root module and of each in modules/; so these are valid, too."""
    printed = copied.run("test")
    assert re.search(r"Success! \d+ passed, 0 failed\.", printed)


@pytest.mark.slow
@pytest.mark.parametrize("example", [pytest.param(path, id=path.name) for path in EXAMPLES])
def test_an_example_is_valid(copied: Terraform, example: Path) -> None:
    folder = copied.folder / "examples" / example.name
    there = Terraform(folder, copied.cli_config, copied.attached)
    there.run("init", "-input=false")
    there.run("validate")


@pytest.mark.slow
def test_bad_input_is_told_by_name_with_what_was_expected(copied: Terraform) -> None:
    """All of it in one go, before a provider is asked for anything."""
    wrong = {
        "environment": "production",
        "account_id": "1111-1111-1111",
        "region": "Oregon",
        "console_task_role_arns": '["miyabi-console-task"]',
        "deployer_role_arns": '["arn:aws:sts::111111111111:assumed-role/terraform/hana"]',
        "github_token": "ghp_too-short-to-be-a-token",
        "miyabi_access_token": "your-secure-token-of-32-characters-or-more",
        "oauth_issuer": "http://plain.example.com",
    }
    printed = " ".join(copied.run("plan", "-input=false", status=1, **wrong).split())
    for result in (
        '"production" is not an environment: expected dev, staging or prod.',
        '"1111-1111-1111" is not an AWS account id: expected 12 digits.',
        '"Oregon" is not a Region',
        "Expected ARNs of roles, such as arn:aws:iam::123456789012:role/miyabi-console-task",
        "The ARN of a session (assumed-role) will not do.",
        "The value of github_token is not a GitHub token: expected ghp_",
        "The value of miyabi_access_token is a sample, as a guide prints it",
        "The value of oauth_issuer is not an https URL",
    ):
        assert result in printed
    assert "too-short-to-be-a-token" not in printed
    assert "plain.example.com" not in printed


def test_nothing_has_to_be_told() -> None:
    """The guide's commands run as they stand, with values or without."""
    variables = [block for block in tables.blocks(SOURCE) if block.kind == "variable"]
    assert [block.name for block in variables if block.default is None] == []


def test_the_placeholder_of_the_function_is_what_stands_beside_it() -> None:
    module = SOURCE / "modules" / "function"
    with zipfile.ZipFile(module / "placeholder.zip") as package:
        assert package.namelist() == ["lambda_handler.py"]
        assert package.read("lambda_handler.py") == (module / "placeholder.py").read_bytes()


@pytest.mark.parametrize("folder", MODULES)
def test_a_readme_tells_the_variables_and_outputs_that_there_are(folder: Path) -> None:
    assert tables.tables(folder) in (folder / "README.md").read_text(encoding="utf-8"), (
        "`python -m tests.terraform.tables` writes the tables anew"
    )


@pytest.mark.parametrize("folder", MODULES)
def test_every_variable_and_output_says_what_it_is(folder: Path) -> None:
    found = tables.blocks(folder)
    assert found
    assert [block.name for block in found if len(block.description) < 10] == []


def test_each_key_of_the_catalogue_has_a_variable_that_is_never_kept() -> None:
    """Under the name of the guide, github_token for GITHUB_TOKEN, and handed on to the key."""
    variables = {block.name: block for block in tables.blocks(SOURCE) if block.kind == "variable"}
    code = (SOURCE / "main.tf").read_text(encoding="utf-8")
    for secret in read_catalog().secrets.values():
        for key in secret.keys:
            variable = variables[key.lower()]
            assert variable.is_ephemeral, key
            assert variable.is_checked, key
            assert re.search(rf"^ +{key} += var\.{key.lower()}$", code, re.MULTILINE), key


def test_its_formats_are_those_of_the_console_and_their_placeholders_are_recognised() -> None:
    code = (SOURCE / "modules" / "miyabi-secrets" / "catalog.tf").read_text(encoding="utf-8")
    found = dict(
        re.findall(r'^    (\w+) = \{\n.*?placeholder = "([^"]*)"', code, re.MULTILINE | re.DOTALL)
    )
    assert found == {name: item.placeholder for name, item in FORMATS.items()}
    for secret in read_catalog().secrets.values():
        for key in secret.keys.values():
            assert is_placeholder(found[key.format], key), key.name


@pytest.mark.parametrize("name", FORMATS)
def test_its_formats_take_what_the_console_takes_and_refuse_what_it_refuses(name: str) -> None:
    code = (SOURCE / "modules" / "miyabi-secrets" / "catalog.tf").read_text(encoding="utf-8")
    [written] = re.findall(rf"^    {name} = \{{\n +pattern += (\".*\")$", code, re.MULTILINE)
    pattern = re.compile(json.loads(written))  # HCL escapes in a string as JSON does
    key = KeySpec("KEY", format=name)
    good = [make_value(key, "dev") for _ in range(20)]
    wrong = {
        "github_token": ["ghp_short", good[0][:-1], f"{good[0]}0", f"x{good[0]}"],
        "token": ["x" * 20, "x" * 20 + " " + "x" * 20],
        "url": ["", "example.org", "ftp://example.org", "https://", "https:///path"],
        "https_url": ["", "http://example.org", "example.org"],
        "identifier": ["", "-dash", "two words", "näme"],
        "path": ["", "relative/path"],
        "free_text": [""],
    }[name]
    assert [check_value(value, key) for value in good] == [()] * len(good)
    assert [value for value in good if not pattern.search(value)] == []
    assert [value for value in wrong if check_value(value, key) == ()] == []
    assert [value for value in wrong if pattern.search(value)] == []


def test_values_are_written_only_through_arguments_that_forget_them() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.tf"))
    assert not re.search(r"^\s*(secret_string|password|secret_binary)\s*=", code, re.MULTILINE)
    assert re.search(r"^\s*secret_string_wo\s*=", code, re.MULTILINE)


def test_ci_finds_a_provider_wherever_it_lies_in_a_folder_of_plugins(tmp_path: Path) -> None:
    provider = tmp_path / "deep" / "down" / "terraform-provider-aws_v5.100.0_x5"
    provider.parent.mkdir(parents=True)
    provider.touch(mode=0o755)
    script = (
        f'. .ci/find-terraform-provider; find_terraform_provider "{tmp_path / "none"}" "{tmp_path}"'
    )
    printed = subprocess.run(
        ["bash", "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert printed.stdout.strip() == str(provider.parent)


def test_without_terraform_the_reason_is_told_and_ci_fails_only_with_terraform_on_the_path(
    tmp_path: Path,
) -> None:
    assert why_not({"PATH": str(tmp_path)}) == "terraform is not on the PATH"
    assert not must_run({"PATH": str(tmp_path), "CI": "true"})
    program = tmp_path / "terraform"
    program.touch(mode=0o755)
    assert "terraform-provider-aws_v*" in why_not(
        {"PATH": str(tmp_path), "TF_PLUGIN_DIR": str(tmp_path)}
    )
    assert must_run({"PATH": str(tmp_path), "CI": "true"})
    assert not must_run({"PATH": str(tmp_path)})


def test_names_of_keys_are_judged_by_the_loader_s_rule_in_its_words() -> None:
    module = SOURCE / "modules" / "miyabi-secrets"
    code = (module / "catalog.tf").read_text(encoding="utf-8")
    for name, expected in (
        ("reserved", set(loading.RESERVED)),
        ("reserved_starts", set(loading.RESERVED_STARTS)),
    ):
        [members] = re.findall(rf"^  {name} = \[(.*?)\]", code, re.MULTILINE | re.DOTALL)
        assert set(re.findall(r'"([^"]+)"', members)) == expected
    resources = (module / "secrets.tf").read_text(encoding="utf-8")
    assert f" {loading.UNFIT_NAME}." in resources
    assert f" {loading.RESERVED_NAME}." in resources
