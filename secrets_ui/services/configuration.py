"""The environments and the catalogue that this console was started with, read once."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from ..domain.environment import Environment
from ..domain.environment.file import parse_environments
from ..domain.errors import ConfigurationError, EnvironmentNotFound
from ..domain.errors.nesting import load_json
from ..domain.secrets.catalog import Catalog, SecretSpec, parse_catalog


@cache
def environments() -> dict[str, Environment]:
    """By name, in the order of the file. Raises ConfigurationError."""
    return parse_environments(
        _read(
            settings.ENVIRONMENTS_FILE, tomllib.loads, "TOML", "deploy/environments.example.toml"
        ),
        str(settings.ENVIRONMENTS_FILE),
    )


@cache
def catalog() -> Catalog:
    """Raises ConfigurationError."""
    return parse_catalog(
        _read(settings.CATALOG_FILE, load_json, "JSON", "deploy/catalog.json"),
        str(settings.CATALOG_FILE),
    )


def get_environment(name: str) -> Environment:
    """Raises EnvironmentNotFound."""
    try:
        return environments()[name]
    except KeyError:
        raise EnvironmentNotFound(name, tuple(environments())) from None


def place_of(name: str) -> int:
    """The place of an environment in the order of the file, by which lists are sorted; one that is
    not configured any more comes last."""
    names = list(environments())
    return names.index(name) if name in names else len(names)


def spec_of(environment: Environment, name: str) -> SecretSpec:
    """The catalogue's entry for a secret of an environment."""
    return catalog().spec_for(environment.prefix, name)


def _read(path: Path, parse: Any, language: str, example: str) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({type(error).__name__}). Copy {example} and fill it in."
        ) from None
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{path}: not {language}: {error}") from None
