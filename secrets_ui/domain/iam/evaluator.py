"""The evaluator: takes a request, returns the decision and its reasons.

Access is denied by default, and one applicable Deny in any layer overrides every Allow. The
decision is Undetermined only where it depends on something unknown.
"""

from collections.abc import Iterable, Iterator, Mapping

from .layers import Layers, tally_by_principal, tally_layer
from .match import match_statement
from .policy import Effect, NamedPolicy
from .request import Layer, PreparedRequest, Request
from .results import Decision, Evaluation, GrantResult, LayerDecision, StatementResult
from .truth import Truth, any_of

Groups = list[list[StatementResult]]
"""Statements by group. Each group of a layer must allow."""

_ALWAYS_ALLOWED = "sts:getcalleridentity"
"""Needs no permission, and "even if a policy denies it, you can still perform this operation".
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""
_LAYER_NAMES = {
    Layer.RCP: "the resource control policies",
    Layer.SCP: "the service control policies",
    Layer.RESOURCE: "the resource's own policy",
    Layer.GRANT: "the key's grants",
    Layer.IDENTITY: "the identity policies",
    Layer.BOUNDARY: "the permissions boundary",
    Layer.SESSION: "the session policies",
}


def evaluate(request: Request) -> Evaluation:
    """Decide a request, and report for every statement which of its parts match.

    Raises MalformedRequest when the principal is not a role, a role session or a user.
    """
    prepared = PreparedRequest.of(request)
    matched = {
        layer: [_match_group(layer, group, prepared) for group in groups]
        for layer, groups in request.policies()
    }
    statements = tuple(
        [result for groups in matched.values() for group in groups for result in group]
    )
    grants = _match_grants(request, prepared)
    layers = _layers(request, prepared, matched, grants)
    denied, allowed = layers.denied(), layers.allowed()
    if prepared.action == _ALWAYS_ALLOWED:
        denied, allowed = False, True
    decision = _decide(denied, allowed)
    is_undetermined = decision is Decision.UNDETERMINED
    missing = (
        tuple(_missing(request, statements, grants, denied, allowed)) if is_undetermined else ()
    )
    layered = _layer_decisions(layers, grants)
    return Evaluation(decision, layered, statements, grants, missing, request)


def _match_group(
    layer: Layer, group: Iterable[NamedPolicy], prepared: PreparedRequest
) -> list[StatementResult]:
    return [
        match_statement(layer, policy.name, statement, prepared)
        for policy in group
        for statement in policy.statements
    ]


def _match_grants(request: Request, prepared: PreparedRequest) -> tuple[GrantResult, ...]:
    return tuple(
        GrantResult(
            grant,
            index,
            grant.matches(prepared.caller, prepared.action, prepared.resource, prepared.context),
        )
        for index, grant in enumerate(request.grants)
    )


def _layers(
    request: Request,
    prepared: PreparedRequest,
    matched: Mapping[Layer, Groups],
    grants: tuple[GrantResult, ...],
) -> Layers:
    unread = _unread(request)
    applying = {layer: [_may_apply(group) for group in groups] for layer, groups in matched.items()}
    return Layers(
        tallies={
            layer: tally_layer(layer, groups, layer in unread)
            for layer, groups in applying.items()
            if groups or layer in unread
        },
        resource=tally_by_principal(
            [result for group in applying[Layer.RESOURCE] for result in group]
        ),
        resource_is_unread=Layer.RESOURCE in unread,
        granted=any_of(
            [*[grant.matches for grant in grants], None if Layer.GRANT in unread else False]
        ),
        is_same_account=prepared.caller.account == request.resource_account,
        is_plain_role=prepared.caller.is_plain_role,
        is_self_governing=request.is_self_governing,
    )


def _may_apply(group: list[StatementResult]) -> list[StatementResult]:
    return [result for result in group if result.matches is not False]


def _unread(request: Request) -> frozenset[Layer]:
    """The layers that could not be read, among them the missing policy of a key or a role."""
    if request.is_self_governing and request.resource_policy is None:
        return request.unreadable_layers | {Layer.RESOURCE}
    return request.unreadable_layers


def _decide(denied: Truth, allowed: Truth) -> Decision:
    if denied:
        return Decision.EXPLICITLY_DENIED
    if allowed is False:
        return Decision.IMPLICITLY_DENIED
    return Decision.ALLOWED if allowed and denied is False else Decision.UNDETERMINED


def _layer_decisions(layers: Layers, grants: tuple[GrantResult, ...]) -> dict[Layer, LayerDecision]:
    decisions = layers.decisions()
    if grants or layers.granted is None:
        decisions[Layer.GRANT] = {
            True: LayerDecision.ALLOWED,
            False: LayerDecision.IMPLICITLY_DENIED,
            None: LayerDecision.UNDETERMINED,
        }[layers.granted]
    return decisions


def _missing(
    request: Request,
    statements: tuple[StatementResult, ...],
    grants: tuple[GrantResult, ...],
    denied: Truth,
    allowed: Truth,
) -> Iterator[str]:
    """Yield what the decision depends on, one sentence each."""
    for layer in sorted(_unread(request), key=list(Layer).index):
        yield f"Not known: {_LAYER_NAMES[layer]}."
    effects = [
        effect
        for effect, truth in ((Effect.DENY, denied), (Effect.ALLOW, allowed))
        if truth is None
    ]
    for result in statements:
        if result.matches is None and result.effect in effects:
            yield from result.doubts
    if allowed is None and any(result.matches is not False for result in grants):
        yield "AWS does not say whether this grant allows by itself here."
