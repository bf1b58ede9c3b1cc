"""The JSON Lines form of requests and answers, which `evaluate_access` reads and writes.

A request has: id, principal, action, resource, resourceAccount, context, identityPolicies and
permissionBoundaries (lists of {name, policy}), resourcePolicy (the key policy for a kms: action),
sessionPolicy, endpointPolicy (of the VPC endpoint that the request comes through), and grants.
serviceControlPolicies and resourceControlPolicies are lists of levels (root, organizational units,
account), each {orgIdentifier, policies: [{name, policy}]}. unknownContextKeys and unreadableLayers
name what cannot be known; presentContextKeys name keys that the request has with a value that is
not known. Members that only describe a case (ANNOTATIONS) may stand beside them. Any other member
is an error: to ignore one could turn a refusal into a permission.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from .context import Present
from .errors import MalformedPolicy, MalformedRequest
from .evaluator import evaluate
from .grants import Grant
from .parse import parse_policy
from .policy import NamedPolicy, PolicyKind
from .principals import PrincipalMatch
from .reader import MAX_VALUE_CHARACTERS
from .request import Layer, Request, ensure_action, kind_of_resource_policy
from .results import Decision, Evaluation, GrantResult, StatementResult
from .strict_json import NotStrictJson, read_json

RESOURCE_POLICY, SESSION_POLICY, ENDPOINT_POLICY = "resource", "session", "endpoint"
"""The names in answers of the policies that have none in a request."""
_QUESTION = {"id", "principal", "action", "resource", "resourceAccount", "context"}
_POLICIES = {
    "identityPolicies",
    "permissionBoundaries",
    "resourcePolicy",
    "sessionPolicy",
    "endpointPolicy",
    "grants",
}
_ORGANIZATION = {"serviceControlPolicies", "resourceControlPolicies"}
_UNKNOWN = {"unknownContextKeys", "presentContextKeys", "unreadableLayers"}
_MEMBERS = frozenset(_QUESTION | _POLICIES | _ORGANIZATION | _UNKNOWN)
ANNOTATIONS = frozenset({"title", "tags", "cite", "confidence", "expected", "source", "note"})

_PRINCIPALS = {
    PrincipalMatch.EVERYONE: "direct",
    PrincipalMatch.CALLER: "direct",
    PrincipalMatch.ROLE: "role",
    PrincipalMatch.ACCOUNT: "account",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of output. With `is_error`, the document says what is wrong with the request."""

    document: Mapping[str, object]
    is_error: bool = False

    @property
    def line(self) -> str:
        return json.dumps(self.document)


def answer_line(line: str | bytes) -> Answer:
    """Evaluate one line. A line that cannot be evaluated gives an answer with an `error`."""
    document: object = None
    try:
        document = read_json(line)
        return Answer({"id": _id(document), **write_evaluation(evaluate(read_request(document)))})
    except NotStrictJson as error:
        return Answer({"id": _id(error.document), "error": f"request: {error}"}, is_error=True)
    except MalformedPolicy as error:
        location = {"policy": error.policy, "statement": error.statement, "element": error.element}
        return Answer({"id": _id(document), "error": str(error), **location}, is_error=True)
    except MalformedRequest as error:
        return Answer({"id": _id(document), "error": str(error)}, is_error=True)


def _id(document: object) -> str | int | None:
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str | int) else None


def read_request(document: object) -> Request:
    """Parse a request. Raises MalformedRequest or MalformedPolicy."""
    members = _object("request", document)
    for member in sorted(members.keys() - _MEMBERS - ANNOTATIONS):
        raise MalformedRequest(member[:60], "a request has no such member")
    action = ensure_action(_text("action", members.get("action")))
    resource = _text("resource", members.get("resource"))
    policy, kind = members.get("resourcePolicy"), kind_of_resource_policy(action)
    endpoint = members.get("endpointPolicy")
    return Request(
        principal=_text("principal", members.get("principal")),
        action=action,
        resource=resource,
        resource_account=_resource_account(members, resource),
        context=_context(members),
        identity_policies=_policies(members, "identityPolicies"),
        permission_boundaries=_policies(members, "permissionBoundaries"),
        resource_policy=None if policy is None else parse_policy(RESOURCE_POLICY, policy, kind),
        session_policies=_session_policies(members),
        endpoint_policy=None
        if endpoint is None
        else parse_policy(ENDPOINT_POLICY, endpoint, PolicyKind.RESOURCE),
        service_control_policies=_levels(members, "serviceControlPolicies", PolicyKind.IDENTITY),
        resource_control_policies=_levels(members, "resourceControlPolicies", PolicyKind.RESOURCE),
        grants=tuple(Grant.of(_object("grants", grant)) for grant in _list(members, "grants")),
        unknown_context_keys=frozenset(_texts(members, "unknownContextKeys")),
        unreadable_layers=frozenset(map(_layer, _texts(members, "unreadableLayers"))),
    )


