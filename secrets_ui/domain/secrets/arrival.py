"""Judges whether a version has arrived, by what was found in the function's log.

Proof of an instance that runs with another version comes first, then whatever is not known: only
what was looked at in full has arrived.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import get_args

from ..errors.wording import plural
from .rollout import FunctionLog, Instance, Report, Rollout, State
from .secret import Secret
from .version import short_version

# Lines come into CloudWatch Logs some seconds after they were written.
UNDER_WAY = timedelta(seconds=60)
# Of these, silence tells nothing: they wait for requests, and snapshots are thawed, for hours.
# "" is a line that somebody else's code wrote.
_ON_DEMAND = ("", "on-demand")

_ORDER: tuple[State, ...] = get_args(State)


def rollout_of(
    environment: str,
    secret: Secret,
    listed: Iterable[str],
    log: FunctionLog,
    *,
    version_id: str = "",
    current_since: datetime | None = None,
) -> Rollout:
    """Of the current version, or of `version_id`. `listed` are the ids of versions that AWS lists:
    no other one is repeated, whatever a line in the log calls a version.
    """
    target = version_id or secret.current
    names = _names(secret)
    shown = {*listed, *secret.versions, target}
    found = (_instance(reports, names, target, shown, log) for reports in _by_stream(log, names))
    latest_first = sorted(found, key=lambda instance: instance.last, reverse=True)
    instances = sorted(latest_first, key=lambda instance: _ORDER.index(instance.state))
    others = [
        report.at
        for report in log.reports
        for name, version in report.versions.items()
        if name in names and version != target
    ]
    is_current = bool(target) and target == secret.current
    if is_current:
        arrived, reason = _judge(instances, log, current_since)
    else:
        arrived, reason = _not_current(target)
    return Rollout(
        *(environment, secret.name, target, arrived, reason, tuple(instances)),
        *(current_since, max(others, default=None), log, is_current),
    )


def _names(secret: Secret) -> frozenset[str]:
    """All by which a secret can be asked for; its ARN without the six random characters as well."""
    return frozenset({secret.name, secret.arn, secret.arn.rpartition("-")[0]})


def _by_stream(log: FunctionLog, names: frozenset[str]) -> Iterator[list[Report]]:
    """The lines about the secret, those of each stream by themselves, oldest first."""
    found: dict[str, list[Report]] = {}
    for report in sorted(log.reports, key=lambda report: report.at):
        if names & report.versions.keys():
            found.setdefault(report.stream, []).append(report)
    yield from found.values()


def _instance(
    reports: list[Report], names: frozenset[str], target: str, shown: set[str], log: FunctionLog
) -> Instance:
    last = reports[-1]
    held = _version_in(last, names)
    since = last.at
    for report in reversed(reports):
        if _version_in(report, names) != held:
            break
        since = report.at
    return Instance(
        *(last.stream, held if held in shown else "", since, last.at),
        "new" if held == target else _state_of_old(last, log),
        *(last.function_version, last.initialization_type),
    )


def _version_in(report: Report, names: frozenset[str]) -> str:
    """Asked for by name and by ARN in one line, it is the same current version."""
    return next(version for name, version in report.versions.items() if name in names)


def _state_of_old(last: Report, log: FunctionLog) -> State:
    if last.stream in log.running or last.at >= log.alive_since(last.function_version):
        return "old"
    is_gone = last.stream in log.silent and last.initialization_type in _ON_DEMAND
    return "gone" if is_gone else "unclear"


def _not_current(target: str) -> tuple[bool | None, str]:
    if not target:
        return None, "The secret has no current version."
    return False, f"Version {short_version(target)} is not current, so nobody is given it."


def _judge(
    instances: list[Instance], log: FunctionLog, current_since: datetime | None
) -> tuple[bool | None, str]:
    """Whether it has arrived, and why: proof of an old version first, then what is not known."""
    count = {state: sum(one.state == state for one in instances) for state in _ORDER}
    if count["old"]:
        return False, _runs_with_another(count["old"])
    if log.problem or not log.is_whole:
        return None, _not_read(log)
    if not instances:
        return None, _nobody_reports(log)
    if count["unclear"]:
        return None, _not_clear(instances, log)
    if not count["new"]:
        return None, (
            "No instance has read it yet, and none that last read another version still runs. The "
            "next instance reads the current version."
        )
    if current_since and log.until - current_since < UNDER_WAY:
        return None, "The version is younger than a minute, and lines may still be under way."
    have_it = plural(count["new"], "instance")
    return True, f"{have_it} read it, and none runs that last read another one."


def _runs_with_another(number: int) -> str:
    runs = "still runs" if number == 1 else "still run"
    return f"{plural(number, 'instance')} last read another version and {runs}."


def _not_clear(instances: list[Instance], log: FunctionLog) -> str:
    unclear = [instance.stream for instance in instances if instance.state == "unclear"]
    why = (
        "with provisioned concurrency and snapshots silence tells nothing."
        if log.silent.issuperset(unclear)
        else "not every log stream could be looked at."
    )
    one = len(unclear) == 1
    return (
        f"{plural(len(unclear), 'instance')} last read another version, and whether "
        f"{'it still runs' if one else 'they still run'} is not known: {why}"
    )


def _not_read(log: FunctionLog) -> str:
    if log.problem:
        code = log.problem.call.code
        return f"{log.problem.message.rstrip('.')}{f' ({code})' if code else ''}."
    how_far = f"back to {log.since:%H:%M} UTC" if log.since else "not even for the last minutes"
    return (
        f"The log is so large that it was read {how_far} alone. An instance that began earlier and "
        "has not read the secret since would not be seen."
    )


def _nobody_reports(log: FunctionLog) -> str:
    if log.reports:
        return "The function has not read this secret in the last 24 hours; it reads others."
    if log.has_lines:
        return "The loader does not report: the function’s log has lines, and none of the loader’s."
    if log.has_lines is None:
        return "The loader does not report: the function’s log has no line of it."
    return "The function has written no line in the last 24 hours. The next instance reads it."
