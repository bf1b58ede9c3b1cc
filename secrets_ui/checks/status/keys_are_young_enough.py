"""No value is older than the catalogue allows for its key."""

from collections.abc import Iterator
from datetime import timedelta

from ...domain.secrets.catalog import KeySpec
from ...domain.secrets.key_age import KeyAge
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .key_findings import is_readable, without_facts
from .saying import Saying

TITLE = "Values are younger than their limit"
NEXT = (
    "Rotate it from the secret's page: get a new value, save it, and revoke the old one when the "
    "Lambda uses the new one."
)
say = Saying(__name__, "secret", "ListSecretVersionIds and fingerprints of its versions")


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    limited = [key for key in watched.spec.keys.values() if key.max_age_days]
    if not limited:
        return
    if watched.facts is None or not is_readable(watched):
        yield from without_facts(say, watched, f"How old the values of {watched.name} are")
        return
    held = [key for key in limited if watched.facts.is_set(key.name)]
    found = [_judge(watched, key, watched.ages.get(key.name)) for key in held]
    yield from (finding for finding in found if finding.status != "pass")
    if found and all(finding.status == "pass" for finding in found):
        yield say(
            "pass",
            f"No value of {watched.name} is older than the catalogue allows: "
            f"{'; '.join(_short(watched, key) for key in held)}.",
        )


def _judge(watched: WatchedSecret, key: KeySpec, age: KeyAge | None) -> StatusFinding:
    assert key.max_age_days is not None
    limit = timedelta(days=key.max_age_days)
    if age is None:
        return say(
            "unknown",
            f"How old {key.name} in {watched.name} is is not known: AWS did not list its versions.",
            key.name,
        )
    days = (watched.now - age.since).days
    if watched.now - age.since > limit:
        at_least = "" if age.is_exact else "at least "
        return say(
            "warn",
            f"{key.name} in {watched.name} is {at_least}{days} days old, "
            f"and should be rotated after {key.max_age_days}.",
            key.name,
        )
    if age.is_exact or (age.not_before and watched.now - age.not_before <= limit):
        return say("pass", f"{key.name} is {days} days old.", key.name)
    return say(
        "unknown",
        f"{key.name} in {watched.name} is at least {days} days old; how old exactly is not known, "
        "since nobody looked at its earlier versions.",
        key.name,
        weight="second opinion",
    )


def _short(watched: WatchedSecret, key: KeySpec) -> str:
    age = watched.ages.get(key.name)
    assert age is not None
    return f"{key.name} {(watched.now - age.since).days} of {key.max_age_days} days"
