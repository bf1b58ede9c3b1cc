"""The role's permissions boundary, if it has one, allows the calls on the path."""

from collections.abc import Callable, Iterator
from functools import partial

from ...domain.access.actions import BATCH, DECRYPT, DESCRIBE, READ
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.expected_policies import batch_statement, decrypt_statement, read_statement
from ...domain.access.finding import Finding, Remedy
from ...domain.access.path import Answer, ask_batch, ask_decrypt, ask_read
from ...domain.access.policies import AttachedPolicy, list_policies
from ...domain.access.sides import denying, within_boundary
from ...domain.iam import Evaluation, Layer
from ..judging.judgement import explanation
from ..remedies.fixes import find_remedy
from ..remedies.policy_changes import Change, with_new_statement
from ..remedies.trials import remedy
from ..traps.find import repaired
from ..wording import lambda_errors
from ..wording.explain import deciding, names
from ..wording.reporter import Reporter

TITLE = "The permissions boundary allows the calls"
report = Reporter(__name__, "policies")
Ask = Callable[[AccessEvidence], Answer]


def check(evidence: AccessEvidence) -> Finding:
    role, boundary = evidence.environment.lambda_role, evidence.boundary
    if boundary is None:
        return report.passed(f"{role} has no permissions boundary.", "no boundary")
    if not isinstance(boundary, Known):
        return report.cannot_tell(
            evidence,
            f"the permissions boundary lets {role} through",
            "the permissions boundary",
            boundary,
        )
    name, see = boundary.value.name, (boundary.call.cli,)
    answers = {action: ask(evidence) for action, ask in questions(evidence).items()}
    refused = {
        action: evaluation for action, answer in answers.items() if (evaluation := _refusal(answer))
    }
    if not refused:
        if doubt := " ".join(
            dict.fromkeys(d for answer in answers.values() for d in _doubts(answer, name))
        ):
            text = (
                f"Whether the permissions boundary {name} lets {role} through is not known: {doubt}"
            )
            return report.unknown(text, see=see)
        return report.passed(
            f"The permissions boundary {name} lets {role} through.", "boundary allows", see=see
        )
    fixed = repaired(evidence)
    left = {
        action: refused[action] for action in refused if _refusal(questions(fixed)[action](fixed))
    }
    if not left:
        text = (
            f"The permissions boundary {name} does not allow {names(refused)}: "
            f"{explanation(evidence)}."
        )
        return report.skipped(text, "boundary refuses")
    return _fail(evidence, name, left, see)


def _doubts(answer: Answer, name: str) -> Iterator[str]:
    """Yield why the boundary's decision is uncertain: malformed, or with an unknown condition."""
    if answer.malformed and answer.malformed.policy == name:
        yield f"{answer.malformed.message.rstrip('.')}."
    statements = answer.evaluation.statements if answer.evaluation and not answer.is_allowed else ()
    yield from (
        d
        for result in statements
        if result.layer is Layer.BOUNDARY and result.matches is None
        for d in result.doubts
    )


def questions(evidence: AccessEvidence) -> dict[str, Ask]:
    """Each call on the path, and how the evaluator is asked about it."""
    reads: dict[str, Ask] = {
        action: partial(ask_read, action=action) for action in (READ, DESCRIBE)
    }
    if reads_in_batches(evidence):
        reads[BATCH] = ask_batch
    return {**reads, DECRYPT: ask_decrypt}


def reads_in_batches(evidence: AccessEvidence) -> bool:
    """Whether the function's loader is set to read several secrets with one call."""
    return isinstance(evidence.function, Known) and evidence.function.value.route == "batch"


def _refusal(answer: Answer) -> Evaluation | None:
    """Return the evaluation if the boundary refuses, None if it allows or limits nothing here."""
    if answer.evaluation is None or answer.request is None:
        return None
    if denying(answer.evaluation, [Layer.BOUNDARY]):
        return answer.evaluation
    if answer.evaluation.layers.get(Layer.BOUNDARY) != "ImplicitlyDenied" or answer.is_allowed:
        return None
    return None if within_boundary(answer.request).is_allowed else answer.evaluation


def _fail(
    evidence: AccessEvidence, name: str, refused: dict[str, Evaluation], see: tuple[str, ...]
) -> Finding:
    action, evaluation = next(iter(refused.items()))
    denies = denying(evaluation, [Layer.BOUNDARY])
    how = "denies" if denies else "does not allow"
    error = lambda_errors.refused(evidence, action, "boundary deny" if denies else "boundary")
    role, statements = evidence.environment.lambda_role, deciding(evidence, evaluation, action)
    return report.fail(
        f"The permissions boundary {name} {how} {names(refused)} to {role}.",
        "boundary refuses",
        weight="matters" if list(refused) == [DESCRIBE] else "decides",
        shown=tuple(s for s in statements if s.layer == "permissions boundary"),
        error=lambda_errors.KMS_NOT_ALLOWED if action == DECRYPT else error,
        remedy=_remedy(evidence, refused),
        see=see,
    )


def _remedy(evidence: AccessEvidence, refused: dict[str, Evaluation]) -> Remedy | None:
    action, evaluation = next(iter(refused.items()))
    ask = questions(evidence)[action]
    if denying(evaluation, [Layer.BOUNDARY]):
        return find_remedy(evidence, evaluation, ask, [Layer.BOUNDARY])
    policy = next(item for item in list_policies(evidence) if item.location == "boundary")
    return remedy(evidence, _widened(evidence, policy, refused), ask)


def _widened(
    evidence: AccessEvidence, policy: AttachedPolicy, refused: dict[str, Evaluation]
) -> Change:
    words = f"Let the permissions boundary {policy.name} allow what is missing."
    changes = []
    if READ in refused or DESCRIBE in refused:
        changes.append(
            with_new_statement(
                policy, read_statement(evidence.environment, evidence.secret_name), words
            )
        )
    if BATCH in refused:
        changes.append(with_new_statement(policy, batch_statement(), words))
    if DECRYPT in refused and isinstance(evidence.key, Known):
        changes.append(
            with_new_statement(
                policy, decrypt_statement(evidence.environment, evidence.key.value.arn), words
            )
        )
    added = tuple(statement for change in changes for statement in change.shown)
    return Change(policy, (*policy.documents, *added), words, added)
