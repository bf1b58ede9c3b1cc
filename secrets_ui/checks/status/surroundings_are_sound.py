"""The part of the access path that is about no single secret.

Identity, function, role, its policies, the key and its rotation.
"""

from collections.abc import Iterator

from ...domain.access.evidence import Known
from ...domain.errors.wording import plural
from ...domain.status.status import StatusFinding
from ...domain.status.watched import Surroundings
from .lambda_can_read import of_path
from .saying import Saying

TITLE = "Role, function and key are sound"
say = Saying(__name__, "troubleshoot", "IAM, KMS and Lambda")


def check(around: Surroundings) -> Iterator[StatusFinding]:
    if not around.shared:
        if isinstance(around.listed, Known):
            yield say(
                "unknown", f"Role, function and key of {around.environment.name} were not checked."
            )
        return
    yield from (of_path(finding) for finding in around.shared if finding.status != "pass")
    if number := sum(finding.status == "pass" for finding in around.shared):
        yield say(
            "pass",
            f"Identity, function, role and key of {around.environment.name}: "
            f"{plural(number, 'check holds', 'checks hold')}.",
        )
