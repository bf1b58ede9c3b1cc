"""catalog: the file says what is expected; a mistake is reported with file and member."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.errors import ConfigurationError
from secrets_ui.domain.secrets.catalog import Catalog, KeySpec, parse_catalog
from secrets_ui.domain.secrets.issuer import to_entry as issuer_entry
from secrets_ui.domain.secrets.loading import name_problem
from secrets_ui.domain.secrets.trial import to_entry

GOOD: dict[str, Any] = {
    "project": "miyabi",
    "placeholders": ["^todo$"],
    "secrets": {
        "api-keys": {
            "description": "API keys",
            "keys": {
                "TOKEN": {
                    "description": "a token",
                    "secret": False,
                    "required": True,
                    "format": "token",
                    "between_environments": "must_differ",
                    "max_age_days": 90,
                    "min_length": 32,
                    "placeholders": ["^x+$"],
                },
                "PLAIN": {},
            },
        }
    },
}


def parsed(**key: Any) -> Catalog:
    """The good catalogue with members of TOKEN replaced."""
    data = copy.deepcopy(GOOD)
    data["secrets"]["api-keys"]["keys"]["TOKEN"].update(key)
    return parse_catalog(data, "catalog.json")


def test_a_key_is_what_the_file_says() -> None:
    spec = parsed().secrets["api-keys"].keys["TOKEN"]

    assert [p.pattern for p in spec.placeholders] == ["^todo$", "^x+$"]
    expected = KeySpec(
        "TOKEN", "a token", False, True, "token", "must_differ", 90, 32, spec.placeholders
    )
    assert spec == expected


def test_a_key_without_members_is_an_optional_secret_text() -> None:
    spec = parsed().secrets["api-keys"].keys["PLAIN"]
    assert (
        spec.secret,
        spec.required,
        spec.format,
        spec.between_environments,
        spec.max_age_days,
        spec.min_length,
    ) == (True, False, "free_text", "any", None, 0)


@pytest.mark.parametrize("entry", ["github_token", "https_url", {"same_as": "PLAIN"}], ids=str)
def test_a_key_may_say_how_it_is_tried(entry: Any) -> None:
    trial = parsed(**{"try": entry}).secrets["api-keys"].keys["TOKEN"].trial
    assert trial
    assert to_entry(trial) == entry


@pytest.mark.parametrize(
    "entry",
    [
        {"url": "https://github.com/settings/tokens"},
        {"words": "Ask the team."},
        {"url": "https://example.com:8443/a?b#c", "words": "Add a secret."},
    ],
    ids=str,
)
def test_a_key_may_say_where_it_is_got_and_is_judged_as_before(entry: Any) -> None:
    spec = parsed(get=entry).secrets["api-keys"]
    issuer = spec.keys["TOKEN"].issuer
    assert issuer
    assert issuer_entry(issuer) == entry
    assert spec.digest == parsed().secrets["api-keys"].digest


def test_a_key_has_the_owner_and_runbook_of_its_secret_unless_it_names_its_own() -> None:
    data = copy.deepcopy(GOOD)
    data["secrets"]["api-keys"] |= {"owner": "Platform", "runbook": "https://docs.test/a"}
    data["secrets"]["api-keys"]["keys"]["TOKEN"]["owner"] = "MCP"
    secret = parse_catalog(data, "catalog.json").secrets["api-keys"]

    found = {name: (secret.rules_of(name).owner, secret.rules_of(name).runbook)
             for name in ("TOKEN", "PLAIN", "UNKNOWN")}  # fmt: skip
    assert found == {
        "TOKEN": ("MCP", "https://docs.test/a"),
        "PLAIN": ("Platform", "https://docs.test/a"),
        "UNKNOWN": ("Platform", "https://docs.test/a"),
    }
    # Nothing is read again because somebody else looks after it.
    assert secret.digest == parse_catalog(GOOD, "catalog.json").secrets["api-keys"].digest


def test_keys_keep_the_order_of_the_file() -> None:
    assert list(parsed().secrets["api-keys"].keys) == ["TOKEN", "PLAIN"]


WRONG_KEYS: list[tuple[dict[str, Any], str, str]] = [
    ({"formt": "token"}, "formt", "expected some of between_environments, description, format"),
    ({"format": "jwt"}, ".format", "expected one of github_token, token, url"),
    ({"format": ["token"]}, ".format", "expected one of"),
    ({"format": None}, ".format", "expected one of"),
    (
        {"between_environments": "same"},
        ".between_environments",
        "expected one of must_differ, must_match, any",
    ),
    ({"secret": "yes"}, ".secret", "expected true or false"),
    ({"owner": ""}, ".owner", "expected a name of at most 100 characters in one line"),
    ({"owner": "A\nB"}, ".owner", "expected a name"),
    ({"runbook": "http://docs.test/a"}, ".runbook", "expected an https address"),
    ({"runbook": "https://me@docs.test/a"}, ".runbook", "without a user name"),
    ({"runbook": "https://docs.test/a b"}, ".runbook", "expected an https address"),
    ({"required": 1}, ".required", "expected true or false"),
    ({"max_age_days": 0}, ".max_age_days", "expected a whole number above 0"),
    ({"max_age_days": "90"}, ".max_age_days", "expected a whole number above 0"),
    ({"max_age_days": 1.5}, ".max_age_days", "expected a whole number above 0"),
    ({"min_length": True}, ".min_length", "expected a whole number above 0"),
    ({"min_length": -1}, ".min_length", "expected a whole number above 0"),
    ({"try": "github"}, ".try", 'expected "github_token", "https_url", {"github_oauth_app": KEY}'),
    ({"try": "same_as"}, ".try", "expected"),
    ({"try": None}, ".try", "expected"),
    ({"try": {"same_as": 1}}, ".try", "expected"),
    ({"try": {"https_url": "PLAIN"}}, ".try", "expected"),
    ({"try": {"same_as": "PLAIN", "github_oauth_app": "PLAIN"}}, ".try", "expected"),
    ({"try": ["github_token"]}, ".try", "expected"),
    ({"try": {"same_as": "TOKEN"}}, ".try", "expected another key of the same secret"),
    ({"try": {"same_as": "OTHER"}}, ".try", "expected another key of the same secret"),
    ({"try": "https_url", "secret": True}, ".try", "TOKEN would stand in an address"),
    ({"try": {"github_oauth_app": "PLAIN"}}, ".try", "PLAIN would stand in an address"),
    ({"get": "https://a.example"}, ".get", 'expected an object of "url" and "words"'),
    ({"get": {}}, ".get", 'expected an object of "url" and "words"'),
    ({"get": {"link": "https://a.example"}}, ".get", "expected an object"),
    ({"get": {"words": " "}}, ".get.words", "expected a text of at most 500 characters"),
    ({"get": {"words": "x" * 501}}, ".get.words", "expected a text of at most 500 characters"),
    ({"get": {"url": 1}}, ".get.url", "expected a text"),
    *(
        ({"get": {"url": url}}, ".get.url", "expected the https address of a page")
        for url in (
            *("http://a.example", "javascript:alert(1)", "//a.example", "https://", "https://[a"),
            *("https://u:p@a.example", "https://a.example/ b", "https://é.example"),
        )
    ),
    ({"placeholders": "^x$"}, "placeholders", "expected a list of regular expressions"),
    ({"placeholders": [1]}, "placeholders", "expected a list of regular expressions"),
    ({"placeholders": ["("]}, "placeholders", "not a regular expression"),
    ({"placeholders": ["a{99999999999999999999}"]}, "placeholders", "not a regular expression"),
    ({"placeholders": ["(" * 5000 + ")" * 5000]}, "placeholders", "not a regular expression"),
]


@pytest.mark.parametrize(("members", "named", "expected"), WRONG_KEYS, ids=lambda x: str(x)[:40])
def test_a_mistake_in_a_key_is_told_with_file_key_and_expectation(
    members: dict[str, Any], named: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parsed(**members)

    assert caught.value.message.startswith("catalog.json: secrets.api-keys.keys.TOKEN")
    assert named in caught.value.message
    assert expected in caught.value.message


WRONG_CATALOGS: list[tuple[Any, str]] = [
    ([], "catalog.json: expected an object with a member 'secrets'"),
    (None, "catalog.json: expected an object with a member 'secrets'"),
    ({}, "catalog.json: expected an object with a member 'secrets'"),
    ({"secrets": []}, "catalog.json: expected an object with a member 'secrets'"),
    ({"secrets": {"a": []}}, "catalog.json: secrets.a: expected an object with a member 'keys'"),
    ({"secrets": {"a": {}}}, "catalog.json: secrets.a: expected an object with a member 'keys'"),
    (
        {"secrets": {"a": {"keys": []}}},
        "catalog.json: secrets.a: expected an object with a member 'keys'",
    ),
    (
        {"secrets": {"a": {"keys": {"K": "token"}}}},
        "catalog.json: secrets.a.keys.K: expected an object",
    ),
    (
        {"secrets": {}, "placeholders": "x"},
        "catalog.json: placeholders: expected a list of regular expressions",
    ),
    (
        {"secrets": {}, "placeholders": ["["]},
        "catalog.json: placeholders: not a regular expression",
    ),
]


@pytest.mark.parametrize(("data", "message"), WRONG_CATALOGS, ids=lambda x: str(x)[:40])
def test_a_mistake_in_the_layout_is_told_with_file_member_and_expectation(
    data: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_catalog(data, "catalog.json")
    assert caught.value.message.startswith(message)


def test_a_secret_is_found_by_what_follows_the_prefix() -> None:
    catalog = parsed()
    assert catalog.spec_for("miyabi/dev/", "miyabi/dev/api-keys") is catalog.secrets["api-keys"]


@pytest.mark.parametrize(
    "name",
    [
        "miyabi/prod/api-keys",
        "api-keys",
        "miyabi/dev/x/api-keys",
        "miyabi/dev/API-KEYS",
        "miyabi/dev/other",
    ],
)
def test_s42_another_name_is_not_in_the_catalogue(name: str) -> None:
    spec = parsed().spec_for("miyabi/dev/", name)
    assert spec.keys == {}
    assert spec.digest


def test_an_unknown_key_has_the_placeholders_of_the_whole_catalogue() -> None:
    catalog = parsed()
    for spec in (catalog.secrets["api-keys"], catalog.spec_for("miyabi/dev/", "miyabi/dev/other")):
        assert [p.pattern for p in spec.rules_of("UNKNOWN").placeholders] == ["^todo$"]
    assert (
        catalog.secrets["api-keys"].rules_of("TOKEN") is catalog.secrets["api-keys"].keys["TOKEN"]
    )


@pytest.mark.parametrize(
    "change", [{"format": "url"}, {"placeholders": []}, {"min_length": 33}, {"required": False}]
)
def test_the_digest_changes_with_the_rules_so_that_facts_are_derived_again(
    change: dict[str, Any],
) -> None:
    assert parsed(**change).secrets["api-keys"].digest != parsed().secrets["api-keys"].digest


def test_the_digest_changes_with_the_placeholders_of_all() -> None:
    other = parse_catalog(GOOD | {"placeholders": ["^tbd$"]}, "catalog.json")
    for name in ("miyabi/dev/api-keys", "miyabi/dev/unknown"):
        assert (
            other.spec_for("miyabi/dev/", name).digest
            != parsed().spec_for("miyabi/dev/", name).digest
        )


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=5),
        st.sampled_from(["token", "any", "["]),
    ),
    lambda values: st.one_of(
        st.lists(values, max_size=3),
        st.dictionaries(
            st.sampled_from(["secrets", "keys", "format", "placeholders", "a", "secret"]),
            values,
            max_size=3,
        ),
    ),
)


@given(JSON)
def test_any_json_is_a_catalogue_or_a_configuration_error(data: Any) -> None:
    try:
        catalog = parse_catalog(data, "catalog.json")
    except ConfigurationError as error:
        result = error.message
    else:
        result = f"catalog.json: {len(catalog.secrets)} secrets"
    assert result.startswith("catalog.json: ")


@pytest.mark.parametrize("key", ["my-key", "GOOD ", "1ST", "LD_PRELOAD", "AWS_REGION"])
def test_a_key_that_the_lambda_could_not_load_is_no_key_of_a_catalogue(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_catalog({"secrets": {"config": {"keys": {key: {}}}}}, "c.json")
    assert caught.value.message == f"c.json: secrets.config.keys.{key} {name_problem(key)}."
