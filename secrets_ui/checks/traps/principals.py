"""Principals that were deleted: AWS leaves their id (AROA…) in the place of the ARN, and it never matches again.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""

from __future__ import annotations

import re
from typing import Any

from ...domain.access.context import Caller, console_caller, lambda_caller
from ...domain.iam import Effect
from .trap import DECRYPT, READ, Trapped

_LEFT_OVER = re.compile(r"A(?:RO|ID)A[A-Z0-9]{12,124}", re.ASCII)
_WRITES = {
    "secretsmanager:putsecretvalue",
    "secretsmanager:updatesecretversionstage",
    "kms:generatedatakey",
}


def note_left_overs(trapped: Trapped) -> None:
    element = trapped.element("Principal", "NotPrincipal")
    principal = trapped.meant[element] if trapped.meant and element else None
    if trapped.meant is None or not isinstance(principal, dict):
        return
    listed = _listed(principal.get("AWS", []))
    left = [item for item in listed if _LEFT_OVER.fullmatch(item)]
    if left:
        caller = _heir(trapped, element)
        living = [item for item in listed if item not in left]
        heirs = [caller.role_arn] if caller and caller.role_arn not in living else []
        trapped.meant = _with_principals(trapped.meant, element, [*living, *heirs])
        text = f"names {left[0]}, which is what AWS leaves of a role or user that was deleted; one made again under its name is another"
        trapped.note("no_left_over_principals", element, text, _blocks(trapped, caller))


def _heir(trapped: Trapped, element: str) -> Caller | None:
    """Who was probably meant, so that the statement serves again: the console where it is about writing, the Lambda where it is about
    reading. Nobody inherits a Deny."""
    if trapped.statement.effect is Effect.DENY and element == "Principal":
        return None
    actions = {
        str(action).casefold() for action in _listed((trapped.meant or {}).get("Action", []))
    }
    if actions & _WRITES:
        return console_caller(trapped.evidence)
    return (
        lambda_caller(trapped.evidence)
        if trapped.is_about(READ, DECRYPT) and trapped.is_about_the_reader
        else None
    )


def _blocks(trapped: Trapped, heir: Caller | None) -> bool:
    may = trapped.asked.may_decrypt if trapped.place.place == "key" else trapped.asked.may_read
    return heir is not None and heir.is_lambda and not may


def _with_principals(
    document: dict[str, Any], element: str, names: list[str]
) -> dict[str, Any] | None:
    """The statement with these under AWS; None where it would name nobody."""
    rest = {kind: value for kind, value in document[element].items() if kind != "AWS"}
    if not names and not rest:
        return None
    aws = {"AWS": names if len(names) > 1 else names[0]} if names else {}
    return {**document, element: {**aws, **rest}}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
