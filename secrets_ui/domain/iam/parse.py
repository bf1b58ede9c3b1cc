"""Parses a policy document. What AWS's grammar does not allow raises MalformedPolicy.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from .arn import FIELDS, ResourcePattern, compile_resource
from .conditions import Condition, build_condition
from .context import fold
from .glob import GlobSet, has_wildcard, parse_glob
from .policy import ActionElement, Effect, NamedPolicy, PolicyKind, ResourceElement, Statement
from .principals import PrincipalElement
from .reader import MAX_POLICY_CHARACTERS, PolicyReader, as_list
from .strict_json import NotStrictJson, read_json
from .variables import Template, has_variable, parse_template

_VERSIONS = ("2008-10-17", "2012-10-17")
_ACTION = re.compile(r"\*+|[^:\s]+:[^:\s]+")
_POLICY_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_ALTERNATIVES = ("Principal", "Action", "Resource")
"""Elements that have a Not form, which may stand in their place."""
_STATEMENT_ELEMENTS = frozenset(
    {"Sid", "Effect", "Condition", *_ALTERNATIVES, *[f"Not{name}" for name in _ALTERNATIVES]}
)
_PRINCIPAL_TYPES = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


def parse_policy(
    name: str, document: object, kind: PolicyKind = PolicyKind.IDENTITY
) -> NamedPolicy:
    """Parse a policy, given as JSON text or as the decoded object. Messages call it `name`.

    Raises MalformedPolicy, which names policy, statement and element.
    """
    reader = PolicyReader(name, kind)
    if isinstance(document, str | bytes):
        document = _decode(reader, document)
    policy = reader.mapping("policy", document)
    for element in policy.keys() - _POLICY_ELEMENTS:
        reader.refuse(element[:60], "a policy has no such element")
    reader.has_variables = _read_version(reader, policy) == "2012-10-17"
    if not isinstance(policy.get("Id", ""), str):
        reader.refuse("Id", "expected text")
    return NamedPolicy(name, kind, tuple(_read_statements(reader, policy)))


def _decode(reader: PolicyReader, text: str | bytes) -> Mapping[str, object]:
    if len(text) > 2 * MAX_POLICY_CHARACTERS:
        reader.refuse("policy", "larger than any policy of AWS")
    try:
        return reader.mapping("policy", read_json(text))
    except NotStrictJson as error:
        reader.refuse("policy", str(error))


def _read_version(reader: PolicyReader, policy: Mapping[str, object]) -> str:
    """Without a Version, AWS reads the older language, which has no variables."""
    version = policy.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        reader.refuse("Version", f"expected {' or '.join(_VERSIONS)}")
    return str(version)


def _read_statements(reader: PolicyReader, policy: Mapping[str, object]) -> Iterator[Statement]:
    if "Statement" not in policy:
        reader.refuse("Statement", "missing")
    for index, document in enumerate(as_list(policy["Statement"])):
        reader.statement = index
        statement = reader.mapping("Statement", document)
        if "Sid" in statement:
            reader.statement = reader.text("Sid", statement["Sid"]) or index
        yield _read_statement(reader, index, statement)


def _read_statement(reader: PolicyReader, index: int, statement: Mapping[str, object]) -> Statement:
    for element in statement.keys() - _STATEMENT_ELEMENTS:
        reader.refuse(element[:60], "a statement has no such element")
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        reader.refuse("Effect", "expected Allow or Deny")
    sid = statement.get("Sid")
    return Statement(
        sid=sid if isinstance(sid, str) else None,
        index=index,
        effect=Effect(str(effect)),
        principals=_read_principals(reader, statement),
        actions=_read_actions(reader, statement),
        resources=_read_resources(reader, statement),
        conditions=tuple(_read_conditions(reader, statement, is_deny=effect == "Deny")),
        document=statement,
    )


def _find_element(
    reader: PolicyReader, statement: Mapping[str, object], element: str
) -> str | None:
    """Return the name of the element or its Not form, whichever is present; never both."""
    negated = f"Not{element}"
    if element not in statement:
        return negated if negated in statement else None
    if negated in statement:
        reader.refuse(element, f"stands beside {negated}; only one of the two may be there")
    return element


def _read_principals(
    reader: PolicyReader, statement: Mapping[str, object]
) -> PrincipalElement | None:
    element = _find_element(reader, statement, "Principal")
    if not reader.kind.is_attached_to_a_resource:
        if element:
            reader.refuse(element, "an identity-based policy has no principal")
        return None
    if element is None:
        reader.refuse("Principal", "missing")
    return PrincipalElement.of(
        _principal_names(reader, element, statement[element]), is_negated=element[0] == "N"
    )


def _principal_names(reader: PolicyReader, element: str, value: object) -> list[str]:
    """Return the values under AWS. The other types are checked, but name no possible caller."""
    if value == "*":
        return ["*"]
    if isinstance(value, str):
        reader.refuse(element, 'expected * or an object such as {"AWS": …}')
    by_type = reader.mapping(element, value)
    if not by_type or by_type.keys() - _PRINCIPAL_TYPES:
        reader.refuse(element, f"expected one of {', '.join(sorted(_PRINCIPAL_TYPES))}")
    names = {kind: reader.texts(element, listed) for kind, listed in by_type.items()}
    return names.get("AWS", [])


def _read_actions(reader: PolicyReader, statement: Mapping[str, object]) -> ActionElement:
    element = _find_element(reader, statement, "Action")
    if element is None:
        # KMS stores such a statement, but "the policy statement has no effect".
        if reader.kind is PolicyKind.KEY:
            return ActionElement(False, GlobSet.parse(()))
        reader.refuse("Action", "missing")
    names = reader.texts(element, statement[element])
    return _build_actions(element == "NotAction", tuple(names))


# An account's policies repeat few lists of actions.
@lru_cache(maxsize=1024)
def _build_actions(is_negated: bool, names: tuple[str, ...]) -> ActionElement:
    malformed = tuple(name for name in names if not _ACTION.fullmatch(name))
    well_formed = [fold(name) for name in names if name not in malformed]
    return ActionElement(is_negated, GlobSet.parse(well_formed), malformed)


def _read_resources(reader: PolicyReader, statement: Mapping[str, object]) -> ResourceElement:
    element = _find_element(reader, statement, "Resource")
    if element is None:
        # A trust policy applies to its own role.
        if reader.kind is PolicyKind.TRUST:
            return _build_resources(reader, False, ["*"])
        # As for Action.
        if reader.kind is PolicyKind.KEY:
            return _build_resources(reader, False, [])
        reader.refuse("Resource", "missing")
    texts = reader.texts(element, statement[element])
    for text in texts:
        if not (_is_everything(text) or text.startswith("arn:")):
            reader.refuse(element, f"expected * or an ARN, not {text[:60]!r}")
    return _build_resources(reader, element == "NotResource", texts)


def _build_resources(reader: PolicyReader, is_negated: bool, texts: list[str]) -> ResourceElement:
    plain, templates = [], []
    for text in texts:
        if reader.has_variables and (template := _resource_template(text)):
            templates.append(template)
        else:
            plain.append(text)
    completes = not reader.kind.is_attached_to_a_resource
    return ResourceElement(
        is_negated,
        everything=any(map(_is_everything, texts)),
        literals=frozenset(plain),
        patterns=tuple(
            pattern for text in plain for pattern in _resource_patterns(text, completes)
        ),
        templates=tuple(templates),
    )


def _resource_patterns(text: str, completes: bool) -> Iterator[ResourcePattern]:
    """In an identity-based policy, AWS adds `*` for the missing fields of an incomplete ARN.

    AWS does not say whether the pattern as written (`arn:aws:kms:*:key/x`) still matches as well.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    missing = FIELDS - 1 - text.count(":")
    if completes and missing > 0 and not _is_everything(text):
        yield compile_resource(parse_glob(text + ":*" * missing))
        yield replace(compile_resource(parse_glob(text)), when_covered=None)
    elif has_wildcard(pattern := parse_glob(text)):
        yield compile_resource(pattern)


def _is_everything(text: str) -> bool:
    return bool(text) and not text.strip("*")


def _resource_template(text: str) -> Template | None:
    """Variables work "only in the resource portion of the ARN", after the fifth colon."""
    fields = text.split(":", FIELDS - 1)
    if len(fields) < FIELDS or not has_variable(fields[-1]):
        return None
    head = ":".join([*fields[:-1], ""])
    return Template((*parse_glob(head), *parse_template(fields[-1], wildcards=True).parts))


def _read_conditions(
    reader: PolicyReader, statement: Mapping[str, object], *, is_deny: bool
) -> Iterator[Condition]:
    for operator, keys in reader.mapping("Condition", statement.get("Condition", {})).items():
        reader.text("Condition", operator)
        for key, values in reader.mapping(f"Condition {operator[:60]}", keys).items():
            element = f"Condition {operator[:60]} {reader.text('Condition', key)[:120]}"
            wanted = tuple(reader.scalar(element, value) for value in as_list(values))
            yield build_condition(
                operator, key, wanted, variables=reader.has_variables, is_deny=is_deny
            )
