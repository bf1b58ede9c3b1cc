"""deploy/catalog.json: the keys of Miyabi, and the values that the demo makes."""

import json

import pytest

from deploy.demo.estate import CATALOG_FILE, read_catalog
from deploy.demo.values import add_placeholders, make_github_token, make_value, make_values
from secrets_ui.domain.secrets.catalog import KeySpec
from secrets_ui.domain.secrets.formats import FORMATS
from secrets_ui.domain.secrets.key_rules import check_value, is_placeholder

CATALOG = read_catalog()
KEYS = [key for secret in CATALOG.secrets.values() for key in secret.keys.values()]
ENVIRONMENTS = ("dev", "staging", "prod")

every_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)


def test_it_names_the_secrets_and_keys_of_miyabi() -> None:
    assert {secret.name: list(secret.keys) for secret in CATALOG.secrets.values()} == {
        "api-keys": [
            "GITHUB_TOKEN",
            "MIYABI_ACCESS_TOKEN",
            "OAUTH_CLIENT_ID",
            "OAUTH_CLIENT_SECRET",
            "OAUTH_ISSUER",
            "GITHUB_OAUTH_CLIENT_ID",
            "GITHUB_OAUTH_CLIENT_SECRET",
            "GITHUB_OAUTH_CALLBACK_URL",
        ],
        "config": ["MIYABI_REPO_OWNER", "MIYABI_REPO_NAME", "BASE_URL", "MIYABI_ROOT"],
    }
    assert json.loads(CATALOG_FILE.read_text())["environments"] == list(ENVIRONMENTS)


@every_key
def test_every_key_says_each_thing_itself_instead_of_leaving_it_to_a_default(key: KeySpec) -> None:
    data = json.loads(CATALOG_FILE.read_text())
    [entry] = [
        secret["keys"][key.name]
        for secret in data["secrets"].values()
        if key.name in secret["keys"]
    ]
    assert {"description", "secret", "required", "format", "between_environments"} <= set(entry)
    assert entry["description"]


@every_key
def test_a_secret_differs_between_environments_and_grows_old_and_what_is_no_secret_does_not(
    key: KeySpec,
) -> None:
    if key.secret:
        assert key.between_environments == "must_differ"
        assert key.max_age_days
    else:
        assert key.max_age_days is None


def test_addresses_and_names_are_no_secrets() -> None:
    assert {key.name for key in KEYS if key.secret} == {
        "GITHUB_TOKEN",
        "MIYABI_ACCESS_TOKEN",
        "OAUTH_CLIENT_SECRET",
        "GITHUB_OAUTH_CLIENT_SECRET",
    }


@pytest.mark.parametrize(
    "value",
    [
        "ghp_" + "x" * 21,
        "your-secure-token",
        "your-oauth-secret",
        "your-github-oauth-id",
        "CHANGE_ME",
        "changeme",
        "replace-me",
        "placeholder",
        "PLACEHOLDER_GITHUB_TOKEN",
        "TODO",
        "<github token>",
        "${GITHUB_TOKEN}",
        "https://example.com/callback",
        "https://api.example.org",
        "https://console.invalid/",
    ],
)
def test_what_guides_and_templates_leave_behind_counts_as_a_placeholder(value: str) -> None:
    assert is_placeholder(value, KEYS[0])


def test_the_issuer_of_the_guide_is_a_placeholder_where_an_issuer_is_wanted() -> None:
    [issuer] = [key for key in KEYS if key.name == "OAUTH_ISSUER"]
    [base_url] = [key for key in KEYS if key.name == "BASE_URL"]
    assert is_placeholder("https://miyabi-mcp.local", issuer)
    assert not is_placeholder("https://miyabi-mcp.local", base_url)


@every_key
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_values_that_the_demo_makes_are_good(key: KeySpec, environment: str) -> None:
    assert check_value(make_value(key, environment), key) == ()


@every_key
def test_the_values_that_the_demo_makes_differ_or_match_as_they_must(key: KeySpec) -> None:
    made = {make_value(key, environment) for environment in ENVIRONMENTS}
    if key.between_environments == "must_differ":
        assert len(made) == len(ENVIRONMENTS)
    if key.between_environments == "must_match":
        assert len(made) == 1


def test_tokens_are_made_anew_each_time() -> None:
    assert len({make_github_token() for _ in range(100)}) == 100


def test_a_key_that_the_demo_does_not_know_gets_a_value_of_its_format() -> None:
    keys = [
        KeySpec(f"NEW_{name.upper()}", format=name, min_length=45 if name == "token" else 0)
        for name in FORMATS
    ]
    assert [check_value(make_value(key, "dev"), key) for key in keys] == [()] * len(FORMATS)


def test_the_flaws_of_dev_are_placeholders_and_a_missing_key() -> None:
    values, specs = make_values(CATALOG, "dev"), CATALOG.secrets["api-keys"].keys
    add_placeholders(values)
    assert set(specs) - set(values["api-keys"]) == {"GITHUB_OAUTH_CALLBACK_URL"}
    assert {
        name for name, value in values["api-keys"].items() if is_placeholder(value, specs[name])
    } == {"GITHUB_TOKEN", "MIYABI_ACCESS_TOKEN"}
