"""What holds of every request: drawn from policies that hit often, and from all the grammar."""

from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_ui.domain.iam import (
    Decision,
    Evaluation,
    NamedPolicy,
    PolicyKind,
    Present,
    Request,
    evaluate,
    kind_of_resource_policy,
    parse_policy,
)

from .building import ACCOUNT, DECRYPT, GET, KEY, OTHER_ACCOUNT, ROLE, ROOT, SECRET, SESSION

ACTIONS = [
    "*",
    GET,
    "secretsmanager:*",
    "secretsmanager:Get*",
    "secretsmanager:?etSecretValue",
    DECRYPT,
    "kms:*",
    "s3:*",
]
RESOURCES = [
    "*",
    SECRET,
    KEY,
    SECRET[:-1] + "?",
    "arn:aws:secretsmanager:*",
    f"{SECRET[:-6]}*",
    "arn:aws:kms:us-*2:key/*",
]
RESOURCES += [f"{SECRET[:48]}${{aws:PrincipalTag/env}}*", SECRET.upper().replace("ARN:", "arn:")]
OTHER_SESSION, UNNAMED_SESSION = f"{SESSION}-2", SESSION.removesuffix("miyabi-app")
PRINCIPALS = ["*", ROLE, SESSION, ROOT, ACCOUNT, OTHER_ACCOUNT, "AROAEXAMPLEDELETEDROLE"]
PRINCIPALS += [OTHER_SESSION, f"{UNNAMED_SESSION}*"]
OPERATORS = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "Null",
    "Bool",
    "NumericLessThan",
    "DateGreaterThan",
]
OPERATORS += [
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotEquals",
    "BinaryEquals",
    "StringMatches",
]
PREFIXES, SUFFIXES = ["", "", "ForAllValues:", "ForAnyValue:"], ["", "", "IfExists"]
KEYS = [
    "aws:PrincipalTag/env",
    "aws:SourceIp",
    "aws:CurrentTime",
    "aws:PrincipalArn",
    "aws:CalledVia",
]
WANTED = [
    "prod",
    "true",
    "false",
    "*",
    "${aws:PrincipalTag/env}",
    "10.0.0.0/8",
    "2026-01-01",
    ROLE,
    "5",
    True,
    5,
]
ACTUAL = ["prod", "true", "10.1.2.3", "2026-03-01T00:00:00Z", ROLE, "", "5"]


def one_or_more(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(values), st.lists(st.sampled_from(values), min_size=1, max_size=3)
    )


OPERATOR_NAMES = st.sampled_from(
    ["".join(parts) for parts in product(PREFIXES, OPERATORS, SUFFIXES)]
)
CONDITIONS = st.dictionaries(
    OPERATOR_NAMES,
    st.dictionaries(st.sampled_from(KEYS), one_or_more(WANTED), max_size=2),
    max_size=2,
)


def element(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(st.sampled_from([name, name, f"Not{name}"]), values).map(
        lambda pair: dict([pair])
    )


# Each strategy is made once: making one takes longer than drawing from it.
EFFECTS = st.sampled_from(["Allow", "Allow", "Deny"])
ACTION, RESOURCE = (
    element("Action", one_or_more(ACTIONS)),
    element("Resource", one_or_more(RESOURCES)),
)
PRINCIPAL = element("Principal", st.fixed_dictionaries({"AWS": one_or_more(PRINCIPALS)}))
CONDITION: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.fixed_dictionaries({"Condition": CONDITIONS})
)


@st.composite
def statements(draw: st.DrawFn, with_principal: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(EFFECTS)} | draw(ACTION) | draw(RESOURCE)
    if with_principal:
        found |= draw(PRINCIPAL)
    return found | draw(CONDITION)


STATEMENTS = {with_principal: statements(with_principal) for with_principal in (False, True)}


def documents(with_principal: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    version = st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])
    parts = {"Version": version, "Statement": st.lists(STATEMENTS[with_principal], max_size=4)}
    return st.fixed_dictionaries(parts)


# A request in documents, to be changed before it is asked.
CASES = st.fixed_dictionaries(
    {
        "action": st.sampled_from([GET, DECRYPT]),
        "principal": st.sampled_from([SESSION, SESSION, ROLE]),
        "account": st.sampled_from([ACCOUNT, ACCOUNT, OTHER_ACCOUNT]),
        "context": st.dictionaries(st.sampled_from(KEYS), one_or_more(ACTUAL)).map(
            lambda context: context | {"aws:PrincipalArn": ROLE}
        ),
        "unknown": st.frozensets(st.sampled_from(KEYS), max_size=1),
        "identity": st.lists(documents(), max_size=3),
        "boundary": st.lists(documents(), max_size=1),
        "resource": st.none() | documents(with_principal=True),
    }
)


