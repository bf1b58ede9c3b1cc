"""Compares a statement with a request, element by element: what is asked for, what is there."""

from collections.abc import Iterator, Mapping

from ...domain.access.finding import Part
from ...domain.access.outsiders import ANY_ROLE
from ...domain.access.session_names import ANY_SESSION
from ...domain.iam import (
    UNKNOWN,
    Context,
    ContextValue,
    Present,
    PrincipalMatch,
    Request,
    StatementResult,
    as_list,
    resolve_variables,
)
from .conditions import lacks, variable_text

_PRINCIPAL: Mapping[PrincipalMatch | None, bool | None] = {
    PrincipalMatch.NOBODY: False,
    PrincipalMatch.UNKNOWN: None,
}


def compare(result: StatementResult, request: Request) -> tuple[Part, ...]:
    """The elements of a statement in the order in which people read them."""
    context = Context.of(request.context, request.unknown_context_keys)
    document = result.statement.document
    parts = [_action(document, result, request)]
    if result.principal is not None:
        parts.insert(0, _principal(document, result, request))
    if name := _named(document, "Resource"):
        parts.append(_resource(name, document, result, request, context))
    return (*parts, *_conditions(result, context))


def whom(request: Request) -> str:
    """The caller, in words where any session or any role is meant."""
    owner = str(request.context.get("aws:PrincipalArn", ""))
    if owner.endswith(f"/{ANY_ROLE}"):
        return f"any principal of account {owner.split(':')[4]}"
    if request.principal.endswith(f"/{ANY_SESSION}"):
        return f"any session of {owner}"
    return request.principal


def _named(document: Mapping[str, object], name: str) -> str:
    """The element or its negation, as the statement has it; "" where it has neither."""
    return next((each for each in (name, f"Not{name}") if each in document), "")


def _values(document: Mapping[str, object], name: str) -> tuple[str, ...]:
    return tuple(map(str, as_list(document.get(name, []))))


def _principal(document: Mapping[str, object], result: StatementResult, request: Request) -> Part:
    name = _named(document, "Principal")
    found = document.get(name, "*")
    asks = [
        value if kind == "AWS" else f"{kind}: {value}"
        for kind, values in (found.items() if isinstance(found, Mapping) else [("AWS", found)])
        for value in map(str, as_list(values))
    ]
    by_account = result.principal is PrincipalMatch.ACCOUNT
    notes = ("This names the account, which leaves it to the policies of IAM.",) * by_account
    holds = _PRINCIPAL.get(result.principal, True)
    return Part(name or "Principal", tuple(asks), whom(request), holds, notes)


def _action(document: Mapping[str, object], result: StatementResult, request: Request) -> Part:
    name = _named(document, "Action") or "Action"
    return Part(name, _values(document, name), request.action, result.action)


def _resource(
    name: str,
    document: Mapping[str, object],
    result: StatementResult,
    request: Request,
    context: Context,
) -> Part:
    asks = _values(document, name)
    # In a policy of 2008 a variable is plain text, and the evaluator has no template of it.
    found = _variables(asks, context) if result.statement.resources.templates else {}
    return Part(name, _filled(asks, found), request.resource, result.resource, _notes(found))


def _conditions(result: StatementResult, context: Context) -> Iterator[Part]:
    outcomes = {(unmet.operator, unmet.key): unmet.outcome for unmet in result.unmet}
    for condition in result.statement.conditions:
        found = _variables(condition.wanted, context) if condition.has_variables else {}
        yield Part(
            f"{condition.operator} {condition.key}",
            _filled(condition.wanted, found),
            _value(condition.key, context.lookup(condition.lookup)),
            outcomes.get((condition.operator, condition.key), True),
            _notes(found),
        )


def _value(key: str, actual: ContextValue) -> str:
    if actual is None:
        return lacks(key)
    if actual is UNKNOWN or isinstance(actual, Present):
        return "not known here"
    return " and ".join(actual)


def _variables(texts: tuple[str, ...], context: Context) -> dict[str, ContextValue]:
    found: dict[str, ContextValue] = {}
    for text in texts:
        found |= resolve_variables(text, context)
    return found


def _filled(texts: tuple[str, ...], found: Mapping[str, ContextValue]) -> tuple[str, ...]:
    """The texts with the values of their variables. What is not known stays as it is written."""
    filled = list(texts)
    for written, value in found.items():
        if isinstance(value, tuple):
            filled = [text.replace(written, value[0]) for text in filled]
    return tuple(filled)


def _notes(found: Mapping[str, ContextValue]) -> tuple[str, ...]:
    return tuple(variable_text(*item) for item in found.items())
