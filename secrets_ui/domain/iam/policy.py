"""A policy, parsed and compiled once: it can be kept and asked as often as needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .arn import Arn, ResourcePattern, compile_resource
from .conditions import Condition
from .context import Context
from .glob import GlobSet
from .principals import PrincipalElement
from .truth import Truth, any_of, negate
from .variables import Template


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


class PolicyKind(StrEnum):
    """Where a policy is attached, as far as the grammar differs."""

    IDENTITY = "identity"
    """Identity policies, permissions boundaries, session policies and service control policies."""
    RESOURCE = "resource"
    """A secret's policy, and resource control policies: with Principal."""
    KEY = "key"
    """A KMS key policy: a statement without Action or Resource is stored, and "has no effect"."""
    TRUST = "trust"
    """A role's trust policy: without Resource."""

    @property
    def is_attached_to_a_resource(self) -> bool:
        return self is not PolicyKind.IDENTITY


@dataclass(frozen=True, slots=True)
class ActionElement:
    """Action, or NotAction; names ignore case, so both sides are folded."""

    is_negated: bool
    names: GlobSet

    def matches(self, folded_action: str) -> bool:
        return self.names.matches(folded_action) is not self.is_negated


@dataclass(frozen=True, slots=True)
class ResourceElement:
    """Resource, or NotResource."""

    is_negated: bool
    everything: bool
    literals: frozenset[str]
    patterns: tuple[ResourcePattern, ...]
    templates: tuple[Template, ...]

    def matches(self, asked: Arn, context: Context) -> Truth:
        if self.everything or asked.text in self.literals:
            return not self.is_negated
        listed: Truth = False
        for pattern in self.patterns:
            covered = pattern.matches(asked)
            if covered:
                return not self.is_negated
            if covered is None:
                listed = None
        if self.templates:
            listed = any_of(
                (
                    listed,
                    *[_match_template(template, asked, context) for template in self.templates],
                )
            )
        return negate(listed) if self.is_negated else listed


def _match_template(template: Template, asked: Arn, context: Context) -> Truth:
    """A value that holds a variable without a value "will not match any resource"."""
    resolved = template.resolve(context)
    if resolved is None:
        return False
    covered = compile_resource(resolved.pattern).matches(asked)
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
    """The statement as it was written, to be shown."""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    name: str
    kind: PolicyKind
    statements: tuple[Statement, ...]
