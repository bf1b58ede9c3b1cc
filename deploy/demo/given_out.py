"""What a small GitHub has given out: the tokens and OAuth apps in an estate's secrets."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from botocore.exceptions import ClientError

from deploy.demo.account import assume
from deploy.demo.estate import read_environments
from deploy.demo.github import GitHub, Token, in_days
from secrets_ui.domain.environment import Environment

# Staging's token wants a new one soon. The secret of dev's app was changed, and nobody set it.
DAYS, LOST_APPS = {"dev": 30, "staging": 9, "prod": 60}, ("dev",)


def start_github(stack: ExitStack, port: int, endpoint: str) -> GitHub:
    """The demo's, which knows the secrets in the local AWS at `endpoint`."""
    github = stack.enter_context(GitHub().running(port))
    give_out(github, endpoint, read_environments().values(), DAYS, LOST_APPS)
    return github


def give_out(
    github: GitHub,
    endpoint: str,
    environments: Iterable[Environment],
    days: Mapping[str, int],
    lost_apps: Iterable[str] = (),
) -> None:
    """Lets it know what the secrets hold; `days` is how long a token works, by environment."""
    for environment in environments:
        name, values = environment.name, _read(endpoint, environment)
        expires = in_days(days[name]) if name in days else None
        if token := values.get("GITHUB_TOKEN"):
            github.tokens[token] = Token(f"miyabi-{name}", expires=expires)
        client_id, secret = (values.get(f"GITHUB_OAUTH_CLIENT_{part}") for part in ("ID", "SECRET"))
        if client_id and secret and name not in lost_apps:
            github.apps[client_id] = secret


def _read(endpoint: str, environment: Environment) -> dict[str, str]:
    """What a secret holds, {} where somebody made something else of it in a kept demo."""
    client = assume(endpoint, environment).secretsmanager
    try:
        stored = client.get_secret_value(SecretId=f"{environment.prefix}api-keys")
        found = json.loads(stored["SecretString"])
    except (ClientError, KeyError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
