"""How the layers of policies combine, as formulas in three-valued logic.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .policy import Effect
from .principals import PrincipalMatch
from .request import Layer
from .results import LayerDecision, StatementResult
from .truth import Truth, all_of, any_of

# Bound once: attribute access on an enumeration is slow.
_ALLOW, _EVERYONE, _CALLER = Effect.ALLOW, PrincipalMatch.EVERYONE, PrincipalMatch.CALLER
_ROLE, _ACCOUNT, _UNKNOWN = PrincipalMatch.ROLE, PrincipalMatch.ACCOUNT, PrincipalMatch.UNKNOWN
_GRANTING = frozenset({Layer.IDENTITY, Layer.RESOURCE, Layer.SESSION})
"""Layers in which one Allow is enough. In the others, everything attached must allow."""


class Tally(NamedTuple):
    """Whether a layer, or a group in it, allows, and whether it denies."""

    allows: Truth
    denies: Truth

    @classmethod
    def of(cls, applying: Sequence[StatementResult]) -> "Tally":
        """Tally statements that apply, or of which that is unknown."""
        if not applying:
            return NOTHING
        allows: list[Truth] = []
        denies: list[Truth] = []
        for result in applying:
            (allows if result.statement.effect is _ALLOW else denies).append(result.matches)
        return cls(any_of(allows), any_of(denies))


NOTHING = Tally(allows=False, denies=False)
ABSENT = Tally(allows=True, denies=False)
"""An absent layer limits nothing."""


def tally_layer(
    layer: Layer, groups: Sequence[Sequence[StatementResult]], is_unread: bool
) -> Tally:
    """Every group must allow; one Deny is enough. An unread policy may hold either."""
    tallies = [Tally.of(group) for group in groups]
    if layer is Layer.RCP:
        # AWS attaches RCPFullAWSAccess everywhere and nobody can detach it, so these only deny.
        denies = any_of([tally.denies for tally in tallies])
        return Tally(True, denies or (None if is_unread else denies))
    if len(tallies) == 1 and not is_unread:
        return tallies[0]
    allows = all_of([tally.allows for tally in tallies]) if tallies else layer not in _GRANTING
    denies = any_of([tally.denies for tally in tallies])
    if is_unread:
        unknown: tuple[Truth, Truth] = (allows, None)
        return Tally(any_of(unknown) if layer in _GRANTING else all_of(unknown), denies or None)
    return Tally(allows, denies)


def tally_by_principal(applying: Iterable[StatementResult]) -> dict[PrincipalMatch, Tally]:
    """Tally a resource policy's statements by how they name the caller."""
    by_principal: dict[PrincipalMatch, list[StatementResult]] = defaultdict(list)
    for result in applying:
        if principal := result.principal:
            by_principal[principal].append(result)
    return {principal: Tally.of(named) for principal, named in by_principal.items()}


class Layers(NamedTuple):
    """The layers present, and the caller's relation to the resource."""

    tallies: Mapping[Layer, Tally]
    resource: Mapping[PrincipalMatch, Tally]
    resource_is_unread: bool
    granted: Truth
    """Whether a KMS grant applies."""
    is_same_account: bool
    is_plain_role: bool
    is_self_governing: bool

    def denied(self) -> Truth:
        """Whether any layer has an applicable Deny."""
        return any_of([tally.denies for tally in self.tallies.values()])

    def allowed(self) -> Truth:
        """Whether Allow statements and grants suffice, Deny statements aside."""
        sides = self._same_account() if self.is_same_account else self._cross_account()
        return all_of((self._allows(Layer.SCP), self._allows(Layer.ENDPOINT), sides))

    def _same_account(self) -> Truth:
        """One side is enough: the resource's or the identity's.

        A boundary limits the identity's side, and a resource policy's Allow for a role's ARN.
        """
        by_identity = self._allows(Layer.IDENTITY)
        if self.is_self_governing:
            by_identity = all_of((by_identity, self._names(_ACCOUNT)))
        limits = self._limits()
        within_limits = all_of((limits, any_of((by_identity, self._names_role()))))
        return any_of((self._names_session(), within_limits, self._by_grant(limits)))

    def _cross_account(self) -> Truth:
        """Both sides must allow. A KMS grant replaces the caller's own policies.

        The service-linked role of EC2 Auto Scaling uses a key of another account by a grant alone:
        https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
        """
        named = (self._names_session(), self._names_role(), self._names(_ACCOUNT))
        limits = self._limits()
        agreed = all_of((self._allows(Layer.IDENTITY), limits, any_of((*named, self.granted))))
        return any_of((agreed, self._by_grant(limits)))

    def _by_grant(self, limits: Truth) -> Truth:
        """AWS does not say whether a boundary limits a KMS grant."""
        return all_of((self.granted, limits or None))

    def _names_session(self) -> Truth:
        """By `*`, or by the role session's or user's own ARN: no boundary limits that."""
        everyone = (self._names(_EVERYONE), self._names(_UNKNOWN))
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
        return self.tallies.get(layer, ABSENT).allows

    def decisions(self) -> dict[Layer, LayerDecision]:
        """Return the decision of each layer present, taken alone."""
        found = {layer: _decision(tally) for layer, tally in self.tallies.items()}
        if Layer.RESOURCE in found:
            found[Layer.RESOURCE] = self._resource_decision(found[Layer.RESOURCE])
        return found

    def _resource_decision(self, overall: LayerDecision) -> LayerDecision:
        """Mark the decision as the account's when only the caller's account is named."""
        others = [tally for principal, tally in self.resource.items() if principal is not _ACCOUNT]
        if overall is LayerDecision.EXPLICITLY_DENIED and not any(tally.denies for tally in others):
            return LayerDecision.DENIED_FOR_ACCOUNT
        if overall is LayerDecision.ALLOWED and not any(tally.allows for tally in others):
            return LayerDecision.ALLOWED_FOR_ACCOUNT
        return overall


def _decision(tally: Tally) -> LayerDecision:
    if tally.denies:
        return LayerDecision.EXPLICITLY_DENIED
    if tally.denies is None or tally.allows is None:
        return LayerDecision.UNDETERMINED
    return LayerDecision.ALLOWED if tally.allows else LayerDecision.IMPLICITLY_DENIED