def request(case: dict[str, Any]) -> Request:
    kind, own = kind_of_resource_policy(case["action"]), case["resource"]
    return Request(
        principal=case["principal"],
        action=case["action"],
        resource=SECRET if kind is PolicyKind.RESOURCE else KEY,
        resource_account=case["account"],
        context=case["context"],
        identity_policies=_parse("identity", case["identity"]),
        permission_boundaries=_parse("boundary", case["boundary"]),
        resource_policy=None if own is None else parse_policy("resource", own, kind),
        unknown_context_keys=case["unknown"],
    )


def _parse(name: str, policies: list[dict[str, Any]]) -> tuple[NamedPolicy, ...]:
    return tuple(parse_policy(f"{name}{index}", policy) for index, policy in enumerate(policies))


def ask(case: dict[str, Any]) -> Evaluation:
    return evaluate(request(case))


OPENNESS = {
    Decision.EXPLICITLY_DENIED: 0,
    Decision.IMPLICITLY_DENIED: 0,
    Decision.UNDETERMINED: 1,
    Decision.ALLOWED: 2,
}


def openness(case: dict[str, Any]) -> int:
    return OPENNESS[ask(case).decision]


def changed(
    case: dict[str, Any], layer: str, policy: int, listed: list[dict[str, Any]]
) -> dict[str, Any]:
    """The same case with other statements in one of its policies."""
    if layer == "resource":
        return {**case, "resource": {**case["resource"], "Statement": listed}}
    policies = list(case[layer])
    policies[policy] = {**policies[policy], "Statement": listed}
    return {**case, layer: policies}


def places(case: dict[str, Any]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """Every policy of a case, as layer, number and statements."""
    found = [
        (layer, i, p["Statement"])
        for layer in ("identity", "boundary")
        for i, p in enumerate(case[layer])
    ]
    return found + ([("resource", 0, case["resource"]["Statement"])] if case["resource"] else [])


@given(CASES, st.data())
def test_an_added_deny_never_widens(case: dict[str, Any], data: st.DataObject) -> None:
    assume(places(case))
    layer, number, listed = data.draw(st.sampled_from(places(case)))
    extra = {**data.draw(STATEMENTS[layer == "resource"]), "Effect": "Deny"}
    at = data.draw(st.integers(0, len(listed)))
    assert openness(changed(case, layer, number, [*listed[:at], extra, *listed[at:]])) <= openness(
        case
    )


@given(CASES, st.data())
def test_a_removed_allow_never_widens(case: dict[str, Any], data: st.DataObject) -> None:
    allows = [
        (layer, number, listed, at)
        for layer, number, listed in places(case)
        for at, found in enumerate(listed)
        if found["Effect"] == "Allow"
    ]
    assume(allows)
    layer, number, listed, at = data.draw(st.sampled_from(allows))
    assert openness(changed(case, layer, number, [*listed[:at], *listed[at + 1 :]])) <= openness(
        case
    )


@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_statements_and_policies_never_matters(
    case: dict[str, Any], random: Any
) -> None:
    shuffled = case
    for layer, number, listed in places(case):
        shuffled = changed(shuffled, layer, number, random.sample(listed, len(listed)))
    shuffled = {
        **shuffled,
        "identity": random.sample(shuffled["identity"], len(shuffled["identity"])),
    }
    first, second = ask(case), ask(shuffled)
    assert (first.decision, first.layers) == (second.decision, second.layers)
    assert len(first.deciding) == len(second.deciding)


@given(CASES, st.data())
def test_a_case_change_in_an_action_never_matters(
    case: dict[str, Any], data: st.DataObject
) -> None:
    def swap(value: Any) -> Any:
        return (
            [swap(item) for item in value]
            if isinstance(value, list)
            else _some_swapped(value, data)
        )

    other = {**case, "action": _some_swapped(case["action"], data)}
    for layer, number, listed in places(case):
        renamed = [
            {k: swap(v) if k in ("Action", "NotAction") else v for k, v in s.items()}
            for s in listed
        ]
        other = changed(other, layer, number, renamed)
    assert ask(other).decision == ask(case).decision


def _some_swapped(text: str, data: st.DataObject) -> str:
    marks = data.draw(st.integers(0, 2 ** len(text) - 1))  # a bit for each character
    return "".join(sign.swapcase() if marks >> at & 1 else sign for at, sign in enumerate(text))


@given(st.integers(4, len(SECRET) - 1))
def test_a_case_change_in_a_resource_always_matters(at: int) -> None:
    assume(SECRET[at].isalpha())
    other = SECRET[:at] + SECRET[at].swapcase() + SECRET[at + 1 :]
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": GET, "Resource": other},
    }
    question = Request(
        SESSION, GET, SECRET, ACCOUNT, identity_policies=_parse("identity", [policy])
    )
    assert evaluate(question).decision == "ImplicitlyDenied"
    assert evaluate(replace(question, resource=other)).decision == "Allowed"


