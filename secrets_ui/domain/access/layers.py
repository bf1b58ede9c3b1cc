"""How the layers of policies come together, as formulas in three-valued logic.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .policy import Effect
from .principals import PrincipalMatch
from .request import Layer
from .results import GrantResult, LayerDecision, StatementResult
from .truth import Truth, all_of, any_of

Groups = tuple[tuple[StatementResult, ...], ...]
"""A layer's statements by group: each group has to allow."""


def applies(results: Iterable[StatementResult], effect: Effect) -> Truth:
    """Whether a statement with that effect applies."""
    return any_of(result.matches for result in results if result.statement.effect is effect)


@dataclass(frozen=True, slots=True)
class Layers:
    """Every statement's result by layer, and how the caller stands to the resource."""

    groups: Mapping[Layer, Groups]
    grants: tuple[GrantResult, ...]
    unreadable: frozenset[Layer]
    """A layer that could not be read may allow and may deny; grants can only allow."""
    is_same_account: bool
    is_plain_role: bool
    """The caller is asked about as a role, not as one session of it."""
    is_self_governing: bool
    """The resource is a key or a role, whose own policy must allow, if only by naming the account."""

    def denied(self) -> Truth:
        """One applicable Deny, in any layer."""
        return any_of(self._denies(layer) for layer in self.groups)

    def allowed(self) -> Truth:
        """Whether Allow statements and grants suffice, Deny statements left aside."""
        guards = all_of((self._allows(Layer.RCP), self._allows(Layer.SCP)))
        return all_of((guards, self._same_account() if self.is_same_account else self._cross_account()))

    def _same_account(self) -> Truth:
        """The resource's side or the identity's; a boundary limits the latter, and grants to a role's ARN."""
        by_identity = self._allows(Layer.IDENTITY)
        if self.is_self_governing:
            by_identity = all_of((by_identity, self._names(PrincipalMatch.ACCOUNT)))
        limits = self._limits()
        return any_of(
            (
                self._grants_to_session(),
                all_of((limits, any_of((by_identity, self._grants_to_role())))),
                # AWS does not say whether a boundary limits a KMS grant.
                all_of((self._granted(), limits or None)),
            )
        )

    def _cross_account(self) -> Truth:
        """Both sides. AWS does not say whether a KMS grant can stand in for the caller's own policies."""
        parts = (self._grants_to_session(), self._grants_to_role(), self._names(PrincipalMatch.ACCOUNT))
        resource_side = any_of((*parts, self._granted()))
        agreed = all_of((self._allows(Layer.IDENTITY), self._limits(), resource_side))
        return any_of((agreed, all_of((self._granted(), None))))

    def _grants_to_session(self) -> Truth:
        """By `*`, or by the ARN of the session or user itself: no boundary limits that."""
        caller: Truth = False if self.is_plain_role else self._names(PrincipalMatch.CALLER)
        return any_of((self._names(PrincipalMatch.EVERYONE), self._names(PrincipalMatch.UNKNOWN), caller))

    def _grants_to_role(self) -> Truth:
        caller: Truth = self._names(PrincipalMatch.CALLER) if self.is_plain_role else False
        return any_of((self._names(PrincipalMatch.ROLE), caller))

    def _names(self, principal: PrincipalMatch) -> Truth:
        """Whether the resource policy has an applying Allow that names the caller in this way."""
        results = (result for group in self.groups[Layer.RESOURCE] for result in group)
        named = applies((result for result in results if result.principal is principal), Effect.ALLOW)
        return any_of((named, self._unread(Layer.RESOURCE)))

    def _granted(self) -> Truth:
        return any_of((*(grant.matches for grant in self.grants), self._unread(Layer.GRANT)))

    def _limits(self) -> Truth:
        return all_of((self._allows(Layer.BOUNDARY), self._allows(Layer.SESSION)))

    def _unread(self, layer: Layer) -> Truth:
        return None if layer in self.unreadable else False

    def _allows(self, layer: Layer) -> Truth:
        """Whether every group of the layer allows; True of a layer that is not there."""
        if layer in self.unreadable:
            return None
        return all_of(applies(group, Effect.ALLOW) for group in self.groups[layer])

    def _denies(self, layer: Layer) -> Truth:
        results = (result for group in self.groups[layer] for result in group)
        return any_of((applies(results, Effect.DENY), self._unread(layer)))

    def decisions(self) -> dict[Layer, LayerDecision]:
        """What each layer that is there says by itself."""
        present = [layer for layer in self.groups if self.groups[layer] or layer in self.unreadable]
        found = {layer: self._decision(layer) for layer in present}
        if Layer.RESOURCE in found:
            found[Layer.RESOURCE] = self._resource_decision()
        if self.grants or Layer.GRANT in self.unreadable:
            found[Layer.GRANT] = _as_decision(False, self._granted())
        return found

    def _decision(self, layer: Layer) -> LayerDecision:
        return _as_decision(self._denies(layer), self._allows(layer))

    def _resource_decision(self) -> LayerDecision:
        results = [result for group in self.groups[Layer.RESOURCE] for result in group]
        account = [result for result in results if result.principal is PrincipalMatch.ACCOUNT]
        others = [result for result in results if result.principal is not PrincipalMatch.ACCOUNT]
        if not applies(others, Effect.DENY) and applies(account, Effect.DENY):
            return LayerDecision.DENIED_FOR_ACCOUNT
        direct = _as_decision(self._denies(Layer.RESOURCE), any_of((applies(others, Effect.ALLOW), self._unread(Layer.RESOURCE))))
        if direct is LayerDecision.IMPLICITLY_DENIED and applies(account, Effect.ALLOW):
            return LayerDecision.ALLOWED_FOR_ACCOUNT
        return direct


def _as_decision(denies: Truth, allows: Truth) -> LayerDecision:
    if denies:
        return LayerDecision.EXPLICITLY_DENIED
    if denies is None or allows is None:
        return LayerDecision.UNDETERMINED
    return LayerDecision.ALLOWED if allows else LayerDecision.IMPLICITLY_DENIED
