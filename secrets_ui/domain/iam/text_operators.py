"""The String and Arn operators, which compare texts, patterns and ARNs with policy variables.

Each family turns a policy's values into a function that tells whether a request's value matches.
"""

from collections.abc import Callable, Iterable, Sequence

from .arn import match_arn_condition
from .context import Context, fold
from .glob import GlobSet, Pattern, compile_glob, parse_glob
from .truth import Truth, any_of
from .variables import Template, has_variable, parse_template

Comparison = Callable[[str, Context], Truth]
"""Whether a value of the request matches any value of the policy."""

Family = Callable[[Sequence[str], bool, bool], Comparison]
"""Arguments: a condition's values, whether they may hold variables, whether it is negated."""

_Covers = Callable[[Pattern, str], Truth]


def string_equals(values: Sequence[str], has_variables: bool, is_negated: bool) -> Comparison:
    """Exact and case-sensitive; `*` is a plain asterisk."""
    plain, templates = _split(values, has_variables, wildcards=False)
    wanted = frozenset(plain)
    if not templates:
        return lambda actual, _: actual in wanted
    return lambda actual, context: (
        actual in wanted or _any_template(templates, _covers, actual, context)
    )


def string_equals_ignore_case(
    values: Sequence[str], has_variables: bool, is_negated: bool
) -> Comparison:
    plain, templates = _split(values, has_variables, wildcards=False)
    wanted = frozenset(map(fold, plain))
    return lambda actual, context: (
        fold(actual) in wanted or _any_template(templates, _covers_folded, actual, context)
    )


def string_like(values: Sequence[str], has_variables: bool, is_negated: bool) -> Comparison:
    """Case-sensitive, with `*` and `?`."""
    plain, templates = _split(values, has_variables, wildcards=True)
    wanted = GlobSet.parse(plain)
    if not templates:
        return lambda actual, _: wanted.matches(actual)
    return lambda actual, context: (
        wanted.matches(actual) or _any_template(templates, _covers, actual, context)
    )


def arn_like(values: Sequence[str], has_variables: bool, is_negated: bool) -> Comparison:
    plain, templates = _split(values, has_variables, wildcards=True)
    patterns = [parse_glob(value) for value in plain]

    def compare(actual: str, context: Context) -> Truth:
        literal = any_of(match_arn_condition(pattern, actual) for pattern in patterns)
        if literal or not templates:
            return literal
        return any_of((literal, _any_template(templates, match_arn_condition, actual, context)))

    return compare


def _split(
    values: Iterable[str], has_variables: bool, *, wildcards: bool
) -> tuple[list[str], list[Template]]:
    """Separate plain values from those with variables (if the policy's Version has variables)."""
    plain, templates = [], []
    for value in values:
        if has_variables and has_variable(value):
            templates.append(parse_template(value, wildcards=wildcards))
        else:
            plain.append(value)
    return plain, templates


def _covers(pattern: Pattern, actual: str) -> Truth:
    return bool(compile_glob(pattern)(actual))


def _covers_folded(pattern: Pattern, actual: str) -> Truth:
    folded = tuple(fold(part) if isinstance(part, str) else part for part in pattern)
    return _covers(folded, fold(actual))


def _any_template(
    templates: Iterable[Template], covers: _Covers, actual: str, context: Context
) -> Truth:
    return any_of(_match_template(template, covers, actual, context) for template in templates)


def _match_template(template: Template, covers: _Covers, actual: str, context: Context) -> Truth:
    resolved = template.resolve(context)
    if resolved is None:
        return False
    matches = covers(resolved.pattern, actual)
    return matches if resolved.is_certain or matches is False else None
