"""Evaluates one side of a decision at a time, so that one fault does not hide another."""

from collections.abc import Iterable
from dataclasses import replace

from ..iam import (
    Effect,
    Evaluation,
    Layer,
    NamedPolicy,
    PolicyKind,
    Request,
    StatementResult,
    evaluate,
    parse_policy,
)

EVERYTHING = parse_policy(
    "everything",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    PolicyKind.IDENTITY,
)

CONTROL = (Layer.SCP, Layer.RCP)
"""The layers of the organization's policies."""


def by_identity(request: Request) -> Evaluation:
    """Evaluate the identity policies alone for an action on a secret."""
    return evaluate(_without_limits(_without_resource_policy(request)))


def by_identity_or_secret(request: Request) -> Evaluation:
    """Evaluate identity policies and the Allows of the secret's policy; one of them is enough."""
    identity = by_identity(request)
    # Then the secret's policy, read or not, adds nothing.
    if identity.is_allowed:
        return identity
    return evaluate(
        _without_limits(replace(request, resource_policy=_allows(request.resource_policy)))
    )


def by_key(request: Request) -> Evaluation:
    """Evaluate key policy, grants and identity policies, without what limits them."""
    return evaluate(_without_limits(request))


def within_boundary(request: Request) -> Evaluation:
    """Evaluate whether the boundary allows what identity policies would allow.

    Denies elsewhere are ignored. An Allow that no boundary limits, such as a resource policy's for
    this very session, still counts.
    """
    request = without_endpoint(request)
    opened = replace(
        without_control(request),
        identity_policies=(EVERYTHING,),
        resource_policy=_allows(request.resource_policy),
        unreadable_layers=request.unreadable_layers - {Layer.IDENTITY, *CONTROL},
    )
    return evaluate(opened)


def without_endpoint(request: Request) -> Request:
    """Leave out the policy of the VPC endpoint, which has a check of its own."""
    unread = request.unreadable_layers - {Layer.ENDPOINT}
    return replace(request, endpoint_policy=None, unreadable_layers=unread)


def near_misses(evaluation: Evaluation) -> list[StatementResult]:
    """Return Allow statements that match in all but a condition: they were meant to help."""
    return [
        result
        for result in evaluation.statements
        if result.effect is Effect.ALLOW
        and result.action
        and result.resource
        and names_caller(result)
        and result.condition is False
    ]


def names_caller(result: StatementResult) -> bool:
    """Whether a statement names the caller, as identity policies do. An account is not enough."""
    return result.principal is None or result.principal in ("everyone", "caller", "role")


def denying(
    evaluation: Evaluation, layers: Iterable[Layer] = tuple(Layer)
) -> list[StatementResult]:
    """Return the Deny statements that apply."""
    return [
        r
        for r in evaluation.statements
        if r.matches and r.effect is Effect.DENY and r.layer in set(layers)
    ]


def _without_limits(request: Request) -> Request:
    """Make any boundary allow everything. It stays present, since that matters to NotPrincipal."""
    request = without_endpoint(request)
    return replace(
        without_control(request),
        permission_boundaries=(EVERYTHING,) if request.permission_boundaries else (),
        unreadable_layers=request.unreadable_layers - {Layer.BOUNDARY, *CONTROL},
    )


def without_control(request: Request) -> Request:
    """Take the organization's policies away."""
    return replace(
        request,
        service_control_policies=(),
        resource_control_policies=(),
        unreadable_layers=request.unreadable_layers - {*CONTROL},
    )


def _without_resource_policy(request: Request) -> Request:
    return replace(
        request,
        resource_policy=None,
        unreadable_layers=request.unreadable_layers - {Layer.RESOURCE},
    )


def _allows(policy: NamedPolicy | None) -> NamedPolicy | None:
    if policy is None:
        return None
    return replace(
        policy, statements=tuple(s for s in policy.statements if s.effect is Effect.ALLOW)
    )
