"""Why a principal can, or cannot, do something with a secret: the decision hop by hop, the closest
statements, and what would turn the answer round.
"""

from collections.abc import Callable, Iterator

from ...domain.access.account import OF_GROUP
from ...domain.access.aws_managed_key import DOCUMENTED
from ...domain.access.evidence import AccessEvidence
from ...domain.access.expected_policies import is_managed_by_aws
from ...domain.access.explanation import Explanation, Hop, LayerAnswer, Level, Offer, Step, Way
from ...domain.access.finding import Shown
from ...domain.access.gains import Others
from ...domain.access.organization import describe_control
from ...domain.access.path import Answer
from ...domain.access.question import Question
from ...domain.access.reach import ASSUMED
from ...domain.iam import Effect, Evaluation, Layer, LayerDecision, StatementResult
from ..remedies.plans import AnyChange, Plan, plans
from ..remedies.policy_changes import Change, cli, keeps_five_versions
from ..wording.explain import closest, compared, distance
from ..wording.missing_statements import missing_statements
from .others import describe_others

Sharing = Callable[[str], int]
"""To how many other principals a managed policy is attached, by its ARN."""

_SAYS: dict[LayerDecision, tuple[Level, str]] = {
    LayerDecision.ALLOWED: ("ok", "allows it"),
    LayerDecision.ALLOWED_FOR_ACCOUNT: ("ok", "leaves it to the account’s IAM policies"),
    LayerDecision.EXPLICITLY_DENIED: ("bad", "denies it"),
    LayerDecision.DENIED_FOR_ACCOUNT: ("bad", "denies it to the whole account"),
    LayerDecision.IMPLICITLY_DENIED: ("mute", "does not allow it"),
    LayerDecision.UNDETERMINED: ("mute", "cannot be told"),
}
_TITLES = {
    Layer.RCP: "Resource control policies",
    Layer.SCP: "Service control policies",
    Layer.ENDPOINT: "VPC endpoint policy",
    Layer.GRANT: "Grants of the key",
    Layer.IDENTITY: "Identity policies",
    Layer.BOUNDARY: "Permissions boundary",
}
_LIMITS = (Layer.SCP, Layer.ENDPOINT, Layer.BOUNDARY)
"""What does not allow here refuses, whatever else allows."""
_OF_CALLER = (Layer.SCP, Layer.IDENTITY, Layer.BOUNDARY)
"""What the caller's account has, and not the secret's."""


def explain(
    question: Question, evidence: AccessEvidence, sharing: Sharing, others: Others
) -> Explanation:
    """Explain the answer to a question. `evidence` is what was gathered, about nobody yet."""
    evidence = question.about_it(evidence)
    verdict = question.ask(evidence)
    is_told = verdict.can is not None
    found = question.answers(evidence)
    return Explanation(
        evidence.environment.name,
        evidence.secret_name,
        question.row,
        question.ability,
        verdict,
        tuple(Way(tuple(_hop(evidence, answer) for answer in way)) for way in found),
        tuple(
            _offer(question, evidence, plan, sharing, others) for plan in plans(question, evidence)
        ),
        "" if is_told else _lacking(evidence),
        evidence.calls,
    )


def _lacking(evidence: AccessEvidence) -> str:
    """The statements that the console's role would need."""
    return missing_statements(
        evidence,
        *(evidence.role, evidence.attached, evidence.inline, *evidence.documents.values()),
        *(evidence.boundary, evidence.secret, evidence.resource_policy),
        *(evidence.key, evidence.key_policy, evidence.grants),
    )


def _hop(evidence: AccessEvidence, answer: Answer) -> Hop:
    evaluation = answer.evaluation
    if evaluation is None:
        return Hop("", "", None, (), missing=answer.missing)
    request, can = evaluation.request, answer.truth
    denies = [r for r in evaluation.deciding if r.effect is Effect.DENY]
    nearest = _closest(evaluation) if can is False and not denies else None
    return Hop(
        request.action,
        request.resource,
        can,
        tuple(_layers(evidence, evaluation)),
        compared(evidence, denies, request),
        compared(evidence, [nearest], request)[0] if nearest else None,
        answer.missing if can is None else (),
    )


def _closest(evaluation: Evaluation) -> StatementResult | None:
    """Of a layer that limits, if one does not allow; else of any that does not allow."""
    refusing = [
        layer
        for layer, decision in evaluation.layers.items()
        if decision is LayerDecision.IMPLICITLY_DENIED
    ]
    limits = [layer for layer in refusing if layer in _LIMITS]
    found = [result for layer in limits or refusing if (result := closest(evaluation, layer))]
    return min(found, key=distance, default=None)


def _layers(evidence: AccessEvidence, evaluation: Evaluation) -> Iterator[LayerAnswer]:
    is_key = evaluation.request.is_self_governing
    is_outside = any(result.policy == ASSUMED for result in evaluation.statements)
    for layer in Layer:
        decision = evaluation.layers.get(layer)
        title = _TITLES.get(layer, f"{layer.capitalize()} policies")
        if layer is Layer.RESOURCE:
            title = _key_policy(evaluation) if is_key else "The secret’s policy"
        if is_outside and layer in _OF_CALLER:
            yield LayerAnswer(title, "", "not seen, and taken to allow it")
        elif decision is not None:
            level, says = _SAYS[decision]
            is_decisive = layer in _LIMITS and decision is LayerDecision.IMPLICITLY_DENIED
            results = _results(evaluation, layer, decision)
            request = evaluation.request
            statements = (*compared(evidence, results, request), *_granted(evaluation, layer))
            yield LayerAnswer(title, "bad" if is_decisive else level, says, statements)
        elif absent := _absent(evidence, evaluation, layer, is_key):
            yield LayerAnswer(title, "", absent)


