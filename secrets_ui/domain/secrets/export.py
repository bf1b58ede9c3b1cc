"""The names of a secret's keys for other tools, without any value."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .catalog import KeySpec, SecretSpec
from .contact import MEMBERS
from .issuer import to_entry as issuer_entry
from .loading import UNFIT_NAME, name_problem
from .trial import to_entry


def env_example(spec: SecretSpec, names: Iterable[str]) -> str:
    """A `.env` with each name, what the catalogue says of it, and nothing behind the sign."""
    head = f"# {_in_a_line(spec.name)}{_after(': ', spec.description)}\n"
    return "\n".join((head, *(_lines(name, spec.key(name)) for name in names)))


def _lines(name: str, key: KeySpec | None) -> str:
    if name_problem(name) == UNFIT_NAME:
        return f"# {json.dumps(name)} {UNFIT_NAME}\n"
    if key is None:
        return f"# not in the catalogue\n{name}=\n"
    need = "required" if key.required else "not required"
    described = f"# {_in_a_line(key.description)}\n" if key.description else ""
    return f"{described}# {need}; {key.value_format.label}\n{name}=\n"


def _after(sign: str, text: str) -> str:
    return f"{sign}{_in_a_line(text)}" if text else ""


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def catalogue_entry(spec: SecretSpec, names: Iterable[str]) -> dict[str, Any]:
    """A member of the catalogue's `secrets`: what it says of each key, and the defaults of a key
    that it does not know. A name that it takes for none is left out, and so is how a key is
    tried with another that is not among them."""
    taken = [name for name in names if not name_problem(name)]
    keys = {name: dict(_members(spec.rules_of(name), spec)) for name in taken}
    for name in taken:
        trial = spec.rules_of(name).trial
        if trial and trial.other in ("", *taken):
            keys[name]["try"] = to_entry(trial)
    contacts = {m: text for m in MEMBERS if (text := getattr(spec, m))}
    return {spec.name: {"description": spec.description, **contacts, "keys": keys}}


def terraform_address(name: str) -> str:
    """Of a secret of the catalogue, by its name there, in deploy/terraform."""
    return f'module.miyabi_secrets.aws_secretsmanager_secret.catalog["{name}"]'


def terraform_import(name: str, arn: str) -> str:
    """The block by which Terraform takes over a secret that is there: the catalogue has to hold it,
    since Terraform makes its secrets from that.

    https://developer.hashicorp.com/terraform/language/import
    """
    return f'import {{\n  to = {terraform_address(name)}\n  id = "{arn}"\n}}\n'


def _members(key: KeySpec, spec: SecretSpec) -> Iterator[tuple[str, Any]]:
    """The members of a key of this secret, without what is so for all of them."""
    yield "description", key.description
    yield "secret", key.secret
    yield "required", key.required
    yield "format", key.format
    yield "between_environments", key.between_environments
    if key.max_age_days is not None:
        yield "max_age_days", key.max_age_days
    if key.min_length:
        yield "min_length", key.min_length
    if key.issuer:
        yield "get", issuer_entry(key.issuer)
    if own := key.placeholders[len(spec.placeholders) :]:
        yield "placeholders", [pattern.pattern for pattern in own]
    for member in MEMBERS:
        if (text := getattr(key, member)) != getattr(spec, member):
            yield member, text
