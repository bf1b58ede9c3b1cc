"""Who may assume a role, in words: what its trust policy names, one step away."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from ..iam import Effect, MalformedPolicy, PolicyKind, Statement, as_list, parse_policy
from .evidence import Role

_ASSUME = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_TAG = "sts:tagsession"


def trusted_by(role: Role) -> tuple[str, ...]:
    """Return who the trust policy lets assume the role, each once; nobody for a user."""
    found = [
        whom
        for statement in _allowing(role.trust)
        if any(map(statement.actions.matches, _ASSUME))
        for whom in _named(role, statement)
    ]
    return tuple(dict.fromkeys(found))


def may_be_tagged(role: Role) -> bool:
    """Whether a session of the role may have tags that are none of the role's."""
    return any(statement.actions.matches(_TAG) for statement in _allowing(role.trust))


def is_federated(role: Role) -> bool:
    return any(
        isinstance(principal := s.document.get("Principal"), Mapping) and "Federated" in principal
        for s in _allowing(role.trust)
    )


@lru_cache(maxsize=256)
def _allowing(trust: str) -> tuple[Statement, ...]:
    """None of a policy that cannot be parsed, and none of a user, who has no trust policy."""
    try:
        statements = parse_policy("trust", trust, PolicyKind.TRUST).statements if trust else ()
    except MalformedPolicy:
        return ()
    return tuple([statement for statement in statements if statement.effect is Effect.ALLOW])


def _named(role: Role, statement: Statement) -> Iterator[str]:
    under = ", under conditions" if statement.conditions else ""
    principal = statement.document.get("Principal")
    if not isinstance(principal, Mapping):
        yield ("anybody" if principal == "*" else "everybody who is not listed") + under
        return
    for kind, names in principal.items():
        for name in as_list(names):
            yield _in_words(role, str(kind), str(name)) + under


def _in_words(role: Role, kind: str, name: str) -> str:
    account = role.arn.split(":")[4]
    match kind:
        case "Service":
            return f"the AWS service {name}"
        case "Federated":
            return f"people and programs of the identity provider {name}"
    if name == "*":
        return "anybody"
    if name == account or name.endswith(f"::{account}:root"):
        return "whoever in this account is allowed to by IAM"
    if name.isdecimal() or name.endswith(":root"):
        return f"whoever account {name.split(':')[4] if ':' in name else name} allows"
    return name
