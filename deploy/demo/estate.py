"""The Miyabi estate in the local AWS: the accounts of all environments, with some flaws."""

import json
import tomllib
from collections.abc import Mapping

from deploy.demo.account import Account, add_extra_secrets, build_account, write_outside_the_console
from deploy.demo.local_aws import PROJECT
from deploy.demo.values import Values, add_placeholders, make_values
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.environment.file import parse_environments
from secrets_ui.domain.secrets.catalog import Catalog, parse_catalog

CATALOG_FILE = PROJECT / "deploy" / "catalog.json"
ENVIRONMENTS_FILE = PROJECT / "deploy" / "environments.example.toml"
WRONG_REGION = "us-east-1"


def read_catalog() -> Catalog:
    return parse_catalog(json.loads(CATALOG_FILE.read_text()), str(CATALOG_FILE))


def read_environments() -> dict[str, Environment]:
    """The environments of the example file, so that every start of the demo tries it."""
    return parse_environments(tomllib.loads(ENVIRONMENTS_FILE.read_text()), str(ENVIRONMENTS_FILE))


def build_estate(
    endpoint: str,
    catalog: Catalog | None = None,
    environments: Mapping[str, Environment] | None = None,
    *,
    clean: bool = False,
    extra_secrets: int = 0,
) -> dict[str, Account]:
    """Build every environment (or those given) in the local AWS at `endpoint`; return them by name.

    `clean` leaves out the demo's flaws: placeholders and a missing key in dev, a wrong Region in
    staging's key policy, and in prod a token of staging's, saved outside the console.
    `extra_secrets` adds that many secrets to each environment, for paging.
    """
    catalog, environments = catalog or read_catalog(), environments or read_environments()
    values = {name: make_values(catalog, name) for name in environments}
    if "dev" in values and not clean:
        add_placeholders(values["dev"])
    accounts = {}
    for name, environment in environments.items():
        via_region = WRONG_REGION if name == "staging" and not clean else ""
        accounts[name] = build_account(
            endpoint, environment, catalog, values[name], lambda_via_region=via_region
        )
        add_extra_secrets(accounts[name], extra_secrets)
    if {"staging", "prod"} <= set(accounts) and not clean:
        paste_token_of_staging(accounts["prod"], values)
    return accounts


def paste_token_of_staging(prod: Account, values: Mapping[str, Values]) -> None:
    """Prod's flaw: somebody saved staging's token there, with the AWS CLI."""
    token = values["staging"]["api-keys"]["MIYABI_ACCESS_TOKEN"]
    write_outside_the_console(
        prod, "api-keys", values["prod"]["api-keys"] | {"MIYABI_ACCESS_TOKEN": token}
    )