def _key_policy(evaluation: Evaluation) -> str:
    policy = evaluation.request.resource_policy
    is_documented = policy is not None and policy.name == DOCUMENTED
    return f"Key policy of {DOCUMENTED}" if is_documented else "Key policy"


def _granted(evaluation: Evaluation, layer: Layer) -> Iterator[Shown]:
    """The grants that allow, as ListGrants has them."""
    for result in evaluation.deciding_grants if layer is Layer.GRANT else ():
        grant = result.grant
        document: dict[str, object] = {"GranteePrincipal": grant.grantee}
        if grant.constraints:
            document["Constraints"] = {**grant.constraints}
        yield Shown(grant.name, "grant", document, why="It allows this to the caller.")


def _results(
    evaluation: Evaluation, layer: Layer, decision: LayerDecision
) -> list[StatementResult]:
    """The statements behind what a layer says."""
    of = [r for r in evaluation.statements if r.layer is layer and r.policy != ASSUMED]
    match decision:
        case LayerDecision.IMPLICITLY_DENIED:
            nearest = closest(evaluation, layer)
            return [nearest] if nearest else []
        case LayerDecision.UNDETERMINED:
            return [r for r in of if r.matches is None]
        case LayerDecision.ALLOWED | LayerDecision.ALLOWED_FOR_ACCOUNT:
            return [r for r in of if r.matches and r.effect is Effect.ALLOW]
    return [r for r in of if r.matches and r.effect is Effect.DENY]


def _absent(evidence: AccessEvidence, evaluation: Evaluation, layer: Layer, is_key: bool) -> str:
    """What to say of a layer in which there is nothing."""
    match layer:
        case Layer.SCP:
            return describe_control(evidence)
        case Layer.BOUNDARY:
            return "none, so nothing is limited by one"
        case Layer.RESOURCE if evaluation.request.action.startswith("secretsmanager:"):
            return "none, and none is needed for its own account"
        case Layer.GRANT if is_key:
            return "none"
    return ""


def _offer(
    question: Question, evidence: AccessEvidence, plan: Plan, sharing: Sharing, others: Others
) -> Offer:
    steps: dict[str, list[AnyChange]] = {}
    for number, change in enumerate(plan.changes):
        location = change.policy.location if isinstance(change, Change) else str(number)
        steps.setdefault(location, []).append(change)
    can = question.ask(plan.after).can
    word = "can" if can else "can no longer"
    who = f"{question.row.name} {word} {question.ability.words}"
    outcome = f"Tried on the policies as read: with this, {who}."
    told, lets_in = describe_others(others, plan.after)
    return Offer(
        tuple(_step(evidence, of, sharing) for of in steps.values()), outcome, told, lets_in
    )


def _step(evidence: AccessEvidence, changes: list[AnyChange], sharing: Sharing) -> Step:
    """One policy's changes. The last holds the text with all of them."""
    last = changes[-1]
    command = cli(evidence, last) if isinstance(last, Change) else last.cli
    return Step(
        tuple(change.words for change in changes),
        tuple(Shown("", "", statement) for change in changes for statement in change.shown),
        command,
        " ".join([*_taken_out(changes), *_caution(last, sharing, command)]),
    )


def _taken_out(changes: list[AnyChange]) -> Iterator[str]:
    """What goes with statements that are taken out whole, and for whom a whole account is named."""
    policies = [change for change in changes if isinstance(change, Change)]
    gone = [
        (document.get("Effect"), change.policy.location)
        for change in policies
        if not change.shown
        for document in change.policy.documents
        if document not in change.statements
    ]
    if any(effect == "Deny" for effect, _ in gone):
        yield "Whatever else this Deny refuses, and to whomever, it refuses no longer."
    if any(effect == "Allow" for effect, _ in gone):
        yield "Whatever else this allows, and to whomever, goes as well."
    if ("Allow", "key") in gone:
        yield "See that somebody may still change the key policy: without that nobody can mend it."
    named = {str(document.get("Principal")) for c in policies for document in c.shown}
    if any(":root'" in principal for principal in named):
        yield "It names a whole account, and so every role and user there."


def _caution(change: AnyChange, sharing: Sharing, command: str) -> Iterator[str]:
    if not isinstance(change, Change):
        return
    others = sharing(change.policy.arn) if change.policy.arn and change.text else 0
    if command.startswith("aws iam detach") and not is_managed_by_aws(change.policy.arn):
        yield "Nothing is left of the policy then: the command detaches it, from this role alone."
    if OF_GROUP in change.policy.name:
        yield "It changes for everybody in the group."
    if others and change.policy.layer in (Layer.IDENTITY, Layer.BOUNDARY):
        many = "1 other principal has" if others == 1 else f"{others} other principals have"
        yield f"{many} this policy, and it changes for them as well."
    if keeps_five_versions(change):
        yield "A managed policy keeps five versions: delete the oldest if there are five."
