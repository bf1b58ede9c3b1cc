"""Action names that are none: malformed, or misspelt. They match nothing."""

from typing import Any

from ...domain.access.actions import DECRYPT, DESCRIBE, READ
from ...domain.access.expected_policies import is_managed_by_aws
from ...domain.access.known_actions import intended_action
from ...domain.iam import Effect, as_list
from .trap import StatementReview

CHECK = "policies_name_real_actions"


def note_actions(review: StatementReview) -> None:
    """Note the names, and correct those of an Allow statement whose meaning is plain.

    In a Deny or under NotAction a correction could refuse more, so a person has to decide. Nobody
    but AWS can correct a policy of AWS.
    """
    element = review.element("Action", "NotAction")
    if review.corrected is None or not element or is_managed_by_aws(review.policy.arn):
        return
    listed = [str(name) for name in as_list(review.corrected[element])]
    malformed = review.statement.actions.malformed
    meant = {name: _meant(name, name in malformed) for name in dict.fromkeys(listed)}
    wrong = [name for name in meant if name in malformed or meant[name]]
    if element == "Action" and review.statement.effect is Effect.ALLOW:
        review.corrected[element] = _corrected(review.corrected[element], meant)
    for name in wrong:
        review.note(
            CHECK,
            element,
            _text(name, meant[name]),
            _blocks(review, element, meant[name]),
            meant[name],
        )


def _meant(name: str, is_malformed: bool) -> str:
    """Return the action that was probably meant, "" if the name is one or resembles none."""
    without_blanks = "".join(name.split())
    parts = without_blanks.split(":")
    is_whole = len(parts) == 2 and all(parts)
    return intended_action(name) or (without_blanks if is_malformed and is_whole else "")


def _text(name: str, meant: str) -> str:
    probably = f"; {meant} was probably meant" if meant else ""
    return f"names the action {name[:80]!r}, which does not exist, so it matches nothing{probably}"


def _corrected(written: Any, meant: dict[str, str]) -> Any:
    if not isinstance(written, list):
        return meant[str(written)] or written
    return list(dict.fromkeys(meant[str(name)] or name for name in written))


def _blocks(review: StatementReview, element: str, meant: str) -> bool:
    """Whether the Lambda is refused what the name was meant to allow."""
    if element == "NotAction" or review.statement.effect is Effect.DENY:
        return False
    if not review.is_about_the_reader or meant not in (READ, DESCRIBE, DECRYPT):
        return False
    return review.is_refused(meant)