def _object(member: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise MalformedRequest(member, "expected an object")
    return value


def _text(member: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise MalformedRequest(member, "expected text")
    return value


def _list(members: Mapping[str, object], member: str) -> list[object]:
    value = members.get(member)
    if not isinstance(value, list | None):
        raise MalformedRequest(member, "expected a list")
    return value or []


def _texts(members: Mapping[str, object], member: str) -> list[str]:
    return [_text(member, value) for value in _list(members, member)]


def _resource_account(members: Mapping[str, object], resource: str) -> str:
    """Return the account given, or else the one in the resource's ARN."""
    fields = resource.split(":")
    return _text(
        "resourceAccount",
        members.get("resourceAccount") or (fields[4] if len(fields) > 5 else None),
    )


def _context(members: Mapping[str, object]) -> dict[str, str | tuple[str, ...] | Present]:
    context = members.get("context")
    given = {} if context is None else _object("context", context)
    return {
        **dict.fromkeys(_texts(members, "presentContextKeys"), Present()),
        **{key: _values(key, value) for key, value in given.items()},
    }


def _values(key: str, value: object) -> str | tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_scalar(key, item) for item in value)
    return _scalar(key, value)


def _scalar(key: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise MalformedRequest("context", f"{key[:60]}: expected text or a list of text")
    if isinstance(value, str) and len(value) > MAX_VALUE_CHARACTERS:
        raise MalformedRequest(
            "context", f"{key[:60]}: longer than {MAX_VALUE_CHARACTERS} characters"
        )
    return str(value)


def _policies(members: Mapping[str, object], member: str) -> tuple[NamedPolicy, ...]:
    return _named_policies(member, _list(members, member), PolicyKind.IDENTITY)


def _named_policies(member: str, listed: list[object], kind: PolicyKind) -> tuple[NamedPolicy, ...]:
    entries = [_object(member, entry) for entry in listed]
    return tuple(
        parse_policy(_text(f"{member} name", entry.get("name")), entry.get("policy"), kind)
        for entry in entries
    )


def _session_policies(members: Mapping[str, object]) -> tuple[NamedPolicy, ...]:
    policy = members.get("sessionPolicy")
    return () if policy is None else (parse_policy(SESSION_POLICY, policy),)


def _levels(
    members: Mapping[str, object], member: str, kind: PolicyKind
) -> tuple[tuple[NamedPolicy, ...], ...]:
    levels = [_object(member, level) for level in _list(members, member)]
    return tuple(
        _named_policies(f"{member} policies", _list(level, "policies"), kind) for level in levels
    )


def _layer(name: str) -> Layer:
    if name not in list(Layer):
        raise MalformedRequest("unreadableLayers", f"expected some of {', '.join(Layer)}")
    return Layer(name)


def write_evaluation(evaluation: Evaluation) -> dict[str, object]:
    """Return an answer's members, without its id. A part of a statement is null when unknown."""
    answer: dict[str, object] = {
        "decision": evaluation.decision,
        "layers": evaluation.layers,
        "deciding": [
            *map(_write_location, evaluation.deciding),
            *map(_write_grant, evaluation.deciding_grants),
        ],
        "statements": [_write_statement(result) for result in evaluation.statements],
    }
    if evaluation.decision is Decision.UNDETERMINED:
        answer["undetermined"] = evaluation.missing
    return answer


def _write_location(result: StatementResult) -> dict[str, object]:
    return {
        "layer": result.layer,
        "policy": result.policy,
        "sid": result.sid,
        "index": result.statement.index,
        "effect": result.effect,
    }


def _write_grant(result: GrantResult) -> dict[str, object]:
    return {
        "layer": Layer.GRANT,
        "policy": result.grant.name,
        "sid": None,
        "index": result.index,
        "effect": "Allow",
    }


def _write_statement(result: StatementResult) -> dict[str, object]:
    """`principal` is written only where the policy names principals."""
    named = {} if result.principal is None else {"principal": _PRINCIPALS.get(result.principal)}
    malformed = result.statement.actions.malformed
    return {
        **_write_location(result),
        "matches": result.matches,
        **named,
        "action": result.action,
        "resource": result.resource,
        "condition": result.condition,
        "failingConditions": [
            [unmet.operator, unmet.key] for unmet in result.unmet if unmet.outcome is False
        ],
        **({"malformedActions": malformed} if malformed else {}),
    }
