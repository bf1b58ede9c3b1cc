"""Tries a typed value before it is saved: the review's, under a record of its own."""

from collections.abc import Mapping

from ...domain.audit.actions import Action
from ...domain.changes.edit import Edit
from ...domain.environment import Environment
from ...domain.errors import InvalidChange
from ...domain.people.actor import Actor
from ...domain.secrets.secret_value import SecretValue
from ...domain.secrets.trial import Way
from ...domain.secrets.tried import Tried
from .. import audit, configuration
from ..audit.new_record import About
from ..secrets.reveal import current_member
from ..secrets.trials import trial_of
from ..secrets.try_key import ask_and_keep, describe, ensure_few_trials, ensure_trial, read_version


def can_be_tried(environment: Environment, edit: Edit) -> frozenset[str]:
    """The keys whose typed values can be tried."""
    spec = configuration.spec_of(environment, environment.secret_name(edit.secret))
    trials = {key: trial_of(spec.key(key)) for key, value in _typed(edit).items() if value}
    return frozenset(key for key, trial in trials.items() if trial and trial.way is not Way.SAME_AS)


def try_typed(environment: Environment, actor: Actor, edit: Edit, key: str) -> Tried:
    """Tries what was typed for `key`; what is tried with it is the typed one too, or else the base
    version's. Kept by fingerprint, so that the secret's page has it once the value is saved.

    Raises InvalidChange, TooMany, VersionMoved, AuditUnavailable, AwsErrors.
    """
    name, typed = environment.secret_name(edit.secret), _typed(edit)
    if key not in typed:
        raise InvalidChange("Nothing was typed for this key.", key="key")
    trial = ensure_trial(environment, name, key)
    ensure_few_trials(environment, actor, name)
    about: About = {
        "environment": environment.name,
        "secret": name,
        "base_version_id": edit.base,
        "keys": [key],
    }
    details = describe(trial) | {"typed": True} | edit.part
    with audit.act(Action.TRY, actor, details=details, **about) as act:
        other = typed.get(trial.other)
        if trial.other and other is None:
            stored = read_version(environment, actor, name, edit.base)
            act.add_request(stored.call.request_id)
            other, _ = current_member(stored.value, trial.other, edit.base)
        rules = configuration.spec_of(environment, name).rules_of(key)
        tried, found = ask_and_keep(rules, trial, typed[key], other)
        act.done(details={"found": found})
    return tried


def _typed(edit: Edit) -> Mapping[str, SecretValue]:
    return {change.key: change.value for change in edit.changes if change.value is not None}
