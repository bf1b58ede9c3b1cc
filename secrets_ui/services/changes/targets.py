"""What setting one key would change in each of several environments, from facts alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings

from ...domain.changes.edit import Edit, Source, ensure_may_be_equal
from ...domain.environment import Environment
from ...domain.errors import AwsError, InvalidChange, NotPermitted, SecretNotFound
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import KeySpec, SecretSpec
from ...domain.secrets.facts import KeyFacts, VersionFacts, key_facts
from ...domain.secrets.secret import Secret, why_not_editable
from ...domain.session_scope import DESCRIBE
from .. import configuration
from ..aws_access import gateways, gather
from ..secrets.version_facts import facts_of, in_other_environments
from .review_rows import ReviewRow, masked, review_row
from .taking import ensure_may_leave


@dataclass(frozen=True)
class Target:
    """The key in one environment.

    `held` is what it holds now, and `row` what would become of it, None while that is not known.
    `why_not` says why it cannot be set here, "" where it can. `is_same`: it holds that value.
    """

    environment: Environment
    name: str
    secret: Secret | None = None
    held: KeyFacts | None = None
    why_not: str = ""
    remedy: str = ""
    row: ReviewRow | None = None
    is_same: bool = False

    @property
    def before(self) -> str:
        return masked(self.held)

    @property
    def can_be_set(self) -> bool:
        return not self.why_not and not self.is_same


@dataclass(frozen=True)
class Looked:
    """The key in all environments that are asked for. `version` and `held` are of the source that
    its value is copied from, "" and None without one."""

    targets: tuple[Target, ...]
    spec: SecretSpec
    rules: KeySpec
    version: str = ""
    held: KeyFacts | None = None


def look(
    environments: Sequence[Environment],
    actor: Actor,
    short: str,
    key: str,
    source: Environment | None = None,
) -> Looked:
    """What `find_targets` finds; with a source also what a copy from it would make of each.

    Raises what `find_source` and `find_targets` raise.
    """
    name = environments[0].secret_name(environments[0].prefix + short)
    spec = configuration.spec_of(environments[0], name)
    rules = spec.rules_of(key)
    if source is None:
        found = find_targets(environments, actor, short, key)
        return Looked(tuple(found), spec, rules)
    copied, held = find_source(source, actor, short, key)
    found = find_targets(environments, actor, short, key)
    after = tuple(_copied(target, source, held) for target in found)
    return Looked(after, spec, rules, copied.version, held)


def find_source(
    environment: Environment, actor: Actor, short: str, key: str
) -> tuple[Source, KeyFacts]:
    """The key as the environment holds it now, to be copied from there.

    Raises InvalidSecretName, InvalidChange where it may not be copied or is not there, AwsErrors,
    AuditUnavailable.
    """
    name = environment.secret_name(environment.prefix + short)
    spec = configuration.spec_of(environment, name)
    ensure_may_be_equal(key, spec)
    secret = gateways(environment, actor, DESCRIBE.of(name)).secrets_manager.describe_secret(name)
    version = "" if secret.value.deleted else secret.value.current
    facts = facts_of(environment, actor, secret.value, version, spec)
    held = facts.key(key) if facts else None
    if held is None or held.type != "string":
        raise InvalidChange(f"{name} holds no text under {key} that could be copied.", key=key)
    return Source(environment.name, name, version, key), held


def find_targets(
    environments: Sequence[Environment], actor: Actor, short: str, key: str
) -> list[Target]:
    """The key in each environment. One DescribeSecret each, side by side; a value is read, on
    record, where nobody has looked at it yet. Raises InvalidSecretName, AuditUnavailable.
    """
    names = [environment.secret_name(environment.prefix + short) for environment in environments]
    calls = [
        partial(gateways(place, actor, DESCRIBE.of(name)).secrets_manager.describe_secret, name)
        for place, name in zip(environments, names, strict=True)
    ]
    return [
        _not_there(place, name, answer)
        if isinstance(answer, AwsError)
        else _target(place, actor, answer.value, key)
        for place, name, answer in zip(environments, names, gather(calls), strict=True)
    ]


def _not_there(environment: Environment, name: str, error: AwsError) -> Target:
    if isinstance(error, SecretNotFound):
        why = f"There is no secret {name} in {environment.name}."
        return Target(environment, name, why_not=why, remedy="Make it first, with a first value.")
    return Target(environment, name, why_not=f"{error.title}: {error.message}", remedy=error.remedy)


def _target(environment: Environment, actor: Actor, secret: Secret, key: str) -> Target:
    found = Target(environment, secret.name, secret, why_not=why_not_editable(secret))
    if found.why_not:
        return found
    spec = configuration.spec_of(environment, secret.name)
    try:
        facts = facts_of(environment, actor, secret, secret.current, spec)
    except AwsError as error:
        return replace(found, why_not=f"{error.title}: {error.message}", remedy=error.remedy)
    if facts and facts.kind != "object":
        return replace(found, why_not="Its value is no JSON object of keys.")
    return replace(found, held=facts.key(key) if facts else None)


def _copied(target: Target, source: Environment, after: KeyFacts) -> Target:
    try:
        ensure_may_leave(source, target.environment)
    except NotPermitted as refusal:
        return replace(target, why_not=refusal.message, remedy=refusal.remedy)
    # The source holds the value already, and of the others each is reviewed by itself.
    return _with_review(target, after, [source.name])


def review_all(targets: Sequence[Target], edit: Edit) -> list[dict[str, object]]:
    """A row for each target, as the page's script takes them: what the typed or made value of
    `edit` would change there."""
    after = _facts_after(edit, configuration.spec_of(targets[0].environment, targets[0].name))
    names = [target.environment.name for target in targets]
    reviewed = [_with_review(target, after, names) for target in targets]
    return [vars(_row_of(target)) for target in reviewed]


def _row_of(target: Target) -> ReviewRow:
    place = target.environment.name
    if target.row:
        return replace(target.row, key=place)
    if target.is_same:
        return ReviewRow(place, target.before, "the same", "mute", "Stays")
    return ReviewRow(place, target.before, "not set", "bad", target.why_not)


def _facts_after(edit: Edit, spec: SecretSpec) -> KeyFacts:
    for change in edit.changes:
        if change.value is not None:
            text = change.value.reveal()
            return key_facts(change.key, text, "string", spec, settings.FINGERPRINT_KEY)
    return KeyFacts(edit.touched[0], "")


def _with_review(target: Target, after: KeyFacts, everywhere: Collection[str]) -> Target:
    """The target with what would change. `everywhere` names the environments that hold the value
    afterwards."""
    if target.why_not:
        return target
    held = target.held
    if held and (held.fingerprint, held.type) == (after.fingerprint, after.type):
        return replace(target, is_same=True)
    spec = configuration.spec_of(target.environment, target.name)
    others = _others(target.environment, spec, after, everywhere)
    return replace(target, row=review_row(after.name, target.held, after, spec, others))


def _others(
    environment: Environment, spec: SecretSpec, after: KeyFacts, everywhere: Collection[str]
) -> Mapping[str, VersionFacts | None]:
    """The other environments as they are once the change is made there too."""
    changed = VersionFacts("", "object", (after,))
    kept = in_other_environments(environment, spec)
    return {name: changed if name in everywhere else facts for name, facts in kept.items()}
