"""Whether a version of a secret has arrived where it is read. No value is read for it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from ...aws.gateways import Gateways
from ...domain.access.encrypting_key import AWS_MANAGED, encrypting_key, is_aws_managed
from ...domain.access.evidence import Evidence, Known, learn, why_unavailable
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.arrival import rollout_of
from ...domain.secrets.dates import as_day, as_moment
from ...domain.secrets.rollout import Hint, Instance, Rollout
from ...domain.secrets.secret import Secret, SecretVersion
from ...domain.secrets.version import short_version
from ...domain.session_scope import ROLLOUT
from ...domain.status.watched import TrailEvent, last_decryption
from ...domain.texts import as_rfc3339
from ..audit.who_changed import authors_of
from ..aws_access import begin, gateways
from .function_log import read_function_log

PAGE_SECONDS = 8.0  # for the log; a page waits for it


def look(
    environment: Environment,
    secret_name: str,
    actor: Actor,
    version_id: str = "",
    *,
    seconds: float = PAGE_SECONDS,
    with_hints: bool = True,
) -> Rollout:
    """Of the current version, or of `version_id`, now. The log is read for `seconds` at most.

    Raises InvalidSecretName, SecretNotFound and other AwsErrors of DescribeSecret; whatever else
    AWS refuses is part of the answer.
    """
    name = environment.secret_name(secret_name)
    aws = gateways(environment, actor, ROLLOUT.of(name))
    asked_versions = begin(partial(aws.secrets_manager.list_secret_version_ids, name))
    secret = aws.secrets_manager.describe_secret(name).value
    # Not before: a page without its secret would leave dozens of calls on their way.
    asked_log = begin(
        partial(read_function_log, environment, actor, seconds, scope=ROLLOUT.of(name))
    )
    versions = learn(asked_versions.result)
    listed = versions.value if isinstance(versions, Known) else ()
    target = version_id or secret.current
    hints = _hints(environment, aws, secret, target, versions) if with_hints else ()
    found = rollout_of(
        *(environment.name, secret, [version.version_id for version in listed]),
        asked_log.result(),
        version_id=target,
        current_since=current_since(target, listed),
    )
    return replace(found, hints=hints)


def current_since(version_id: str, versions: Iterable[SecretVersion]) -> datetime | None:
    """When the version became current: by the record where it was made here, else when it was made.
    One query."""
    if author := authors_of([version_id]).get(version_id):
        return datetime.fromisoformat(author.at)
    return next((one.created for one in versions if one.version_id == version_id), None)


def _hints(
    environment: Environment,
    aws: Gateways,
    secret: Secret,
    target: str,
    versions: Evidence[tuple[SecretVersion, ...]],
) -> tuple[Hint, ...]:
    decryptions = _decryptions(aws, secret, versions)
    return (
        Hint(
            "CloudTrail",
            _by_trail(environment, secret, target, decryptions),
            "It tells of the role and of no instance, some minutes late, and of the last 50 "
            "decryptions with the key.",
        ),
        Hint(
            "Secrets Manager",
            _by_dates(target, versions),
            "LastAccessedDate is a day, and counts every reader, this console as well.",
        ),
    )


def _decryptions(
    aws: Gateways, secret: Secret, versions: Evidence[tuple[SecretVersion, ...]]
) -> Evidence[tuple[TrailEvent, ...]]:
    named = encrypting_key(secret, versions.value if isinstance(versions, Known) else ())
    key = learn(partial(aws.kms.describe_key, AWS_MANAGED if is_aws_managed(named) else named))
    if not isinstance(key, Known):
        return key
    return learn(partial(aws.cloudtrail.lookup_decrypts, key.value.arn))


def _by_trail(
    environment: Environment, secret: Secret, target: str, events: Evidence[tuple[TrailEvent, ...]]
) -> str:
    role = environment.lambda_role
    if not isinstance(events, Known):
        return f"Which version {role} last decrypted is not known: {why_unavailable(events)}."
    last = last_decryption(events.value, environment, secret.arn)
    if last is None or not last.version:
        return f"No decryption of this secret by {role} was found."
    which = "this version" if last.version == target else f"version {short_version(last.version)}"
    when = f" at {as_moment(last.at)}" if last.at else ""
    return f"{role} last decrypted {which}{when}."


def _by_dates(target: str, versions: Evidence[tuple[SecretVersion, ...]]) -> str:
    if not isinstance(versions, Known):
        return f"When a version was last read is not known: {why_unavailable(versions)}."
    read = {one.version_id: one.last_accessed for one in versions.value if one.last_accessed}
    ours = f"on {as_day(read[target])}" if target in read else "not yet, as far as AWS tells"
    others = [at for version, at in read.items() if version != target]
    more = f" Any other version: last on {as_day(max(others))}." if others else ""
    return f"This version was last read {ours}.{more}"


def as_json(rollout: Rollout) -> str:
    """For programs: the answer, what it rests on, and how far was looked."""
    log = rollout.log
    document = {
        "environment": rollout.environment,
        "secret": rollout.secret,
        "version_id": rollout.version_id,
        "arrived": rollout.arrived,
        "reason": rollout.reason,
        "current_since": as_rfc3339(rollout.current_since),
        "old_last_read": as_rfc3339(rollout.old_last_read),
        "log": {
            "group": log.group,
            "read_from": as_rfc3339(log.since),
            "read_until": as_rfc3339(log.until),
            "is_whole": log.is_whole,
            "aws_error_code": log.problem.call.code if log.problem else None,
        },
        "instances": [_entry(instance) for instance in rollout.instances],
        "hints": [vars(hint) for hint in rollout.hints],
    }
    return json.dumps(document, indent=2)


def _entry(instance: Instance) -> dict[str, str | None]:
    return {
        "log_stream": instance.stream,
        "version_id": instance.version_id or None,
        "state": instance.state,
        "since": as_rfc3339(instance.since),
        "last_report": as_rfc3339(instance.last),
        "function_version": instance.function_version,
        "initialization_type": instance.initialization_type,
    }
