"""The door to the evaluator: a request in, the decision and its reasons out.

Everything starts denied; one applicable Deny anywhere ends it. What is not known makes the decision
Undetermined exactly where the decision hangs on it.
"""

from collections.abc import Iterator

from .layers import Layers
from .match import match_policies
from .policy import Effect, PolicyKind
from .request import Asked, Layer, Request, kind_of_resource_policy
from .results import Decision, Evaluation, GrantResult, StatementResult
from .truth import Truth

_UNREAD = {
    Layer.RCP: "the resource control policies",
    Layer.SCP: "the service control policies",
    Layer.IDENTITY: "the identity policies",
    Layer.RESOURCE: "the resource's own policy",
    Layer.GRANT: "the key's grants",
    Layer.BOUNDARY: "the permissions boundary",
    Layer.SESSION: "the session policies",
}


def evaluate(request: Request) -> Evaluation:
    """Decide a request, and say of every statement which of its parts match.

    Raises MalformedRequest when the principal is no role, session or user.
    """
    asked = Asked.of(request)
    layers = _match(request, asked)
    denied, allowed = layers.denied(), layers.allowed()
    statements = tuple(result for groups in layers.groups.values() for group in groups for result in group)
    decision = _decide(denied, allowed)
    return Evaluation(
        decision=decision,
        layers=layers.decisions(),
        statements=statements,
        grants=layers.grants,
        missing=tuple(_missing(layers, statements, denied, allowed)) if decision is Decision.UNDETERMINED else (),
    )


def _match(request: Request, asked: Asked) -> Layers:
    is_self_governing = kind_of_resource_policy(request.action) in (PolicyKind.KEY, PolicyKind.TRUST)
    unreadable = request.unreadable_layers
    if is_self_governing and request.resource_policy is None:  # every key and every role has a policy
        unreadable |= {Layer.RESOURCE}
    return Layers(
        groups={
            layer: tuple(match_policies(layer, group, asked) for group in groups)
            for layer, groups in request.policies()
        },
        grants=tuple(
            GrantResult(grant, index, grant.matches(asked.caller, asked.action, asked.resource, asked.context))
            for index, grant in enumerate(request.grants)
        ),
        unreadable=unreadable,
        is_same_account=asked.caller.account == request.resource_account,
        is_plain_role=not (asked.caller.is_session or asked.caller.is_user),
        is_self_governing=is_self_governing,
    )


def _decide(denied: Truth, allowed: Truth) -> Decision:
    if denied:
        return Decision.EXPLICITLY_DENIED
    if allowed is False:
        return Decision.IMPLICITLY_DENIED
    return Decision.ALLOWED if allowed and denied is False else Decision.UNDETERMINED


def _missing(
    layers: Layers, statements: tuple[StatementResult, ...], denied: Truth, allowed: Truth
) -> Iterator[str]:
    """What the decision hangs on, one sentence each."""
    for layer in sorted(layers.unreadable, key=list(Layer).index):
        yield f"Not known: {_UNREAD[layer]}."
    effects = [effect for effect, truth in ((Effect.DENY, denied), (Effect.ALLOW, allowed)) if truth is None]
    for result in statements:
        if result.matches is None and result.effect in effects:
            yield from result.doubts
    if allowed is None and any(result.matches is not False for result in layers.grants):
        yield "AWS does not say whether this grant allows here."
