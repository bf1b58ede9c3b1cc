"""Shows one value to one person: on record before AWS is asked, and again before the value is
handed out."""

from dataclasses import dataclass
from typing import NoReturn

from django.conf import settings

from ...aws.secrets_manager import StoredValue
from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import InvalidChange, InvalidDocument, NotPermitted, VersionMoved
from ...domain.people.actor import Actor
from ...domain.secrets.document import parse_document
from ...domain.secrets.secret_value import SecretValue
from ...domain.secrets.version import short_version
from ...domain.session_scope import READ
from .. import audit, configuration
from ..audit.new_record import About
from ..audit.rate import RateLimit, ensure_rate
from ..aws_access import gateways


@dataclass(frozen=True, repr=False)
class Revealed:
    """`kind` is the JSON type. `sequence` is the intent's record."""

    key: str
    value: SecretValue
    kind: str
    sequence: int


def asks_for_reason(environment: Environment, name: str, key: str) -> bool:
    """A key that the catalogue calls not secret needs none; one that it does not know is secret."""
    rules = configuration.spec_of(environment, name).key(key)
    return rules is None or rules.secret


def reveal_key(
    environment: Environment,
    actor: Actor,
    name: str,
    key: str,
    version: str,
    *,
    reason: str,
    to: str,
) -> Revealed:
    """The value of `key` in `version`, when that is the current one. `to` is "screen" or
    "clipboard".

    Raises NotPermitted where the environment is write-only, InvalidChange without a reason or the
    key, TooMany, VersionMoved, AuditUnavailable (then AWS was not asked, or nothing is
    handed out), AwsErrors. One call.
    """
    name = environment.secret_name(name)
    about: About = {
        "environment": environment.name,
        "secret": name,
        "version_id": version,
        "keys": [key],
        "reason": reason,
    }
    if not environment.rules.reveal:
        _refuse(environment, actor, about)
    if asks_for_reason(environment, name, key) and not reason.strip():
        raise InvalidChange(
            "Say why you need to see the value. It is kept in the audit record.", key="reason"
        )
    rate = RateLimit("values", settings.REVEALS_PER_MINUTE)
    ensure_rate(rate, environment, actor, name)
    with audit.act(Action.REVEAL, actor, details={"to": to}, **about) as act:
        aws = gateways(environment, actor, READ.of(name))
        stored = aws.secrets_manager.get_secret_value(name, version)
        value, kind = current_member(stored.value, key, version)
        act.done(request_id=stored.call.request_id)
    return Revealed(key, value, kind, act.sequence)


def _refuse(environment: Environment, actor: Actor, about: About) -> NoReturn:
    details = {"why": "the environment is write-only"}
    audit.refuse_counted(Action.REVEAL, actor, details=details, **about)
    raise NotPermitted(
        f"No value is ever shown in {environment.name}.", remedy="Set a new value instead."
    )


def current_member(stored: StoredValue, key: str, version: str) -> tuple[SecretValue, str]:
    """As `member_of`, where the version is the current one. Raises VersionMoved as well."""
    if "AWSCURRENT" not in stored.labels:
        raise VersionMoved(
            f"Version {short_version(version)} is not the current one any more, "
            "so its value is not taken."
        )
    return member_of(stored, key, "The current version")


def member_of(stored: StoredValue, key: str, what: str) -> tuple[SecretValue, str]:
    """The value of one member, and its kind. Without a key, the whole of a text that is no object.

    A string comes decoded, anything else as it is written in the document. `what` names the version
    in a message. Raises InvalidDocument, InvalidChange.
    """
    if stored.value is None:
        raise InvalidChange("This version is binary and has no keys.")
    try:
        member = parse_document(stored.value.reveal()).get(key)
    except InvalidDocument:
        if not key:
            return stored.value, "text"
        raise
    if member is None:
        raise InvalidChange(f"{what} has no key {key[:100]}.", key="key")
    is_text = member.text.startswith('"')
    return SecretValue(str(member.value) if is_text else member.text), "text" if is_text else "JSON"
