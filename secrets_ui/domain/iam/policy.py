"""A policy, parsed and compiled once, to be kept and evaluated as often as needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from .arn import Arn, ResourcePattern, compile_resource
from .conditions import Condition
from .context import Context
from .glob import GlobSet
from .principals import PrincipalElement
from .truth import Truth, any_of, negate
from .variables import Template, Variable, variable_keys


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


class PolicyKind(StrEnum):
    """What a policy is attached to, as far as its grammar depends on that."""

    IDENTITY = "identity"
    """Identity policies, permissions boundaries, session policies and service control policies."""
    RESOURCE = "resource"
    """A secret's policy, a VPC endpoint's, and resource control policies: with Principal."""
    KEY = "key"
    """A KMS key policy. KMS stores a statement without Action or Resource; it "has no effect"."""
    TRUST = "trust"
    """A role's trust policy: without Resource."""

    # Enum's own hash is written in Python.
    __hash__ = str.__hash__

    @property
    def is_attached_to_a_resource(self) -> bool:
        return self is not PolicyKind.IDENTITY


@dataclass(frozen=True, slots=True)
class ActionElement:
    """Action or NotAction. Names ignore case, so both sides are folded."""

    is_negated: bool
    names: GlobSet
    malformed: tuple[str, ...] = ()
    """Names that are not of the form service:Action. AWS once published one in a managed policy.

    They match nothing.
    """

    def matches(self, folded_action: str) -> bool:
        return self.names.matches(folded_action) is not self.is_negated


@dataclass(frozen=True, slots=True)
class ResourceElement:
    """Resource or NotResource."""

    is_negated: bool
    everything: bool
    literals: frozenset[str]
    patterns: tuple[ResourcePattern, ...]
    templates: tuple[Template, ...]

    def matches(self, requested: Arn, context: Context) -> Truth:
        if self.everything or requested.text in self.literals:
            return not self.is_negated
        listed: Truth = False
        for pattern in self.patterns:
            covered = pattern.matches(requested)
            if covered:
                return not self.is_negated
            if covered is None:
                listed = None
        if self.templates:
            filled = [_match_template(each, requested, context) for each in self.templates]
            listed = any_of((listed, *filled))
        return negate(listed) if self.is_negated else listed


def _match_template(template: Template, requested: Arn, context: Context) -> Truth:
    """A pattern with a variable that has no value "will not match any resource"."""
    resolved = template.resolve(context)
    if resolved is None:
        return False
    covered = compile_resource(resolved.pattern).matches(requested)
    return covered if resolved.is_certain or covered is False else None


@dataclass(frozen=True, slots=True)
class Statement:
    sid: str | None
    index: int
    effect: Effect
    principals: PrincipalElement | None
    actions: ActionElement
    resources: ResourceElement
    conditions: tuple[Condition, ...]
    document: Mapping[str, object] = field(compare=False, repr=False)
    """The statement as it was written."""

    @property
    def variables(self) -> frozenset[str]:
        """Folded names of the condition keys that its values and resources use as variables."""
        values = (value for c in self.conditions if c.has_variables for value in c.wanted)
        parts = (part for template in self.resources.templates for part in template.parts)
        return frozenset(
            chain(
                chain.from_iterable(map(variable_keys, values)),
                (part.key for part in parts if isinstance(part, Variable)),
            )
        )


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    name: str
    kind: PolicyKind
    statements: tuple[Statement, ...]
