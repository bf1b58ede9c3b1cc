"""Tries a value where it was given out or is used: on record before it is read, and again with what
came of it. It goes from one gateway to the other."""

from __future__ import annotations

from django.conf import settings

from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import InvalidChange, TooManyTrials
from ...domain.people.actor import Actor
from ...domain.secrets.facts import fingerprint
from ...domain.secrets.key_rules import is_placeholder
from ...domain.secrets.secret_value import SecretValue
from ...domain.secrets.trial import Trial, Way
from ...domain.secrets.tried import Answer, NotKnown, Tried, judge
from ...domain.session_scope import READ
from ...trying import github, website
from ...trying.exchange import Route
from .. import audit, configuration
from ..audit.new_record import About
from ..audit.rate import RateLimit, ensure_rate
from ..aws_access import gateways
from .reveal import current_member
from .trials import Identity, github_api, host_of, keep, trial_of


def try_key(environment: Environment, actor: Actor, name: str, key: str, version: str) -> Tried:
    """As `try_current`, for a person. Raises TooManyTrials as well."""
    name = environment.secret_name(name)
    _ensure_trial(environment, name, key)
    rate = RateLimit("values tried", settings.CREDENTIAL_CHECKS_PER_MINUTE, TooManyTrials)
    ensure_rate(rate, environment, actor, name)
    return try_current(environment, actor, name, key, version)


def try_current(environment: Environment, actor: Actor, name: str, key: str, version: str) -> Tried:
    """Tries the value of `key` in `version`, when that is the current one, and keeps what came of
    it. One call to AWS.

    Raises InvalidChange where it is not tried, VersionMoved, AuditUnavailable (then nobody was
    asked, or nothing is kept), AwsErrors. That nobody answered is no error.
    """
    trial = _ensure_trial(environment, name, key)
    about: About = {
        "environment": environment.name,
        "secret": name,
        "version_id": version,
        "keys": [key],
    }
    details = {"by": trial.way, "asked": host_of(trial)}
    with audit.act(Action.TRY, actor, details=details, **about) as act:
        aws = gateways(environment, actor, READ.of(name))
        stored = aws.secrets_manager.get_secret_value(name, version)
        value, _ = current_member(stored.value, key, version)
        other = current_member(stored.value, trial.other, version)[0] if trial.other else None
        rules = configuration.spec_of(environment, name).rules_of(key)
        if not value or is_placeholder(value.reveal(), rules):
            raise InvalidChange(f"{key} is empty or a placeholder, so there is nothing to try.")
        outcome = ask(trial, value, other)
        prints = [_fingerprint(text) if text is not None else "" for text in (value, other)]
        tried = keep(Identity(trial.way, host_of(trial), *prints), outcome)
        found = outcome.why if isinstance(outcome, NotKnown) else judge(tried, tried.at).text
        act.done(request_id=stored.call.request_id, details={"found": found})
    return tried


def ask(trial: Trial, value: SecretValue, other: SecretValue | None) -> Answer | NotKnown:
    """Nothing but the answer is kept of it."""
    route = Route(settings.CREDENTIAL_CHECKS_PROXY, settings.IS_LOCAL)
    if trial.way is Way.HTTPS_URL:
        return website.try_url(value, settings.CREDENTIAL_CHECK_HOSTS, route)
    if trial.way is Way.GITHUB_OAUTH_APP and other is not None:
        return github.try_oauth_app(value, other, github_api(), route)
    return github.try_token(value, github_api(), route)


def _ensure_trial(environment: Environment, name: str, key: str) -> Trial:
    """How the key is tried, by asking somebody. Raises InvalidChange."""
    trial = trial_of(configuration.spec_of(environment, name).key(key))
    if trial is None or trial.way is Way.SAME_AS:
        raise InvalidChange(
            f"{key[:100]} is not tried.",
            key="key",
            remedy="The catalogue says how a key is tried, and CREDENTIAL_CHECKS whether any is.",
        )
    return trial


def _fingerprint(value: SecretValue) -> str:
    return fingerprint(value.reveal(), settings.FINGERPRINT_KEY)
