"""The request to evaluate: a principal, an action, a resource and the policies in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from .arn import Arn
from .context import Context, GivenValue, fold
from .errors import MalformedRequest
from .grants import Grant
from .policy import NamedPolicy, PolicyKind
from .principals import Caller, find_caller
from .truth import Truth


class Layer(StrEnum):
    """The layers of policies, in the order of AWS's evaluation guide."""

    RCP = "rcp"
    SCP = "scp"
    ENDPOINT = "endpoint"
    RESOURCE = "resource"
    GRANT = "grant"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"

    # Enum's own hash is written in Python, and layers are looked up often.
    __hash__ = str.__hash__


@dataclass(frozen=True)
class Request:
    """Everything that a decision needs. An empty layer counts as absent.

    `context` holds condition keys: a text is a single-valued key, any other iterable a multivalued
    one, and Present a key whose value is not known. `unknown_context_keys` and `unreadable_layers`
    name what cannot be known; a decision that depends on one of them is Undetermined. Service and
    resource control policies come as levels (root, organisational units, account), each of which
    must allow. Of the session policies, one is enough. `endpoint_policy` is of the VPC endpoint
    that the request comes through.
    """

    principal: str
    action: str
    resource: str
    resource_account: str
    context: Mapping[str, GivenValue] = field(default_factory=dict)
    identity_policies: tuple[NamedPolicy, ...] = ()
    permission_boundaries: tuple[NamedPolicy, ...] = ()
    resource_policy: NamedPolicy | None = None
    grants: tuple[Grant, ...] = ()
    session_policies: tuple[NamedPolicy, ...] = ()
    endpoint_policy: NamedPolicy | None = None
    service_control_policies: tuple[tuple[NamedPolicy, ...], ...] = ()
    resource_control_policies: tuple[tuple[NamedPolicy, ...], ...] = ()
    unknown_context_keys: frozenset[str] = frozenset()
    unreadable_layers: frozenset[Layer] = frozenset()

    @cached_property
    def is_self_governing(self) -> bool:
        """Whether the resource is a key or a role, whose own policy must allow besides IAM.

        False for actions on no key and no role, such as kms:ListKeys and sts:GetCallerIdentity.
        """
        mark = _GOVERNED.get(kind_of_resource_policy(self.action))
        return mark is not None and mark in self.resource

    def policies(self) -> list[tuple[Layer, tuple[tuple[NamedPolicy, ...], ...]]]:
        """Return every layer with its groups. Each group must allow; one policy of it is enough."""
        return [
            (Layer.RCP, self.resource_control_policies),
            (Layer.SCP, self.service_control_policies),
            (Layer.ENDPOINT, ((self.endpoint_policy,),) if self.endpoint_policy else ()),
            (Layer.IDENTITY, (self.identity_policies,)),
            (Layer.RESOURCE, ((self.resource_policy,),) if self.resource_policy else ()),
            (Layer.BOUNDARY, tuple([(boundary,) for boundary in self.permission_boundaries])),
            (Layer.SESSION, (self.session_policies,) if self.session_policies else ()),
        ]


class PreparedRequest(NamedTuple):
    """A request in the form in which it is compared with many statements."""

    caller: Caller
    action: str
    """Folded."""
    resource: Arn
    context: Context
    has_boundary: Truth

    @classmethod
    def of(cls, request: Request) -> "PreparedRequest":
        """Raises MalformedRequest."""
        context = Context.of(request.context, request.unknown_context_keys)
        is_unread = Layer.BOUNDARY in request.unreadable_layers
        return cls(
            caller=find_caller(request.principal, context),
            action=fold(request.action),
            resource=Arn.of(request.resource),
            context=context,
            has_boundary=True if request.permission_boundaries else None if is_unread else False,
        )


_KINDS = {"kms": PolicyKind.KEY, "sts": PolicyKind.TRUST}
_GOVERNED = {PolicyKind.KEY: ":key/", PolicyKind.TRUST: ":role/"}
"""A part that marks the ARN of a resource with such a policy."""


def kind_of_resource_policy(action: str) -> PolicyKind:
    """Return the kind of resource policy that governs an action.

    Key policies and trust policies have a grammar and rules of their own.
    """
    return _KINDS.get(fold(action).partition(":")[0], PolicyKind.RESOURCE)


def ensure_action(action: str) -> str:
    if not all(action.partition(":")):
        raise MalformedRequest("action", "expected service:Action")
    return action
