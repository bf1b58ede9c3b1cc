"""The function does not use an older version: warm instances keep what they read at start."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ...domain.access.evidence import Known
from ...domain.secrets.version import short_version
from ...domain.status.status import StatusFinding
from ...domain.status.watched import TrailEvent, WatchedSecret, last_decryption
from .saying import Saying

TITLE = "The Lambda uses the current version"
NEXT = (
    "Wait some hours, until Lambda has replaced its instances, or change the function’s "
    "configuration, which replaces them now."
)
say = Saying(__name__, "secret", "GetFunctionConfiguration, CloudTrail")
# Lambda ends execution environments every few hours, even of functions without a pause:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
RECYCLED = timedelta(hours=24)


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if (
        not watched.in_catalog
        or not isinstance(watched.secret, Known)
        or watched.secret.value.deleted
    ):
        return
    if watched.rollout is not None and watched.rollout.arrived is not None:
        return  # newest_version_has_arrived knows it
    secret, since, function = (
        watched.secret.value,
        watched.current_since,
        watched.environment.lambda_function,
    )
    if not secret.current:
        return
    last = _last_read(watched)
    if isinstance(watched.decrypts, Known) and last and last.version == secret.current:
        yield say("pass", f"{function} decrypted the current version of {watched.name} last.")
        return
    if last and last.at and since and last.at > since:
        text = (
            f"{function} decrypted version {short_version(last.version)} of {watched.name} last, "
            f"at {last.at:%H:%M} UTC, and not the current one."
        )
        yield say("warn", text)
        return
    yield from _by_dates(watched, since, function)
    if not isinstance(watched.decrypts, Known):
        text = (
            f"Which version of {watched.name} {function} read last is not known: "
            "CloudTrail could not be asked."
        )
        yield say("unknown", text, "CloudTrail", weight="second opinion")


def _by_dates(
    watched: WatchedSecret, since: datetime | None, function: str
) -> Iterator[StatusFinding]:
    unknown = f"Whether {function} still holds an older version of {watched.name} is not known"
    if since is None:
        yield say(
            "unknown",
            f"{unknown}: AWS did not say since when the current one is current.",
            weight="second opinion",
        )
    elif watched.now - since > RECYCLED:
        yield say(
            "pass",
            f"The current version of {watched.name} is older than a day, "
            "and Lambda replaces its instances every few hours.",
        )
    elif not isinstance(watched.function, Known):
        yield say(
            "unknown", f"{unknown}: its configuration could not be read.", weight="second opinion"
        )
    elif (changed := watched.function.value.modified) and changed >= since:
        yield say(
            "pass",
            f"{function} was changed after the newest version of {watched.name}, "
            "so every instance has read it.",
        )
    elif not watched.secret.value.version_with("AWSPREVIOUS"):  # type: ignore[union-attr]  # check() has made sure
        yield say(
            "pass", f"{watched.name} has had one version only, so no instance holds an older one."
        )
    else:
        yield say(
            "warn",
            f"{function} last changed before the newest version of {watched.name}: "
            "warm instances may still hold the old values.",
        )


def _last_read(watched: WatchedSecret) -> TrailEvent | None:
    if not isinstance(watched.decrypts, Known) or not isinstance(watched.secret, Known):
        return None
    return last_decryption(watched.decrypts.value, watched.environment, watched.secret.value.arn)
