"""Tries a value where it was given out or is used: on record before it is read, and again with what
came of it. It goes from one gateway to the other."""

from collections.abc import Callable, Mapping

from django.conf import settings

from ...aws.secrets_manager import StoredValue
from ...domain.access.evidence import Known
from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import InvalidChange
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import KeySpec
from ...domain.secrets.facts import fingerprint
from ...domain.secrets.key_rules import is_placeholder
from ...domain.secrets.secret_value import SecretValue
from ...domain.secrets.trial import Trial, Way
from ...domain.secrets.tried import Answer, NotKnown, Tried, judge
from ...domain.secrets.version import short_version
from ...domain.session_scope import READ
from ...trying import github, website
from ...trying.exchange import Route
from .. import audit, configuration
from ..audit.new_record import NO_DETAILS, About
from ..audit.rate import RateLimit, ensure_rate
from ..aws_access import gateways
from .reveal import current_member, member_of
from .trials import Identity, github_api, host_of, keep, trial_of

# Takes a member, and its kind, out of the version with this id.
Take = Callable[[StoredValue, str, str], tuple[SecretValue, str]]


def try_key(
    environment: Environment,
    actor: Actor,
    name: str,
    key: str,
    version: str,
    *,
    details: Mapping[str, object] = NO_DETAILS,
    take: Take = current_member,
) -> Tried:
    """As `try_current`, for a person; `details` go on record as well. With `take_any`, of a version
    that need not be current. Raises TooMany as well."""
    name = environment.secret_name(name)
    trial = ensure_trial(environment, name, key)
    ensure_few_trials(environment, actor, name)
    return _try(environment, actor, name, key, version, trial, take, details)


def take_any(stored: StoredValue, key: str, version: str) -> tuple[SecretValue, str]:
    """Raises InvalidDocument, InvalidChange."""
    return member_of(stored, key, f"Version {short_version(version)}")


def try_current(environment: Environment, actor: Actor, name: str, key: str, version: str) -> Tried:
    """Tries the value of `key` in `version`, when that is the current one, and keeps what came of
    it. One call to AWS.

    Raises InvalidChange where it is not tried, VersionMoved, AuditUnavailable (then nobody was
    asked, or nothing is kept), AwsErrors. That nobody answered is no error.
    """
    trial = ensure_trial(environment, name, key)
    return _try(environment, actor, name, key, version, trial, current_member, NO_DETAILS)


def _try(
    environment: Environment,
    actor: Actor,
    name: str,
    key: str,
    version: str,
    trial: Trial,
    take: Take,
    details: Mapping[str, object],
) -> Tried:
    about: About = {
        "environment": environment.name,
        "secret": name,
        "version_id": version,
        "keys": [key],
    }
    with audit.act(Action.TRY, actor, details={**describe(trial), **details}, **about) as act:
        stored = read_version(environment, actor, name, version)
        act.add_request(stored.call.request_id)
        value, _ = take(stored.value, key, version)
        other = take(stored.value, trial.other, version)[0] if trial.other else None
        rules = configuration.spec_of(environment, name).rules_of(key)
        tried, found = ask_and_keep(rules, trial, value, other)
        act.done(details={"found": found})
    return tried


def ensure_trial(environment: Environment, name: str, key: str) -> Trial:
    """How the key is tried, by asking somebody. Raises InvalidChange."""
    trial = trial_of(configuration.spec_of(environment, name).key(key))
    if trial is None or trial.way is Way.SAME_AS:
        raise InvalidChange(
            f"{key[:100]} is not tried.",
            key="key",
            remedy="The catalogue says how a key is tried, and CREDENTIAL_CHECKS whether any is.",
        )
    return trial


def ensure_few_trials(environment: Environment, actor: Actor, name: str) -> None:
    """Raises TooMany and records it; AuditUnavailable."""
    rate = RateLimit("values tried", settings.CREDENTIAL_CHECKS_PER_MINUTE)
    ensure_rate(rate, environment, actor, name)


def describe(trial: Trial) -> dict[str, object]:
    """What the record says of it."""
    host = host_of(trial)
    return {"by": trial.way, **({"asked": host} if host else {})}


def read_version(
    environment: Environment, actor: Actor, name: str, version: str
) -> Known[StoredValue]:
    """In a session that may read this one secret. Raises AwsErrors."""
    aws = gateways(environment, actor, READ.of(name))
    return aws.secrets_manager.get_secret_value(name, version)


def ask_and_keep(
    rules: KeySpec, trial: Trial, value: SecretValue, other: SecretValue | None
) -> tuple[Tried, str]:
    """What is known of the value now, and what the record says of it. The caller has the intent on
    record. Raises InvalidChange, AuditUnavailable."""
    if not value or is_placeholder(value.reveal(), rules):
        raise InvalidChange(f"{rules.name} is empty or a placeholder, so there is nothing to try.")
    outcome = _ask(trial, value, other)
    prints = [_fingerprint(text) if text is not None else "" for text in (value, other)]
    tried = keep(Identity(trial.way, host_of(trial), *prints), outcome)
    return tried, outcome.why if isinstance(outcome, NotKnown) else judge(tried, tried.at).text


def _ask(trial: Trial, value: SecretValue, other: SecretValue | None) -> Answer | NotKnown:
    route = Route(settings.CREDENTIAL_CHECKS_PROXY, settings.IS_LOCAL)
    if trial.way is Way.HTTPS_URL:
        return website.try_url(value, settings.CREDENTIAL_CHECK_HOSTS, route)
    if trial.way is Way.GITHUB_OAUTH_APP and other is not None:
        return github.try_oauth_app(value, other, github_api(), route)
    return github.try_token(value, github_api(), route)


def _fingerprint(value: SecretValue) -> str:
    return fingerprint(value.reveal(), settings.FINGERPRINT_KEY)
