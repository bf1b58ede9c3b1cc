"""KMS grants, as ListGrants returns them. A grant allows by itself, but a Deny overrides it.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .arn import Arn
from .context import UNKNOWN, Context, Present, fold
from .errors import MalformedRequest
from .principals import Caller, PrincipalElement, PrincipalMatch
from .truth import Truth, all_of

_ENCRYPTION_CONTEXT = "kms:encryptioncontext:"
_WITHOUT_CONTEXT = frozenset({"describekey", "retiregrant"})
"""Grant operations to which constraints do not apply."""
_CONSTRAINTS = frozenset({"EncryptionContextSubset", "EncryptionContextEquals"})


@dataclass(frozen=True, slots=True)
class Grant:
    name: str
    """The grant's name, or its id when it has no name."""
    key: str
    """ARN or id of its KMS key; empty when ListGrants does not give it."""
    grantee: str
    operations: frozenset[str]
    constraints: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, listed: Mapping[str, object]) -> "Grant":
        """Parse one entry of ListGrants. Raises MalformedRequest."""
        operations, constraints = listed.get("Operations", []), listed.get("Constraints")
        if not isinstance(operations, list) or not all(
            isinstance(name, str) for name in operations
        ):
            raise MalformedRequest("grants", "Operations: expected a list of names")
        constraints = {} if constraints is None else constraints
        if not isinstance(constraints, Mapping) or not all(map(_is_text_map, constraints.values())):
            raise MalformedRequest("grants", "Constraints: expected objects of text")
        return cls(
            name=_text(listed, "Name") or _text(listed, "GrantId"),
            key=_text(listed, "KeyId"),
            grantee=_text(listed, "GranteePrincipal"),
            operations=frozenset(map(fold, operations)),
            constraints=constraints,
        )

    def matches(
        self, caller: Caller, folded_action: str, requested: Arn, context: Context
    ) -> Truth:
        service, _, operation = folded_action.partition(":")
        return all_of(
            (
                service == "kms" and operation in self.operations,
                self.key in ("", requested.text, requested.text.rpartition("/")[2]),
                self._names(caller),
                operation in _WITHOUT_CONTEXT or self._constraints_hold(context),
            )
        )

    def _names(self, caller: Caller) -> Truth:
        """None for a grant to a whole account: AWS does not say whom that allows; and for one to a
        session that may be the caller's.
        """
        match = PrincipalElement.of([self.grantee], is_negated=False).match(caller, False, False)
        if match in (PrincipalMatch.ACCOUNT, PrincipalMatch.UNKNOWN):
            return None
        return match in (PrincipalMatch.CALLER, PrincipalMatch.ROLE)

    def _constraints_hold(self, context: Context) -> Truth:
        """A constraint's keys ignore case, its values do not (API reference, GrantConstraints)."""
        if self.constraints.keys() - _CONSTRAINTS:
            return None
        exact = self.constraints.get("EncryptionContextEquals", {})
        subset = self.constraints.get("EncryptionContextSubset", {})
        pairs = all_of(
            _pair_holds(key, value, context) for key, value in (*exact.items(), *subset.items())
        )
        return all_of((pairs, _has_no_other_key(exact, context))) if exact else pairs


def _text(listed: Mapping[str, object], member: str) -> str:
    value = listed.get(member, "")
    if not isinstance(value, str):
        raise MalformedRequest("grants", f"{member}: expected text")
    return value


def _is_text_map(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def _pair_holds(key: str, value: str, context: Context) -> Truth:
    found = context.lookup(_ENCRYPTION_CONTEXT + fold(key))
    return None if found is UNKNOWN or isinstance(found, Present) else found == (value,)


def _has_no_other_key(wanted: Mapping[str, str], context: Context) -> Truth:
    listed = context.lookup("kms:encryptioncontextkeys")
    if listed is UNKNOWN or isinstance(listed, Present) or context.has_unknown(_ENCRYPTION_CONTEXT):
        return None
    used = {
        key.removeprefix(_ENCRYPTION_CONTEXT)
        for key in context.values
        if key.startswith(_ENCRYPTION_CONTEXT)
    }
    return used.union(map(fold, listed or ())) == set(map(fold, wanted))
