"""Environment: dev, staging, prod; where it lives in AWS, and the rules for changing it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import ConfigurationError, InvalidSecretName

COLOURS = ("green", "amber", "red", "blue")
_DEFAULT_COLOURS = {"dev": "green", "staging": "amber", "prod": "red"}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
# The first parts of other URLs.
_RESERVED = {
    *(
        "account",
        "audit",
        "compare",
        "cost",
        "help",
        "livez",
        "metrics",
        "people",
        "readyz",
        "roles",
    ),
    *("sign-in", "sign-out", "sso", "static", "status", "step-up"),
}
# Parts with a slash after each. None is empty, "." or "..", since no name under the prefix would
# lie there by both its readings.
_PREFIX = re.compile(r"(?=.{2,200}\Z)((?!\.{1,2}/)[A-Za-z0-9_+=.@-]+/)+")
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, Name
_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")


# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
_GLOBAL_SERVICES = ("iam", "sts")


def partition_of(region: str) -> str:
    """The partition of a Region, which begins every ARN there: `aws` for most."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


@dataclass(frozen=True)
class Rules:
    """What a change needs here beyond the right to make it.

    Without `reveal` the environment is write-only: no value is ever shown. `step_up` asks for a
    fresh proof of identity before a change; for `step_up_seconds` a proof counts as fresh, for a
    change and for showing a value. A proposal ends when nobody has decided on it for
    `proposal_days`. With `emergency` an editor may make one current without a second person.
    """

    reason_required: bool = False
    type_the_name: bool = False
    second_person: bool = False
    emergency: bool = False
    reveal: bool = True
    step_up: bool = False
    step_up_seconds: int = 300
    proposal_days: int = 14


def readings_of(name: str) -> tuple[str, str]:
    """A secret's name as AWS reads it, letter by letter, and as a path whose `..`, `.` and empty
    parts somebody resolves.

    AWS allows such parts. Who may reach a name is asked of both readings.
    """
    return name, posixpath.normpath(name)


@dataclass(frozen=True)
class Environment:
    """One environment: an account and a Region, and the secrets there whose names have its prefix.

    `source_identity`: the role's trust policy allows sts:SetSourceIdentity. `session_policy`: each
    AWS session is narrowed to its request. `manage`: secrets are created and deleted here too.
    `who_can_read`: the console's role may list the roles and users of the account. `readers` are
    those of whom it is expected that they read, as ARNs or as `role/NAME`, beside the Lambda's role
    and the console's. `groups` are groups of the identity provider, each with the roles that its
    members have here. `tell` is what is sent to the webhook and by e-mail, and `email_to` to whom.
    """

    name: str
    region: str
    account: str
    prefix: str
    assume_role: str = ""
    lambda_role: str = "miyabi-lambda-execution"
    lambda_function: str = "miyabi-app"
    kms_alias: str = "alias/miyabi-secrets"
    alarm_prefix: str = "miyabi"
    colour: str = "blue"
    rules: Rules = field(default_factory=Rules)
    source_identity: bool = True
    session_policy: bool = True
    manage: bool = False
    who_can_read: bool = False
    readers: tuple[str, ...] = ()
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tell: tuple[str, ...] = ("emergency", "findings")
    email_to: tuple[str, ...] = ()

    def roles_for(self, groups: frozenset[str]) -> frozenset[str]:
        """The roles that a member of these groups has here."""
        return frozenset(role for group, roles in self.groups if group in groups for role in roles)

    def __str__(self) -> str:
        return self.name

    def arn(self, service: str, resource: str, account: str | None = None) -> str:
        """The ARN of a resource here, in the Region's partition. IAM's and STS's name no Region."""
        region = "" if service in _GLOBAL_SERVICES else self.region
        owner = self.account if account is None else account
        return f"arn:{partition_of(self.region)}:{service}:{region}:{owner}:{resource}"

    def secret_name(self, name: str) -> str:
        """`name`, when it is a secret's name in this environment.

        Raises InvalidSecretName otherwise: a name that leaves the prefix, in any spelling, is
        refused before AWS is asked.
        """
        inside = all(
            reading.startswith(self.prefix) and reading != self.prefix
            for reading in readings_of(name)
        )
        if not inside or not _SECRET_NAME.fullmatch(name):
            raise InvalidSecretName(
                f"{self.name} holds the secrets whose names start with {self.prefix}."
            )
        return name


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
    return (inner.account, inner.region) == (
        outer.account,
        outer.region,
    ) and inner.prefix.startswith(outer.prefix)


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


_LISTS = {
    "readers": (
        r"(arn:aws[a-z-]*:iam::[0-9]{12}:)?(role|user)/[A-Za-z0-9_+=,.@/-]+",
        'ARNs of roles and users, or of names such as "role/ci-deploy"',
    ),
    "tell": (r"changes|emergency|findings", 'some of "changes", "emergency" and "findings"'),
    "email_to": (r"[^@\s,]+@[^@\s,]+", "addresses such as oncall@miyabi-world.com"),
}
_SWITCHES = ("source_identity", "session_policy", "manage", "who_can_read")
_REQUIRED = (
    ("region", r"[a-z]{2,4}(-[a-z]+)+-[0-9]", "a Region such as us-west-2"),
    ("account", r"[0-9]{12}", "an AWS account id of 12 digits, in quotes"),
    ("prefix", _PREFIX.pattern, "a name prefix, each part with a slash, such as miyabi/prod/"),
)


def _check_optional(texts: Mapping[str, str], where: str) -> None:
    role = texts.get("assume_role", "")
    if role and not re.fullmatch(
        rf"arn:aws[a-z-]*:iam::{texts['account']}:role/[\w+=,.@/-]+", role
    ):
        raise ConfigurationError(
            f"{where}.assume_role: expected the ARN of a role in account {texts['account']}."
        )
    if texts.get("colour", "blue") not in COLOURS:
        raise ConfigurationError(f"{where}.colour: expected one of {', '.join(COLOURS)}.")
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


# The least and the most. A proof has to last while a form is filled in, and is fresh for an hour at
# most; a proposal that nobody wanted for a year ends.
_NUMBERS = {"step_up_seconds": (30, 3600, "seconds"), "proposal_days": (1, 365, "days")}


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
