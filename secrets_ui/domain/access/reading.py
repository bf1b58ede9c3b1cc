"""Reads the policies of a decision from evidence: what could not be read, or parsed, is a doubt."""

from collections.abc import Callable, Iterable
from typing import Any

from ..iam import Layer, MalformedPolicy, NamedPolicy, PolicyKind
from .context import Caller
from .evidence import (
    AccessEvidence,
    Denied,
    Document,
    Evidence,
    Known,
    Missing,
    NotAsked,
    RoleEvidence,
    Unlearnt,
)
from .way import find_way

Parse = Callable[[str, str, PolicyKind], NamedPolicy]
"""Takes a policy's name and text. Raises MalformedPolicy."""


class Reading:
    """Collects policies. A layer that cannot be read counts as unreadable, never as empty."""

    def __init__(self, parse: Parse) -> None:
        self.parse = parse
        self.doubts: list[str] = []
        self.unreadable: set[Layer] = set()
        self.malformed: MalformedPolicy | None = None

    def missing(self, layer: Layer, what: str, found: Unlearnt | Known[Any]) -> None:
        if not isinstance(found, Known):
            self.unreadable.add(layer)
            self.doubts.append(why_unknown(what, found))

    def policy(
        self, layer: Layer, name: str, text: str, kind: PolicyKind
    ) -> tuple[NamedPolicy, ...]:
        try:
            return (self.parse(name, text, kind),)
        except MalformedPolicy as error:
            self.malformed = self.malformed or error
            self.unreadable.add(layer)
            self.doubts.append(error.message.rstrip("."))
            return ()

    def documents(
        self, layer: Layer, found: Iterable[Evidence[Document]]
    ) -> tuple[NamedPolicy, ...]:
        known = (item.value for item in found if isinstance(item, Known))
        return tuple(
            policy
            for d in known
            for policy in self.policy(layer, d.name, d.text, PolicyKind.IDENTITY)
        )

    def levels(
        self, layer: Layer, levels: Iterable[tuple[Document, ...]], kind: PolicyKind
    ) -> tuple[tuple[NamedPolicy, ...], ...]:
        """None where nothing is attached anywhere: such policies are then not enabled. A level with
        a policy that cannot be parsed is left out, since that may allow what the others do not.
        """
        found = []
        for level in levels:
            parsed = [p for d in level for p in self.policy(layer, d.name, d.text, kind)]
            if len(parsed) == len(level):
                found.append(tuple(parsed))
        return tuple(found) if any(found) else ()


def read_role(
    role: RoleEvidence, reading: Reading
) -> tuple[tuple[NamedPolicy, ...], tuple[NamedPolicy, ...]]:
    reading.missing(Layer.IDENTITY, "the attached policies", role.attached)
    reading.missing(Layer.IDENTITY, "the inline policies", role.inline)
    for name, found in role.documents.items():
        reading.missing(Layer.IDENTITY, f"policy {name}", found)
    identity = reading.documents(Layer.IDENTITY, role.documents.values())
    if role.boundary is None:
        return identity, ()
    reading.missing(Layer.BOUNDARY, "the permissions boundary", role.boundary)
    return identity, reading.documents(Layer.BOUNDARY, [role.boundary])


def read_endpoint(
    evidence: AccessEvidence, caller: Caller, action: str, reading: Reading
) -> NamedPolicy | None:
    """Of the VPC endpoint that the Lambda's calls to Secrets Manager come through. AWS KMS is
    called by Secrets Manager, and not through the function's VPC.
    """
    function = evidence.function.value if isinstance(evidence.function, Known) else None
    if not caller.is_lambda or not action.startswith("secretsmanager:"):
        return None
    if function is None or function.vpc is None:
        return None
    way = find_way(evidence)
    if not way.is_seen:
        reading.unreadable.add(Layer.ENDPOINT)
        reading.doubts.append(
            "whether calls go through a VPC endpoint, and its policy, is not seen"
        )
    # Without a policy of its own an endpoint has AWS's default, which allows everything.
    if way.endpoint is None or not way.endpoint.policy:
        return None
    found = reading.policy(
        Layer.ENDPOINT, way.endpoint.id, way.endpoint.policy, PolicyKind.RESOURCE
    )
    return found[0] if found else None


def why_unknown(what: str, found: Unlearnt | Known[Any]) -> str:
    """Return a phrase that says why something is not known."""
    if isinstance(found, Denied):
        return f"{what} could not be read, because this console lacks {found.permission}"
    if isinstance(found, Missing):
        return f"{what} is not there"
    if isinstance(found, NotAsked):
        return f"{what} could not be asked for without {found.because}"
    return f"{what} could not be read: {getattr(found, 'why', '').rstrip('.')}"
