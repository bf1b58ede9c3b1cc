"""The question: may this caller do this to that, with these policies in force?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from .arn import Arn
from .context import Context, fold
from .errors import MalformedRequest
from .grants import Grant
from .policy import NamedPolicy, PolicyKind
from .principals import Caller, find_caller
from .truth import Truth


class Layer(StrEnum):
    """The layers of policies, in the order in which AWS's guide goes through them."""

    RCP = "rcp"
    SCP = "scp"
    RESOURCE = "resource"
    GRANT = "grant"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"

    __hash__ = str.__hash__  # Enum's own is written in Python, and layers are looked up a lot


@dataclass(frozen=True)
class Request:
    """All that a decision needs. An empty layer is one that is not there.

    `context` holds condition keys: a text is a single-valued key, anything else iterable a multivalued one.
    `unknown_context_keys` and `unreadable_layers` say what nobody here can know: where the decision hangs
    on one of them, it is Undetermined. Service and resource control policies come as levels (root,
    organisational units, account), each of which must allow; of session policies one is enough.
    """

    principal: str
    action: str
    resource: str
    resource_account: str
    context: Mapping[str, str | Iterable[str]] = field(default_factory=dict)
    identity_policies: tuple[NamedPolicy, ...] = ()
    permission_boundaries: tuple[NamedPolicy, ...] = ()
    resource_policy: NamedPolicy | None = None
    grants: tuple[Grant, ...] = ()
    session_policies: tuple[NamedPolicy, ...] = ()
    service_control_policies: tuple[tuple[NamedPolicy, ...], ...] = ()
    resource_control_policies: tuple[tuple[NamedPolicy, ...], ...] = ()
    unknown_context_keys: frozenset[str] = frozenset()
    unreadable_layers: frozenset[Layer] = frozenset()

    @cached_property
    def is_self_governing(self) -> bool:
        """Whether the resource is a key or a role: its own policy must allow, IAM alone is not enough.

        kms:ListKeys and sts:GetCallerIdentity, say, are asked of no key and of no role.
        """
        mark = _GOVERNED.get(kind_of_resource_policy(self.action))
        return mark is not None and mark in self.resource

    def policies(self) -> list[tuple[Layer, tuple[tuple[NamedPolicy, ...], ...]]]:
        """Every layer with its groups: each group has to allow, and one policy of a group is enough."""
        return [
            (Layer.RCP, self.resource_control_policies),
            (Layer.SCP, self.service_control_policies),
            (Layer.IDENTITY, (self.identity_policies,)),
            (Layer.RESOURCE, ((self.resource_policy,),) if self.resource_policy else ()),
            (Layer.BOUNDARY, tuple([(boundary,) for boundary in self.permission_boundaries])),
            (Layer.SESSION, (self.session_policies,) if self.session_policies else ()),
        ]


class Asked(NamedTuple):
    """The request, made ready to be compared with many statements."""

    caller: Caller
    action: str
    """Folded."""
    resource: Arn
    context: Context
    has_boundary: Truth

    @classmethod
    def of(cls, request: Request) -> "Asked":
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
"""What the ARN of a resource with such a policy has in it."""


def kind_of_resource_policy(action: str) -> PolicyKind:
    """Key policies and trust policies have a grammar and rules of their own; the action tells."""
    return _KINDS.get(fold(action).partition(":")[0], PolicyKind.RESOURCE)


def ensure_action(action: str) -> str:
    if not all(action.partition(":")):
        raise MalformedRequest("action", "expected service:Action")
    return action
