"""When the keys of a secret are due, by what a pass learnt of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..access.evidence import Known, Missing
from ..secrets.catalog import KeySpec
from ..secrets.due import DueDate, Why
from ..secrets.key_age import due_at
from ..secrets.secret import Secret
from ..secrets.trial import Way
from .watched import WatchedSecret

_GITHUB = (Way.GITHUB_TOKEN, Way.GITHUB_OAUTH_APP)


@dataclass(frozen=True)
class Dates:
    """`unknown` are reasons of which this pass could not learn: what is kept of them stays."""

    found: tuple[DueDate, ...] = ()
    unknown: frozenset[Why] = frozenset()


NO_DATES = Dates()


def due_dates(watched: WatchedSecret) -> Dates:
    found = watched.secret
    if isinstance(found, Missing):
        return NO_DATES
    if not isinstance(found, Known):
        return Dates(unknown=frozenset((Why.AGE, Why.EXPIRY, Why.ROTATION)))
    secret = found.value
    if secret.deleted or not secret.current:
        return NO_DATES
    ages = tuple(_ages(watched))
    unknown = {Why.AGE} if any(date.at is None for date in ages) else set[Why]()
    if watched.facts is None:
        unknown |= {Why.AGE, Why.EXPIRY}
    return Dates((*ages, *_expiries(watched), *_rotation(secret)), frozenset(unknown))


def _ages(watched: WatchedSecret) -> Iterator[DueDate]:
    for key in watched.spec.keys.values():
        if key.max_age_days and (watched.facts is None or watched.facts.is_set(key.name)):
            yield _age(watched, key, key.max_age_days)


def _age(watched: WatchedSecret, key: KeySpec, days: int) -> DueDate:
    text = f"The catalogue allows it {days} days."
    age = watched.ages.get(key.name)
    if age is None:
        return DueDate(key.name, Why.AGE, None, f"{text} How old it is could not be told.")
    return DueDate(key.name, Why.AGE, due_at(age, days), text, age.is_exact)


def _expiries(watched: WatchedSecret) -> Iterator[DueDate]:
    for name, verdict in watched.trials.items():
        if verdict.expires:
            key = watched.spec.key(name)
            is_github = key and key.trial and key.trial.way in _GITHUB
            who = "GitHub" if is_github else "Whoever gave it out"
            yield DueDate(name, Why.EXPIRY, verdict.expires, f"{who} told when it expires.")


def _rotation(secret: Secret) -> Iterator[DueDate]:
    """Without a date too: nobody else is to rotate it."""
    if rotation := secret.rotation:
        schedule = f": {rotation.schedule}" if rotation.schedule else ""
        yield DueDate("", Why.ROTATION, rotation.next, f"AWS rotates it by itself{schedule}.")
