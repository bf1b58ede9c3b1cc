"""What the demo's GitHub has given out: the tokens and OAuth apps in the estate's secrets."""

from __future__ import annotations

import json
from contextlib import ExitStack

from deploy.demo.account import assume
from deploy.demo.estate import read_environments
from deploy.demo.github import GitHub, Token, in_days
from deploy.demo.processes import choose_port

# Staging's token wants a new one soon. dev's app has had its secret changed, and nobody set it.
DAYS = {"dev": 30, "staging": 9, "prod": 60}
WITHOUT_APP = "dev"


def start_github(stack: ExitStack, endpoint: str) -> GitHub:
    """Starts one that knows the secrets in the local AWS at `endpoint`."""
    github = stack.enter_context(GitHub().running(choose_port("GITHUB_PORT", 0)))
    for name, environment in read_environments().items():
        client = assume(endpoint, environment).secretsmanager
        stored = client.get_secret_value(SecretId=f"{environment.prefix}api-keys")
        values: dict[str, str] = json.loads(stored["SecretString"])
        token = Token(f"miyabi-{name}", expires=in_days(DAYS[name]))
        github.tokens[values["GITHUB_TOKEN"]] = token
        if name != WITHOUT_APP:
            github.apps[values["GITHUB_OAUTH_CLIENT_ID"]] = values["GITHUB_OAUTH_CLIENT_SECRET"]
    return github
