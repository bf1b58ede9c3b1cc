"""How the layers of policies come together, as formulas in three-valued logic.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .policy import Effect
from .principals import PrincipalMatch
from .request import Layer
from .results import LayerDecision, StatementResult
from .truth import Truth, all_of, any_of

_ACCOUNT, _CALLER, _ROLE = PrincipalMatch.ACCOUNT, PrincipalMatch.CALLER, PrincipalMatch.ROLE


class Tally(NamedTuple):
    """Whether there is an applying Allow, and an applying Deny, among statements that may apply."""

    allows: Truth
    denies: Truth

    @classmethod
    def of(cls, results: Iterable[StatementResult]) -> "Tally":
        allows: list[Truth] = []
        denies: list[Truth] = []
        for result in results:
            (allows if result.statement.effect is Effect.ALLOW else denies).append(result.matches)
        return cls(any_of(allows), any_of(denies))


NOTHING = Tally(allows=False, denies=False)
UNREAD = Tally(allows=None, denies=None)
"""A layer that could not be read may allow and may deny."""


def tally_by_principal(results: Iterable[StatementResult]) -> dict[PrincipalMatch, Tally]:
    """A resource policy's statements, by how they name the caller."""
    by_principal: dict[PrincipalMatch, list[StatementResult]] = defaultdict(list)
    for result in results:
        if principal := result.principal:
            by_principal[principal].append(result)
    return {principal: Tally.of(named) for principal, named in by_principal.items()}


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers that are there, and how the caller stands to the resource."""

    groups: Mapping[Layer, tuple[Tally, ...]]
    """Every group of a layer has to allow."""
    resource: Mapping[PrincipalMatch, Tally]
    resource_is_unread: bool
    granted: Truth
    """Whether a KMS grant applies."""
    is_same_account: bool
    is_plain_role: bool
    is_self_governing: bool
    """The resource is a key or a role, whose own policy must allow, if only by naming the account."""

    def denied(self) -> Truth:
        """One applicable Deny, in any layer."""
        return any_of([tally.denies for groups in self.groups.values() for tally in groups])

    def allowed(self) -> Truth:
        """Whether Allow statements and grants suffice, Deny statements left aside."""
        sides = self._same_account() if self.is_same_account else self._cross_account()
        return all_of((self._allows(Layer.RCP), self._allows(Layer.SCP), sides))

    def _same_account(self) -> Truth:
        """The resource's side or the identity's; a boundary limits the latter, and grants to a role's ARN."""
        by_identity = self._allows(Layer.IDENTITY)
        if self.is_self_governing:
            by_identity = all_of((by_identity, self._names(_ACCOUNT)))
        limits = self._limits()
        within_limits = all_of((limits, any_of((by_identity, self._names_role()))))
        # AWS does not say whether a boundary limits a KMS grant.
        by_grant = all_of((self.granted, limits or None))
        return any_of((self._names_session(), within_limits, by_grant))

    def _cross_account(self) -> Truth:
        """Both sides. AWS does not say whether a KMS grant can stand in for the caller's own policies."""
        resource_side = any_of((self._names_session(), self._names_role(), self._names(_ACCOUNT), self.granted))
        agreed = all_of((self._allows(Layer.IDENTITY), self._limits(), resource_side))
        return any_of((agreed, all_of((self.granted, None))))

    def _names_session(self) -> Truth:
        """By `*`, or by the ARN of the session or user itself: no boundary limits that."""
        everyone = (self._names(PrincipalMatch.EVERYONE), self._names(PrincipalMatch.UNKNOWN))
        return any_of(everyone if self.is_plain_role else (*everyone, self._names(_CALLER)))

    def _names_role(self) -> Truth:
        return self._names(_CALLER if self.is_plain_role else _ROLE)

    def _names(self, principal: PrincipalMatch) -> Truth:
        """Whether the resource policy has an applying Allow that names the caller in this way."""
        allows = self.resource.get(principal, NOTHING).allows
        return allows or (None if self.resource_is_unread else allows)

    def _limits(self) -> Truth:
        return all_of((self._allows(Layer.BOUNDARY), self._allows(Layer.SESSION)))

    def _allows(self, layer: Layer) -> Truth:
        """Whether every group of the layer allows; true of a layer that is not there."""
        return all_of([tally.allows for tally in self.groups.get(layer, ())])

    def decisions(self) -> dict[Layer, LayerDecision]:
        """What each layer that is there says by itself."""
        found = {layer: self._decision(layer) for layer in self.groups}
        if Layer.RESOURCE in found:
            found[Layer.RESOURCE] = self._resource_decision(found[Layer.RESOURCE])
        return found

    def _decision(self, layer: Layer) -> LayerDecision:
        denies = any_of([tally.denies for tally in self.groups[layer]])
        if denies:
            return LayerDecision.EXPLICITLY_DENIED
        allows = self._allows(layer)
        if denies is None or allows is None:
            return LayerDecision.UNDETERMINED
        return LayerDecision.ALLOWED if allows else LayerDecision.IMPLICITLY_DENIED

    def _resource_decision(self, overall: LayerDecision) -> LayerDecision:
        """The same, told apart where only the caller's account is named."""
        others = [tally for principal, tally in self.resource.items() if principal is not _ACCOUNT]
        if overall is LayerDecision.EXPLICITLY_DENIED and not any(tally.denies for tally in others):
            return LayerDecision.DENIED_FOR_ACCOUNT
        if overall is LayerDecision.ALLOWED and not any(tally.allows for tally in others):
            return LayerDecision.ALLOWED_FOR_ACCOUNT
        return overall
