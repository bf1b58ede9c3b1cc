"""AWS answers, and lists the secrets of the environment to the end."""

from collections.abc import Iterator

from ...domain.access.evidence import Denied, Known
from ...domain.access.reading import why_unknown
from ...domain.errors.wording import plural
from ...domain.status.status import StatusFinding
from ...domain.status.watched import Surroundings
from .saying import Saying

TITLE = "AWS lists the secrets"
say = Saying(__name__, "troubleshoot", "ListSecrets")


def check(around: Surroundings) -> Iterator[StatusFinding]:
    name, found = around.environment.name, around.listed
    if not isinstance(found, Known):
        why = why_unknown(f"the list of secrets in {name}", found)
        short = (
            "this console may not list its secrets"
            if isinstance(found, Denied)
            else "AWS did not answer"
        )
        yield say("unknown", f"{name} could not be checked, {short}: {why}.")
        return
    yield say("pass", f"AWS lists {plural(found.value, 'secret')} in {name}.", page="secrets")
    if around.not_inspected:
        number = plural(around.not_inspected, "new version")
        text = f"{number} in {name}: not checked in this pass; the next one goes on."
        yield say("unknown", text, "new versions", weight="second opinion", page="secrets")