@given(CASES)
def test_a_text_and_a_list_of_that_text_are_the_same(case: dict[str, Any]) -> None:
    def listed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: listed(item) for key, item in value.items()}
        return value if isinstance(value, list) else [value]

    other = case
    for layer, number, found in places(case):
        wide = [{k: v if k == "Effect" else listed(v) for k, v in s.items()} for s in found]
        other = changed(other, layer, number, wide)
    assert ask(other).decision == ask(case).decision


@given(CASES)
def test_nothing_that_can_be_parsed_makes_it_crash(case: dict[str, Any]) -> None:
    evaluation = ask(case)
    assert evaluation.decision in Decision
    assert bool(evaluation.missing) == (evaluation.decision is Decision.UNDETERMINED)
    for result in evaluation.statements:
        parts = (result.action, result.resource, result.condition, result.principal != "nobody")
        assert (result.matches is False) == (False in parts)


@given(CASES, st.sampled_from(KEYS), one_or_more(ACTUAL))
def test_learning_what_was_unknown_never_contradicts_a_decision(
    case: dict[str, Any], key: str, value: Any
) -> None:
    """What was decided without knowing a key holds, whatever its value turns out to be."""
    assume(key != "aws:PrincipalArn")
    ignorant = ask({**case, "unknown": frozenset({key})}).decision
    assume(ignorant is not Decision.UNDETERMINED)
    absent = {name: found for name, found in case["context"].items() if name != key}
    for context in (absent, {**absent, key: value}):
        informed = ask({**case, "context": context, "unknown": frozenset()}).decision
        assert (informed is Decision.ALLOWED) == (ignorant is Decision.ALLOWED)


PRESENT_VALUES = st.lists(
    st.sampled_from([value for value in ACTUAL if value]), min_size=1, max_size=3
)


@given(CASES, st.sampled_from(KEYS), PRESENT_VALUES, st.integers(0, 3))
def test_learning_the_value_of_a_present_key_never_contradicts_a_decision(
    case: dict[str, Any], key: str, values: list[str], known: int
) -> None:
    """What was decided knowing only that a key is there, or some of its values, holds for all."""
    assume(key != "aws:PrincipalArn")
    present = Present(tuple(values[:known]))
    given = {**case, "unknown": frozenset()}
    ignorant = ask({**given, "context": {**case["context"], key: present}}).decision
    assume(ignorant is not Decision.UNDETERMINED)
    exact = [values] if known or len(values) > 1 else [values, values[0]]
    for value in exact:
        informed = ask({**given, "context": {**case["context"], key: value}}).decision
        assert (informed is Decision.ALLOWED) == (ignorant is Decision.ALLOWED)


@given(CASES, st.sampled_from(KEYS))
def test_that_a_key_is_present_decides_no_more_than_its_value_would(
    case: dict[str, Any], key: str
) -> None:
    """A key that may be absent as well leaves at least as much open as one that is present."""
    assume(key != "aws:PrincipalArn")
    absent = {name: found for name, found in case["context"].items() if name != key}
    may_be_absent = ask({**case, "context": absent, "unknown": frozenset({key})}).decision
    present = ask({**case, "context": {**absent, key: Present()}, "unknown": frozenset()}).decision
    if may_be_absent is not Decision.UNDETERMINED:
        assert (present is Decision.ALLOWED) == (may_be_absent is Decision.ALLOWED)


@given(CASES)
def test_learning_the_session_s_name_never_contradicts_a_decision(case: dict[str, Any]) -> None:
    ignorant = ask({**case, "principal": UNNAMED_SESSION}).decision
    assume(ignorant is not Decision.UNDETERMINED)
    for session in (SESSION, OTHER_SESSION, f"{SESSION}-3"):
        informed = ask({**case, "principal": session}).decision
        assert (informed is Decision.ALLOWED) == (ignorant is Decision.ALLOWED)
