"""The file of the environments (`ENVIRONMENTS_FILE`), read strictly."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..errors import ConfigurationError
from . import Environment, Rules

_COLOURS = ("green", "amber", "red", "blue")
_DEFAULT_COLOURS = {"dev": "green", "staging": "amber", "prod": "red"}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
# The first parts of other URLs.
_RESERVED = {
    "account",
    "audit",
    "calendar",
    "compare",
    "cost",
    "due",
    "help",
    "livez",
    "metrics",
    "people",
    "readyz",
    "roles",
    "sign-in",
    "sign-out",
    "sso",
    "static",
    "status",
    "step-up",
}
# Parts with a slash after each. None is empty, "." or "..", since no name under the prefix would
# lie there by both its readings.
_PREFIX = re.compile(r"(?=.{2,200}\Z)((?!\.{1,2}/)[A-Za-z0-9_+=.@-]+/)+")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
_LOG_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{0,512}")
_LISTS = {
    "readers": (
        r"(arn:aws[a-z-]*:iam::[0-9]{12}:)?(role|user)/[A-Za-z0-9_+=,.@/-]+",
        'ARNs of roles and users, or of names such as "role/ci-deploy"',
    ),
    "tell": (r"changes|emergency|findings", 'some of "changes", "emergency" and "findings"'),
    "email_to": (r"[^@\s,]+@[^@\s,]+", "addresses such as oncall@miyabi-world.com"),
}
_SWITCHES = ("source_identity", "session_policy", "manage", "refresh", "who_can_read")
_REQUIRED = (
    ("region", r"[a-z]{2,4}(-[a-z]+)+-[0-9]", "a Region such as us-west-2"),
    ("account", r"[0-9]{12}", "an AWS account id of 12 digits, in quotes"),
    ("prefix", _PREFIX.pattern, "a name prefix, each part with a slash, such as miyabi/prod/"),
)
# The least and the most. A proof has to last while a form is filled in, and is fresh for an hour at
# most; a proposal that nobody wanted for a year ends.
_NUMBERS = {"step_up_seconds": (30, 3600, "seconds"), "proposal_days": (1, 365, "days")}


def parse_environments(data: Mapping[str, Any], source: str) -> dict[str, Environment]:
    """The environments of a parsed TOML file, in its order.

    Raises ConfigurationError, which names the file, the key and what was expected.
    """
    tables = data.get("environments")
    if not isinstance(tables, dict) or not tables:
        raise ConfigurationError(f"{source}: expected at least one table [environments.NAME].")
    environments = {name: _environment(name, table, source) for name, table in tables.items()}
    for name, environment in environments.items():
        if host := next(
            (o for o in environments.values() if o.name != name and _lies_in(environment, o)), None
        ):
            raise ConfigurationError(
                f"{source}: environments.{name}.prefix: lies in the place of {host.name}; "
                "expected a place of its own."
            )
    return environments


def _lies_in(inner: Environment, outer: Environment) -> bool:
    """A role in the outer environment would be a role in the inner one too."""
    is_beside = (inner.account, inner.region) == (outer.account, outer.region)
    return is_beside and inner.prefix.startswith(outer.prefix)


def _environment(name: str, table: Any, source: str) -> Environment:
    where = f"{source}: environments.{name}"
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise ConfigurationError(
            f"{where}: expected a name of small letters, digits and hyphens "
            f"that is not {', '.join(sorted(_RESERVED))}."
        )
    if not isinstance(table, dict):
        raise ConfigurationError(f"{where}: expected a table.")
    known = {item.name for item in fields(Environment)} - {"name"}
    if unknown := sorted(set(table) - known):
        raise ConfigurationError(
            f"{where}.{unknown[0]}: unknown key; expected some of {', '.join(sorted(known))}."
        )
    texts: dict[str, Any] = {
        key: _text(table, key, where)
        for key in known - {"rules", "groups", *_SWITCHES, *_LISTS}
        if key in table
    }
    switches: dict[str, Any] = {
        key: _switch(table, key, where) for key in _SWITCHES if key in table
    }
    for key, pattern, expected in _REQUIRED:
        if not re.fullmatch(pattern, texts.get(key, "")):
            raise ConfigurationError(f"{where}.{key}: expected {expected}.")
    _check_optional(texts, where)
    texts.setdefault("colour", _DEFAULT_COLOURS.get(name, "blue"))
    rules, groups = _rules(table.get("rules", {}), where), _groups(table.get("groups", {}), where)
    lists: dict[str, Any] = {key: _list(table, key, where) for key in _LISTS if key in table}
    if rules.emergency and "emergency" not in lists.get("tell", ("emergency",)):
        raise ConfigurationError(f'{where}.tell: expected "emergency" where the rules allow one.')
    return Environment(name=name, rules=rules, groups=groups, **switches, **lists, **texts)


def _check_optional(texts: Mapping[str, str], where: str) -> None:
    role = texts.get("assume_role", "")
    if role and not re.fullmatch(
        rf"arn:aws[a-z-]*:iam::{texts['account']}:role/[\w+=,.@/-]+", role
    ):
        raise ConfigurationError(
            f"{where}.assume_role: expected the ARN of a role in account {texts['account']}."
        )
    if texts.get("colour", "blue") not in _COLOURS:
        raise ConfigurationError(f"{where}.colour: expected one of {', '.join(_COLOURS)}.")
    for key in ("lambda_log_group", "trail_log_group"):
        if not _LOG_GROUP.fullmatch(texts.get(key, "")):
            raise ConfigurationError(
                f"{where}.{key}: expected a log group's name such as /aws/lambda/miyabi-app."
            )
    if not texts.get("kms_alias", "alias/x").startswith("alias/"):
        raise ConfigurationError(
            f"{where}.kms_alias: expected an alias such as alias/miyabi-secrets."
        )


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    if not isinstance(table[key], str):
        raise ConfigurationError(f"{where}.{key}: expected text in quotes.")
    return str(table[key])


def _list(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    pattern, expected = _LISTS[key]
    items = table[key]
    if not isinstance(items, list) or not all(
        isinstance(item, str) and re.fullmatch(pattern, item) for item in items
    ):
        raise ConfigurationError(f"{where}.{key}: expected a list of {expected}.")
    return tuple(dict.fromkeys(items))


def _switch(table: Mapping[str, Any], key: str, where: str) -> bool:
    if not isinstance(table[key], bool):
        raise ConfigurationError(f"{where}.{key}: expected true or false.")
    return bool(table[key])


def _rules(table: Any, where: str) -> Rules:
    known = {item.name for item in fields(Rules)}
    if not isinstance(table, dict) or set(table) - known:
        raise ConfigurationError(
            f"{where}.rules: expected a table with some of {', '.join(sorted(known))}."
        )
    for key, value in table.items():
        if key in _NUMBERS:
            _ensure_number(value, *_NUMBERS[key], f"{where}.rules.{key}")
        elif not isinstance(value, bool):
            raise ConfigurationError(f"{where}.rules.{key}: expected true or false.")
    rules = Rules(**table)
    if rules.emergency and not rules.second_person:
        raise ConfigurationError(f"{where}.rules.emergency: expected second_person = true as well.")
    return rules


def _ensure_number(value: Any, least: int, most: int, unit: str, where: str) -> None:
    """Raises ConfigurationError."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(
            f"{where}: expected a whole number of {unit} from {least} to {most}."
        )


def _groups(table: Any, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(table, dict):
        raise ConfigurationError(
            f'{where}.groups: expected a table of lines such as "a group" = ["viewer"].'
        )
    for group, roles in table.items():
        if (
            not isinstance(roles, list)
            or not roles
            or not all(isinstance(role, str) for role in roles)
        ):
            raise ConfigurationError(
                f'{where}.groups."{group}": expected a list of roles such as ["viewer"].'
            )
    return tuple((group, tuple(roles)) for group, roles in table.items())
