"""Makes values for the demo's secrets: random where they are secret, and right in format."""

import secrets
import string

from secrets_ui.domain.secrets.catalog import Catalog, KeySpec
from secrets_ui.domain.secrets.formats import github_checksum

Values = dict[str, dict[str, str]]  # secret → key → value

_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
# What is no secret looks as it would in life; {host} is filled in.
_PLAIN = {
    "OAUTH_CLIENT_ID": "miyabi-mcp-client",
    "OAUTH_ISSUER": "https://{host}",
    "GITHUB_OAUTH_CALLBACK_URL": "https://{host}/auth/github/callback",
    "MIYABI_REPO_OWNER": "miyabi-world",
    "MIYABI_REPO_NAME": "miyabi",
    "BASE_URL": "https://{host}",
    "MIYABI_ROOT": "/tmp/miyabi",  # noqa: S108 - the function's own folder, not ours
}


def make_values(catalog: Catalog, environment: str) -> Values:
    """A good value for every key of the catalogue: `{"api-keys": {"GITHUB_TOKEN": …}, …}`."""
    return {
        secret.name: {key.name: make_value(key, environment) for key in secret.keys.values()}
        for secret in catalog.secrets.values()
    }


def make_value(key: KeySpec, environment: str) -> str:
    """A good value for one key, by its name where that is known and by its format otherwise."""
    host = (
        "api.miyabi-world.com" if environment == "prod" else f"api.{environment}.miyabi-world.com"
    )
    if key.name in _PLAIN:
        return _PLAIN[key.name].format(host=host)
    match key.format:
        case "github_token":
            return make_github_token()
        case "token":
            return _random(max(key.min_length, 40))
        case "url" | "https_url":
            return f"https://{host}/{_random(8)}"
        case "path":
            return f"/var/task/{_random(8)}"
        case _:
            return _random(20)


def make_github_token() -> str:
    """A token in GitHub's form that GitHub never gave out: its last six characters are a checksum.

    https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    """
    body = _random(30)
    return f"ghp_{body}{github_checksum(body)}"


def add_placeholders(values: Values) -> None:
    """Turn good values into what a first `terraform apply` leaves: placeholders, a missing key."""
    values["api-keys"] |= {
        "GITHUB_TOKEN": "ghp_" + "x" * 21,
        "MIYABI_ACCESS_TOKEN": "your-secure-token",
    }
    del values["api-keys"]["GITHUB_OAUTH_CALLBACK_URL"]


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(length))
