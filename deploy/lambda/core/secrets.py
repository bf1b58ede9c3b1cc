"""Miyabi's secrets in a Lambda function.

    from core.secrets import load_secrets_to_env, get_secret

    load_secrets_to_env(project_name="miyabi", environment="prod")  # on a cold start
    get_secret("miyabi/prod/api-keys", "GITHUB_TOKEN")

docs/lambda-loader.md describes the rest.
"""

from __future__ import annotations

from ._errors import (
    CannotDecrypt,
    CredentialsRefused,
    InvalidInput,
    KeyNotFound,
    NoAccess,
    ScheduledForDeletion,
    SecretNotFound,
    SecretsError,
    Throttled,
    TimedOut,
    Unreachable,
    UnusableSecret,
    WrongAccount,
)
from ._loader import Loader
from ._value import SecretValue

__all__ = [
    "CannotDecrypt",
    "CredentialsRefused",
    "InvalidInput",
    "KeyNotFound",
    "Loader",
    "NoAccess",
    "ScheduledForDeletion",
    "SecretNotFound",
    "SecretValue",
    "SecretsError",
    "Throttled",
    "TimedOut",
    "Unreachable",
    "UnusableSecret",
    "WrongAccount",
    "get_secret",
    "get_secret_value",
    "get_secret_values",
    "held_versions",
    "load_secrets_to_env",
]

# One for the whole instance; a Loader of one's own holds its secrets apart.
_loader = Loader()

load_secrets_to_env = _loader.load_secrets_to_env
get_secret = _loader.get_secret
get_secret_value = _loader.get_secret_value
get_secret_values = _loader.get_secret_values
held_versions = _loader.held_versions
forget = _loader.forget
