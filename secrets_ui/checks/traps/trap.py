"""Reviews one statement: notes its traps, and corrects them."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...domain.access.actions import DECRYPT, DESCRIBE, READ
from ...domain.access.evidence import AccessEvidence
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.access.policies import AttachedPolicy
from ...domain.access.sides import by_identity, by_identity_or_secret, by_key
from ...domain.iam import Evaluation, Layer, LayerDecision, Statement, StatementResult


@dataclass(frozen=True)
class TrapNote:
    """One mistake in a statement. `check` reports it. With `blocks`, it causes a refusal.

    `action` is what a misspelt action was meant for, "" for other mistakes.
    """

    check: str
    marked: str
    text: str
    blocks: bool
    action: str = ""


class PathAnswers:
    """The decisions along the path with the policies as they are."""

    def __init__(self, evidence: AccessEvidence) -> None:
        self.read, self.decrypt = ask_read(evidence, READ), ask_decrypt(evidence)
        self.may_read = _side(self.read, by_identity_or_secret)
        self.may_describe = _side(ask_read(evidence, DESCRIBE), by_identity_or_secret)
        self.may_decrypt = _side(self.decrypt, by_key)

    def layer_allows(self, layer: Layer | None, action: str) -> bool:
        """Whether a layer alone allows the action. An absent layer allows."""
        answer = self.read if action == READ else self.decrypt
        if layer is Layer.IDENTITY:
            return _side(answer, by_identity)
        return (
            answer.evaluation is not None
            and answer.evaluation.layers.get(layer or Layer.SESSION) in _ALLOWING
        )

    def result(self, policy: AttachedPolicy, statement: Statement) -> StatementResult | None:
        """Return the evaluator's result of a statement for a plain read."""
        here = (policy.layer, policy.name, statement.index)
        results = self.read.evaluation.statements if self.read.evaluation else ()
        found = (r for r in results if (r.layer, r.policy, r.statement.index) == here)
        return next((r for r in found if r.statement.document == statement.document), None)


_ALLOWING = (None, LayerDecision.ALLOWED, LayerDecision.ALLOWED_FOR_ACCOUNT)


def _side(answer: Answer, side: Callable[[Any], Evaluation]) -> bool:
    return answer.request is not None and side(answer.request).is_allowed


@lru_cache(maxsize=16)
def path_answers(evidence: AccessEvidence) -> PathAnswers:
    return PathAnswers(evidence)


class StatementReview:
    """A statement under review.

    `corrected` starts as a copy of the statement; whoever notes a trap corrects it there. None
    removes the statement.
    """

    def __init__(
        self, evidence: AccessEvidence, policy: AttachedPolicy, statement: Statement
    ) -> None:
        self.evidence, self.policy, self.statement = evidence, policy, statement
        self.corrected: dict[str, Any] | None = copy.deepcopy(dict(statement.document))
        self.notes: list[TrapNote] = []

    @property
    def answers(self) -> PathAnswers:
        return path_answers(self.evidence)

    @property
    def name(self) -> str:
        sid = self.statement.sid
        return (
            f"statement {sid} of {self.policy.title}"
            if sid
            else f"statement number {self.statement.index + 1} of {self.policy.title}"
        )

    @property
    def is_about_the_reader(self) -> bool:
        """Whether the policy decides what the Lambda may do, unlike the console's and the trust."""
        return not self.policy.location.startswith(("console:", "trust"))

    def is_about(self, *actions: str) -> bool:
        return any(self.statement.actions.matches(action.casefold()) for action in actions)

    def is_refused(self, action: str) -> bool:
        """Whether the policy's side refuses the action. What only limits is a side of its own."""
        if self.policy.layer in (Layer.BOUNDARY, Layer.ENDPOINT):
            return not self.answers.layer_allows(self.policy.layer, action)
        if action == DESCRIBE:
            return not self.answers.may_describe
        return not (self.answers.may_decrypt if action == DECRYPT else self.answers.may_read)

    def element(self, *names: str) -> str:
        """Return the first of these elements that is present, or ""."""
        return next((name for name in names if name in (self.corrected or {})), "")

    def note(self, check: str, marked: str, text: str, blocks: bool, action: str = "") -> None:
        self.notes.append(TrapNote(check, marked, f"{self.name} {text}", blocks, action))
