"""Evaluates one side of a request at a time, so that one fault does not hide another."""

from __future__ import annotations

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


def by_identity(request: Request) -> Evaluation:
    """What the identity policies alone say of a secret's action."""
    return evaluate(_without_limits(_without_resource_policy(request)))


def by_identity_or_secret(request: Request) -> Evaluation:
    """What identity policies and the Allows of the secret's policy say: in one account, either is
    enough.
    """
    if by_identity(request).is_allowed:  # so the secret's policy, read or not, adds nothing
        return by_identity(request)
    return evaluate(
        _without_limits(replace(request, resource_policy=_allows(request.resource_policy)))
    )


def by_key(request: Request) -> Evaluation:
    """What key policy, grants and identity policies say, the permissions boundary left aside."""
    return evaluate(_without_limits(request))


def within_boundary(request: Request) -> Evaluation:
    """Whether the boundary lets a request through that all identity policies would allow. Denies
    elsewhere are left aside; an Allow that no boundary limits, such as a resource policy's for this
    very session, still counts.
    """
    opened = replace(
        request,
        identity_policies=(EVERYTHING,),
        resource_policy=_allows(request.resource_policy),
        unreadable_layers=request.unreadable_layers - {Layer.IDENTITY},
    )
    return evaluate(opened)


def near_misses(evaluation: Evaluation) -> list[StatementResult]:
    """Allow statements that name this caller, action and resource, and fail by a condition."""
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
    """Also by naming nobody, as identity policies do. Naming the whole account only delegates."""
    return result.principal is None or result.principal in ("everyone", "caller", "role")


def denying(
    evaluation: Evaluation, layers: Iterable[Layer] = tuple(Layer)
) -> list[StatementResult]:
    """The Deny statements that apply."""
    return [
        r
        for r in evaluation.statements
        if r.matches and r.effect is Effect.DENY and r.layer in set(layers)
    ]


def _without_limits(request: Request) -> Request:
    """A boundary is replaced by one that allows everything; that there is one matters to
    NotPrincipal.
    """
    return replace(
        request,
        permission_boundaries=(EVERYTHING,) if request.permission_boundaries else (),
        unreadable_layers=request.unreadable_layers - {Layer.BOUNDARY},
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
