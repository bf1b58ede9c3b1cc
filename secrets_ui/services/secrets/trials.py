"""What is known of values that were tried, by fingerprint: looked up, kept, forgotten."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction

from ...domain.errors import AuditUnavailable, ConfigurationError
from ...domain.secrets.catalog import KeySpec, SecretSpec
from ...domain.secrets.facts import KeyFacts, VersionFacts
from ...domain.secrets.trial import Trial, Way
from ...domain.secrets.tried import Answer, NotKnown, Tried, Verdict, judge
from ...models import ValueTrial
from ...trying.addresses import NotAskable, Server, read_address, read_api_address

# A value that a current version has is tried once a day, so this one is in none.
FORGET = timedelta(days=30)


@dataclass(frozen=True)
class KeyTrial:
    """What is known of a key's value now. `is_askable`: it can be tried once more."""

    verdict: Verdict
    tried: Tried | None
    is_askable: bool = True


@dataclass(frozen=True)
class Identity:
    """By what a value's trial is kept: how it was tried, at which host ("" for the one that the
    value names), its fingerprint, and that of the value that was tried with it."""

    way: str
    asked: str
    fingerprint: str
    other: str = ""


def github_api() -> Server:
    """The server of GITHUB_API_URL. Raises ConfigurationError."""
    try:
        return read_api_address(settings.GITHUB_API_URL, is_local=settings.IS_LOCAL)
    except NotAskable as error:
        raise ConfigurationError(
            f"GITHUB_API_URL: expected the https address of GitHub's API. {error}"
        ) from None


def ensure_hosts_are_named() -> None:
    """That CREDENTIAL_CHECK_HOSTS has names of hosts alone. Raises ConfigurationError."""
    for host in settings.CREDENTIAL_CHECK_HOSTS:
        try:
            is_name = read_address(f"https://{host}", is_local=settings.IS_LOCAL).host == host
        except NotAskable:
            is_name = False
        if not is_name:
            raise ConfigurationError(
                "CREDENTIAL_CHECK_HOSTS: expected full host names in small letters, such as "
                "miyabi-world.com, separated by commas."
            )


def trial_of(key: KeySpec | None) -> Trial | None:
    """How a key is tried; None where the catalogue or the settings do not have it tried."""
    trial = key.trial if key and settings.CREDENTIAL_CHECKS else None
    if trial and trial.way is Way.HTTPS_URL and not settings.CREDENTIAL_CHECK_HOSTS:
        return None
    return trial


def host_of(trial: Trial) -> str:
    """Whom a try asks; "" for the host that the value names."""
    return "" if trial.way is Way.HTTPS_URL else github_api().host


def trials_of(spec: SecretSpec, facts: VersionFacts | None) -> dict[str, KeyTrial]:
    """What is known of the values of a version, by key: of the keys that are tried. One query."""
    now, found, asked = datetime.now(UTC), dict[str, KeyTrial](), dict[str, Identity]()
    for key in facts.keys if facts else ():
        trial = trial_of(spec.key(key.name))
        other = facts.key(trial.other) if facts and trial and trial.other else None
        if trial is None or not key.is_set or (trial.other and other is None):
            continue
        if trial.way is Way.SAME_AS and other:
            tried = _compare(key, other, now)
            found[key.name] = KeyTrial(judge(tried, now), tried, is_askable=False)
        else:
            prints = (key.fingerprint, other.fingerprint if other else "")
            asked[key.name] = Identity(trial.way, host_of(trial), *prints)
    kept = _look_up(asked.values()) if asked else {}
    for name, identity in asked.items():
        found[name] = KeyTrial(judge(kept.get(identity), now), kept.get(identity))
    return found


def due_keys(spec: SecretSpec, facts: VersionFacts | None, now: datetime) -> list[str]:
    """The keys of a version whose values should be tried now."""
    return [
        name
        for name, known in trials_of(spec, facts).items()
        if known.is_askable and (known.tried is None or known.tried.is_due(now))
    ]


def keep(identity: Identity, outcome: Answer | NotKnown) -> Tried:
    """What is known of the value from now on: an answer stays when the next try has none.

    Raises AuditUnavailable.
    """
    now = datetime.now(UTC)
    if isinstance(outcome, Answer):
        answer = json.dumps(outcome.to_json())
        news = {"at": now, "why_not": "", "answer": answer, "answered_at": now}
    else:
        news = {"at": now, "why_not": outcome.why[:300]}
    try:
        row, _ = ValueTrial.objects.update_or_create(**vars(identity), defaults=news)
    except DatabaseError:
        raise AuditUnavailable("What came of the try could not be kept.") from None
    return _tried(row)


@transaction.atomic
def purge_trials() -> int:
    """Deletes what is known of values that no current version has had for long. Returns how many.

    Raises Error.
    """
    return int(ValueTrial.objects.filter(at__lt=datetime.now(UTC) - FORGET).delete()[0])


def _compare(own: KeyFacts, other: KeyFacts, now: datetime) -> Tried:
    """By fingerprints: nobody has to be asked."""
    is_same = own.fingerprint == other.fingerprint
    verb = "the same value as" if is_same else "another value than"
    return Tried(now, Answer(is_same, kind=f"{verb} {other.name}"), now)


def _look_up(asked: Iterable[Identity]) -> dict[Identity, Tried]:
    rows = ValueTrial.objects.filter(fingerprint__in={identity.fingerprint for identity in asked})
    return {Identity(row.way, row.asked, row.fingerprint, row.other): _tried(row) for row in rows}


def _tried(row: ValueTrial) -> Tried:
    answer = Answer.from_json(json.loads(row.answer)) if row.answer else None
    return Tried(row.at, answer, row.answered_at, row.why_not)
