"""No CloudWatch alarm of the environment is in ALARM."""

from collections.abc import Iterator

from ...domain.access.evidence import Known
from ...domain.access.reading import why_unknown
from ...domain.errors.wording import plural
from ...domain.secrets.dates import as_moment
from ...domain.status.status import StatusFinding
from ...domain.status.watched import Surroundings
from ...domain.usage.alarm import Alarm
from .saying import Saying

TITLE = "No alarm is in ALARM"
say = Saying(__name__, "usage", "DescribeAlarms")


def check(around: Surroundings) -> Iterator[StatusFinding]:
    name, found = around.environment.name, around.alarms
    if found is None:
        return
    if not isinstance(found, Known):
        yield say(
            "unknown",
            f"Whether {name} has an alarm in ALARM is not known: "
            f"{why_unknown('the alarms', found)}.",
            weight="second opinion",
        )
    elif not found.value:
        yield say(
            "skipped",
            f"{name} has no CloudWatch alarm whose name starts with "
            f"{around.environment.alarm_prefix}.",
        )
    else:
        yield from (_told(alarm) for alarm in found.value if alarm.state != "OK")
        if quiet := sum(alarm.state == "OK" for alarm in found.value):
            yield say("pass", f"{plural(quiet, 'alarm is', 'alarms are')} quiet in {name}.")


def _told(alarm: Alarm) -> StatusFinding:
    since = f" since {as_moment(alarm.since)}" if alarm.since else ""
    if alarm.state == "ALARM":
        why = f": {alarm.reason.rstrip('.')}" if alarm.reason else ""
        return say("fail", f"The alarm {alarm.name} is in alarm{since}{why}.", alarm.name)
    return say(
        "unknown",
        f"The alarm {alarm.name} has too little data{since}.",
        alarm.name,
        weight="second opinion",
    )
