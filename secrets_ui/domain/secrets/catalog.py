"""The catalogue: which secrets and keys each environment should hold, and their good values."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ..errors import ConfigurationError
from . import contact
from .formats import FORMATS, FREE_TEXT, Format
from .issuer import Issuer, parse_issuer
from .loading import name_problem
from .trial import Trial, ensure_can_be_tried, parse_trial

Comparison = Literal["must_differ", "must_match", "any"]
COMPARISONS = ("must_differ", "must_match", "any")
# Raise it when formats, key_rules or facts judge a value differently: stored facts are then derived
# again.
RULES_VERSION = 2
_KEY_MEMBERS = {
    *("description", "secret", "required", "format", "between_environments"),
    *("max_age_days", "placeholders", "min_length", "try", "get", *contact.MEMBERS),
}
_SECRET_MEMBERS = {"description", "keys", *contact.MEMBERS}
# Members of a key by which no value is judged.
_WORDS = {"get", *contact.MEMBERS}


@dataclass(frozen=True)
class KeySpec:
    """One key of a secret. `format` is a name of FORMATS; `max_age_days` None means any age;
    `trial` None means that it is not tried, `issuer` None that nothing says where it is got.
    `owner` and `runbook` are those of its secret where it names none of its own, and "" where
    there is none."""

    name: str
    description: str = ""
    secret: bool = True
    required: bool = False
    format: str = FREE_TEXT.name
    between_environments: Comparison = "any"
    max_age_days: int | None = None
    min_length: int = 0
    placeholders: tuple[re.Pattern[str], ...] = ()
    trial: Trial | None = None
    issuer: Issuer | None = None
    owner: str = ""
    runbook: str = ""

    @property
    def value_format(self) -> Format:
        return FORMATS[self.format]


@dataclass(frozen=True)
class SecretSpec:
    """A secret by the last part of its name (`api-keys`), with its keys in the catalogue's order.

    `placeholders` are those of the whole catalogue, for keys that it does not know. `digest`
    changes with the rules; facts derived under another digest are derived again. `owner` and
    `runbook` are of keys that name none of their own.
    """

    name: str
    description: str = ""
    keys: Mapping[str, KeySpec] = field(default_factory=dict)
    placeholders: tuple[re.Pattern[str], ...] = ()
    digest: str = ""
    owner: str = ""
    runbook: str = ""

    def key(self, name: str) -> KeySpec | None:
        return self.keys.get(name)

    def rules_of(self, name: str) -> KeySpec:
        """The entry of a key. A key that the catalogue does not know may hold any text."""
        return self.keys.get(name) or KeySpec(
            name, placeholders=self.placeholders, owner=self.owner, runbook=self.runbook
        )


@dataclass(frozen=True)
class Catalog:
    project: str
    secrets: Mapping[str, SecretSpec]
    placeholders: tuple[re.Pattern[str], ...]

    def spec_for(self, prefix: str, name: str) -> SecretSpec:
        """The entry for a secret's full name; without keys where the catalogue does not know it."""
        short = name.removeprefix(prefix)
        known = self.secrets.get(short) if name.startswith(prefix) else None
        return known or SecretSpec(
            short, placeholders=self.placeholders, digest=self._unknown_digest
        )

    @cached_property
    def _unknown_digest(self) -> str:
        return _digest({"placeholders": [p.pattern for p in self.placeholders]})


def parse_catalog(data: Any, source: str) -> Catalog:
    """The catalogue in `data`, as read from the file `source`.

    Raises ConfigurationError, which names the file, the member and what was expected.
    """
    if not isinstance(data, dict) or not isinstance(data.get("secrets"), dict):
        raise ConfigurationError(f"{source}: expected an object with a member 'secrets'.")
    common = _patterns(data.get("placeholders", []), source, "placeholders")
    secrets = {
        name: _secret(name, entry, common, source) for name, entry in data["secrets"].items()
    }
    return Catalog(str(data.get("project", "miyabi")), secrets, common)


