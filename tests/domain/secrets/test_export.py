"""export: the names of keys and what the catalogue says of them, fit to be read again."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.local_aws import PROJECT
from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec, parse_catalog
from secrets_ui.domain.secrets.export import catalogue_entry, env_example
from secrets_ui.domain.secrets.formats import FORMATS
from secrets_ui.domain.secrets.loading import UNFIT_NAME, name_problem
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.forms.pasted import parse_pasted
from tests.domain.strategies import ANY_TEXT

CATALOG: Path = PROJECT / "deploy" / "catalog.json"


def test_a_env_example_says_what_the_catalogue_says() -> None:
    keys = {"TOKEN": KeySpec("TOKEN", "A token\nof ours", required=True, format="token")}
    spec = SecretSpec("config", "Settings", keys)
    assert env_example(spec, ["TOKEN", "EXTRA", "my-key\n"]) == (
        f"# config: Settings\n\n# A token of ours\n# required; {FORMATS['token'].label}\nTOKEN=\n\n"
        "# not in the catalogue\nEXTRA=\n\n"
        f'# "my-key\\n" {UNFIT_NAME}\n'
    )


@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=5, unique=True))
def test_a_env_example_is_read_as_names_without_values(description: str, names: list[str]) -> None:
    keys = {name: KeySpec(name, description) for name in names[:2]}
    text = env_example(SecretSpec(description, description, keys), names)
    pasted = parse_pasted(SecretValue(text))
    assert [change.key for change in pasted.changes] == [
        name for name in names if name_problem(name) != UNFIT_NAME
    ]
    assert pasted.filled == ()


def test_the_entries_of_all_secrets_are_the_catalogue() -> None:
    data = json.loads(CATALOG.read_text(encoding="utf-8"))
    catalog = parse_catalog(data, "catalog.json")
    entries = {
        name: entry
        for spec in catalog.secrets.values()
        for name, entry in catalogue_entry(spec, spec.keys).items()
    }
    assert entries == data["secrets"]


def test_an_entry_says_nothing_of_a_try_with_a_key_that_is_not_among_its_names() -> None:
    spec = parse_catalog(json.loads(CATALOG.read_text()), "x").secrets["api-keys"]
    for names in (["GITHUB_OAUTH_CLIENT_SECRET"], list(spec.keys)):
        known = parse_catalog({"secrets": catalogue_entry(spec, names)}, "x").secrets["api-keys"]
        assert bool(known.keys["GITHUB_OAUTH_CLIENT_SECRET"].trial) is (len(names) > 1)


def test_an_entry_of_a_secret_that_the_catalogue_does_not_know_can_be_put_there() -> None:
    spec = parse_catalog({"secrets": {}}, "x").spec_for("miyabi/dev/", "miyabi/dev/new")
    entry = catalogue_entry(spec, ["TOKEN", "my-key", "PATH"])
    known = parse_catalog({"secrets": entry}, "x")
    assert list(known.secrets["new"].keys) == ["TOKEN"]
