"""One statement under examination: what is noted of it, and how it should read; with the answers that tell whether that matters."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...domain.access.evidence import AccessEvidence
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.access.policy_places import PolicyPlace
from ...domain.access.sides import by_identity, by_identity_or_secret, by_key
from ...domain.iam import Evaluation, Layer, Statement, StatementResult

READ, DESCRIBE, DECRYPT = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:DescribeSecret",
    "kms:Decrypt",
)


@dataclass(frozen=True)
class Noted:
    """`check` names it. `blocks`: the call is refused, and this statement is about it."""

    check: str
    marked: str
    text: str
    blocks: bool


class Asked:
    """What the path answers as it is."""

    def __init__(self, evidence: AccessEvidence) -> None:
        self.read, self.decrypt = ask_read(evidence, READ), ask_decrypt(evidence)
        self.may_read = _side(self.read, by_identity_or_secret)
        self.may_decrypt = _side(self.decrypt, by_key)

    def layer_allows(self, layer: Layer | None, action: str) -> bool:
        """Whether the layer by itself allows the action; so does one that is not there."""
        answer = self.read if action == READ else self.decrypt
        if layer is Layer.IDENTITY:
            return _side(answer, by_identity)
        return (
            answer.evaluation is not None
            and answer.evaluation.layers.get(layer or Layer.SESSION) in _ALLOWING
        )

    def result(self, place: PolicyPlace, statement: Statement) -> StatementResult | None:
        """What the evaluator says of a statement about a plain read."""
        here = (place.layer, place.name, statement.index)
        results = self.read.evaluation.statements if self.read.evaluation else ()
        found = (r for r in results if (r.layer, r.policy, r.statement.index) == here)
        return next((r for r in found if r.statement.document == statement.document), None)


_ALLOWING = (None, "Allowed", "AllowedForAccount")


def _side(answer: Answer, side: Callable[[Any], Evaluation]) -> bool:
    return answer.request is not None and side(answer.request).is_allowed


@lru_cache(maxsize=16)
def asked_of(evidence: AccessEvidence) -> Asked:
    return Asked(evidence)


class Trapped:
    """`meant` starts as a copy of the statement, and is mended by whoever notes a trap; None takes the statement out."""

    def __init__(self, evidence: AccessEvidence, place: PolicyPlace, statement: Statement) -> None:
        self.evidence, self.place, self.statement = evidence, place, statement
        self.meant: dict[str, Any] | None = copy.deepcopy(dict(statement.document))
        self.noted: list[Noted] = []

    @property
    def asked(self) -> Asked:
        return asked_of(self.evidence)

    @property
    def name(self) -> str:
        sid = self.statement.sid
        return (
            f"statement {sid} of {self.place.title}"
            if sid
            else f"statement number {self.statement.index + 1} of {self.place.title}"
        )

    @property
    def is_about_the_reader(self) -> bool:
        """It decides what the Lambda may do; the console's own policies do not, and a trust policy decides another thing."""
        return not self.place.place.startswith(("console:", "trust"))

    def is_about(self, *actions: str) -> bool:
        return any(self.statement.actions.matches(action.casefold()) for action in actions)

    def is_refused(self, action: str) -> bool:
        """Whether the side that this policy belongs to refuses the action; a boundary is a side of its own."""
        if self.place.layer is Layer.BOUNDARY:
            return not self.asked.layer_allows(Layer.BOUNDARY, action)
        return not (self.asked.may_decrypt if action == DECRYPT else self.asked.may_read)

    def element(self, *names: str) -> str:
        """Which of these elements is there, ""."""
        return next((name for name in names if name in (self.meant or {})), "")

    def note(self, check: str, marked: str, text: str, blocks: bool) -> None:
        self.noted.append(Noted(check, marked, f"{self.name} {text}", blocks))