def _secret(name: str, entry: Any, common: tuple[re.Pattern[str], ...], source: str) -> SecretSpec:
    if not isinstance(entry, dict) or not isinstance(entry.get("keys"), dict):
        raise ConfigurationError(
            f"{source}: secrets.{name}: expected an object with a member 'keys'."
        )
    _expect_members(entry, _SECRET_MEMBERS, f"{source}: secrets.{name}")
    contacts = _contact(entry, f"{source}: secrets.{name}")
    keys = {
        key: _key(key, spec, common, contacts, f"{source}: secrets.{name}.keys.{key}")
        for key, spec in entry["keys"].items()
    }
    is_secret = {key.name: key.secret for key in keys.values()}
    for key in keys.values():
        if key.trial:
            where = f"{source}: secrets.{name}.keys.{key.name}.try"
            ensure_can_be_tried(key.name, key.trial, is_secret, where)
    rules = {key: _rules(spec) for key, spec in entry["keys"].items()}
    digest = _digest({"keys": rules, "placeholders": [p.pattern for p in common]})
    description = str(entry.get("description", ""))
    return SecretSpec(name, description, keys, common, digest, **contacts)


def _rules(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What facts depend on: another owner is no reason to read a value again."""
    return {member: value for member, value in entry.items() if member not in _WORDS}


def _contact(entry: Mapping[str, Any], where: str) -> dict[str, str]:
    """The members of a secret or key that name whom to ask and what to do."""
    parse = {"owner": contact.parse_owner, "runbook": contact.parse_runbook}
    return {
        member: parse[member](entry[member], f"{where}.{member}")
        for member in contact.MEMBERS
        if member in entry
    }


def _key(
    name: str,
    entry: Any,
    common: tuple[re.Pattern[str], ...],
    contacts: Mapping[str, str],
    where: str,
) -> KeySpec:
    if problem := name_problem(name):
        raise ConfigurationError(f"{where} {problem}.")
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where}: expected an object.")
    _expect_members(entry, _KEY_MEMBERS, where)
    _expect_one_of(entry.get("format", FREE_TEXT.name), tuple(FORMATS), f"{where}.format")
    _expect_one_of(
        entry.get("between_environments", "any"), COMPARISONS, f"{where}.between_environments"
    )
    return KeySpec(
        name=name,
        description=str(entry.get("description", "")),
        secret=_boolean(entry, "secret", True, where),
        required=_boolean(entry, "required", False, where),
        format=entry.get("format", FREE_TEXT.name),
        between_environments=entry.get("between_environments", "any"),
        max_age_days=_whole_number(entry, "max_age_days", where),
        min_length=_whole_number(entry, "min_length", where) or 0,
        placeholders=(*common, *_patterns(entry.get("placeholders", []), where, "placeholders")),
        trial=parse_trial(entry["try"], f"{where}.try") if "try" in entry else None,
        issuer=parse_issuer(entry["get"], f"{where}.get") if "get" in entry else None,
        **{**contacts, **_contact(entry, where)},
    )


def _expect_members(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := set(entry) - known:
        raise ConfigurationError(
            f"{where}: unknown member {sorted(unknown)[0]}; "
            f"expected some of {', '.join(sorted(known))}."
        )


def _patterns(items: Any, source: str, member: str) -> tuple[re.Pattern[str], ...]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ConfigurationError(f"{source}: {member}: expected a list of regular expressions.")
    try:
        return tuple(re.compile(item) for item in items)
    except (re.error, OverflowError, RecursionError) as error:
        # The last two: a repetition or a nesting that `re` cannot hold.
        raise ConfigurationError(
            f"{source}: {member}: not a regular expression: {error}."
        ) from None


def _expect_one_of(value: Any, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{where}: expected one of {', '.join(allowed)}.")


def _boolean(entry: dict[str, Any], member: str, default: bool, where: str) -> bool:
    value = entry.get(member, default)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{where}.{member}: expected true or false.")
    return value


def _whole_number(entry: dict[str, Any], member: str, where: str) -> int | None:
    value = entry.get(member)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ConfigurationError(f"{where}.{member}: expected a whole number above 0.")
    return value


def _digest(entry: Any) -> str:
    text = json.dumps([RULES_VERSION, entry], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
