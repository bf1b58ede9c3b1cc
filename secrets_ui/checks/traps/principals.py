"""Deleted principals: AWS replaces their ARN by their id (AROA…), which never matches again.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from typing import Any

from ...domain.access.actions import DECRYPT, READ
from ...domain.access.context import Caller, console_caller, lambda_caller
from ...domain.iam import Effect, as_list
from .trap import StatementReview

_LEFT_OVER = re.compile(r"A(?:RO|ID)A[A-Z0-9]{12,124}", re.ASCII)
_WRITES = {
    "secretsmanager:putsecretvalue",
    "secretsmanager:updatesecretversionstage",
    "kms:generatedatakey",
}


def note_deleted_principals(review: StatementReview) -> None:
    element = review.element("Principal", "NotPrincipal")
    principal = review.corrected[element] if review.corrected and element else None
    if review.corrected is None or not isinstance(principal, dict):
        return
    listed = as_list(principal.get("AWS", []))
    deleted = [item for item in listed if _LEFT_OVER.fullmatch(item)]
    if deleted:
        caller = _successor(review, element)
        living = [item for item in listed if item not in deleted]
        successors = [caller.role_arn] if caller and caller.role_arn not in living else []
        review.corrected = _with_principals(review.corrected, element, [*living, *successors])
        text = (
            f"names {deleted[0]}, which is what AWS leaves of a role or user that was deleted; "
            "one made again under its name is another"
        )
        review.note("no_left_over_principals", element, text, _blocks(review, caller))


def _successor(review: StatementReview, element: str) -> Caller | None:
    """Return who was probably meant: the console for writing, the Lambda for reading.

    Nobody takes the deleted principal's place in a Deny.
    """
    if review.statement.effect is Effect.DENY and element == "Principal":
        return None
    actions = {
        str(action).casefold() for action in as_list((review.corrected or {}).get("Action", []))
    }
    if actions & _WRITES:
        return console_caller(review.evidence)
    return (
        lambda_caller(review.evidence)
        if review.is_about(READ, DECRYPT) and review.is_about_the_reader
        else None
    )


def _blocks(review: StatementReview, successor: Caller | None) -> bool:
    action = DECRYPT if review.policy.location == "key" else READ
    return successor is not None and successor.is_lambda and review.is_refused(action)


def _with_principals(
    document: dict[str, Any], element: str, names: list[str]
) -> dict[str, Any] | None:
    """Return the statement with these names under AWS; None if it would name nobody."""
    rest = {kind: value for kind, value in document[element].items() if kind != "AWS"}
    if not names and not rest:
        return None
    aws = {"AWS": names if len(names) > 1 else names[0]} if names else {}
    return {**document, element: {**aws, **rest}}
