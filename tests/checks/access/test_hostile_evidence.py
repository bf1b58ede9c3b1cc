"""Hostile evidence is inert and cheap: huge, deep or wrongly typed policies, names with markup."""

import cProfile
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from secrets_ui.domain.access.evidence import AccessEvidence, Denial, FunctionConfiguration
from secrets_ui.domain.access.path import ask_decrypt, ask_read
from secrets_ui.domain.access.policies import list_policies, with_policy
from secrets_ui.domain.access.run import Run
from secrets_ui.domain.iam import Grant
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    KEY_ARN,
    MISSING,
    NAME,
    READ,
    ROLE_ARN,
    document,
    evidence,
    known,
    policy,
    unreachable,
    with_statement,
)

pytestmark = pytest.mark.slow
BOUNDED = evidence(
    boundary=document(
        "limits",
        policy({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        "arn:aws:iam::111111111111:policy/limits",
    ),
    resource_policy=known(
        policy({"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": READ, "Resource": "*"})
    ),
)
LOCATIONS = [policy.location for policy in list_policies(BOUNDED)]
MARKUP = "<script>alert(1)</script>{{ 7*7 }}\u202e'\"`\x1b[31m"


def no_check_broke(run: Run) -> None:
    assert [finding.text for finding in run.findings if "could not be done" in finding.text] == []


# Three times what the worst of them takes.
MOST_CALLS = 5_000_000


def judged_within_bounds(given: AccessEvidence) -> Run:
    """Counts calls, not seconds, which a busy machine stretches."""
    with cProfile.Profile(builtins=False) as profile:
        run = judge(given)
    assert sum(entry.callcount for entry in profile.getstats()) < MOST_CALLS
    no_check_broke(run)
    json.dumps(run.to_json())
    return run


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def big_policy() -> str:
    """About ten kilobytes: many statements with many conditions over globs."""
    condition = {
        "StringNotLike": {f"aws:PrincipalTag/{n}": ["*a*a*a*a*b", "?" * 40] for n in range(6)},
        "ForAllValues:StringLike": {"aws:TagKeys": ["*x*y*z*"] * 6},
        "ArnNotLike": {"aws:PrincipalArn": ["arn:*:*:*:*:*a*a*a*a*"] * 4},
        "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
    }
    resources = [f"arn:aws:secretsmanager:*:*:secret:*a*a*{n}*" for n in range(5)]
    statements = [
        {
            "Sid": f"S{n}",
            "Effect": "Deny",
            "Action": ["secretsmanager:*a*a*a*", "kms:*"],
            "Resource": resources,
            "Condition": condition,
        }
        for n in range(12)
    ]
    return policy(*statements)


HOSTILE_TEXTS = {
    "not JSON": "]",
    "empty": "",
    "blank": "   ",
    "a list": "[]",
    "a number": "5",
    "null": "null",
    "no statement": "{}",
    "doubled keys": '{"Version": "2012-10-17", "Statement": [], "Statement": []}',
    "wrong types": '{"Statement": [{"Effect": ["Allow"], "Action": 5, "Resource": null}]}',
    "nested deeply": deep(100_000),
    "a deep condition": (
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": '
    )
    + deep(5_000)
    + "}]}",
    "a huge text": '{"Statement": "' + "x" * 5_000_000 + '"}',
    "many statements": policy(*[{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}] * 3_000),
    "a huge number": (
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": '
        '{"NumericEquals": {"a": '
    )
    + "9" * 5_000
    + "}}}]}",
    "NaN": '{"Statement": [NaN]}',
    "half a character": (
        '{"Statement": [{"Sid": "\\ud800", "Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    ),
    "markup": json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Sid": MARKUP, "Effect": "Deny", "Action": "*", "Resource": "*"}],
        }
    ),
}


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
@pytest.mark.parametrize("location", LOCATIONS)
def test_a_hostile_policy_breaks_no_check_and_is_never_read_as_allowed(
    location: str, text: str
) -> None:
    run = judged_within_bounds(with_policy(BOUNDED, location, text))
    if text in (
        HOSTILE_TEXTS["not JSON"],
        HOSTILE_TEXTS["nested deeply"],
    ) and not location.startswith(("console:", "trust")):
        assert run.answer == "unknown"


@pytest.mark.parametrize(
    "location", [name for name in LOCATIONS if not name.startswith(("secret", "key", "trust"))]
)
def test_ten_kilobytes_of_conditions_are_judged_in_time(location: str) -> None:
    assert 8_000 < len(big_policy()) < 20_000
    judged_within_bounds(with_policy(BOUNDED, location, big_policy()))


def test_names_with_markup_stand_in_findings_as_they_are_and_in_commands_quoted() -> None:
    given = replace(
        with_statement(Sid=MARKUP, Effect="Deny", Action=READ, Resource="*"),
        function=known(FunctionConfiguration(MARKUP, f"arn:aws:iam::111111111111:role/{MARKUP}")),
        denials=known((Denial(None, "GetSecretValue", ROLE_ARN, MARKUP, NAME),)),
        grants=known(
            (
                Grant.of(
                    {
                        "GrantId": MARKUP,
                        "KeyId": KEY_ARN,
                        "GranteePrincipal": MARKUP,
                        "Operations": ["Decrypt"],
                    }
                ),
            )
        ),
    )
    run = judged_within_bounds(given)
    assert MARKUP in run.finding("get_secret_value_is_allowed").text
    commands = [finding.remedy.cli for finding in run.findings if finding.remedy]
    assert all(command.isascii() and "\x1b" not in command for command in commands)


@pytest.mark.parametrize(
    "arn",
    ["", "x", ":::::", "arn:aws:iam::111111111111:role/", "arn:aws:iam::111111111111:user/hana"],
)
def test_odd_arns_break_no_check(arn: str) -> None:
    judged_within_bounds(
        evidence(
            function=known(FunctionConfiguration(arn, arn)),
            denials=known((Denial(None, "", arn, "", ""),)),
        )
    )


DECISIVE = ("role", "attached", "inline", "secret", "key", "key_policy", "function")
MEMBERS = (
    *DECISIVE, "caller", "resource_policy", "versions", "facts", "alias", "grants", "rotation",
    "simulated", "denials",
)  # fmt: skip


@pytest.mark.parametrize("found", [MISSING, unreachable()], ids=["missing", "unreachable"])
@pytest.mark.parametrize("member", MEMBERS)
def test_whatever_single_answer_is_lacking_no_check_breaks(member: str, found: Any) -> None:
    run = judged_within_bounds(evidence(**{member: found}))
    if member in DECISIVE:
        assert run.answer != "yes"
        assert {finding.status for finding in run.findings} & {"fail", "unknown"}


_WORDS = ["Allow", "Deny", "*", READ, "kms:Decrypt", ROLE_ARN, KEY_ARN]
_ELEMENTS = ["Effect", "Action", "Resource", "Principal", "Condition", "AWS", "Sid"]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(_WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_ELEMENTS), inner, max_size=5)
    ),
    max_leaves=12,
)
_OPERATORS = [
    "StringEquals",
    "StringNotEquals",
    "Null",
    "ForAnyValue:StringLike",
    "Bool",
    "Strange",
]
_KEYS = ["secretsmanager:VersionStage", "kms:ViaService", "aws:SourceIp", "aws:PrincipalArn"]
_RESOURCES = [
    "*", KEY_ARN, f"arn:aws:secretsmanager:us-east-1:111111111111:secret:{NAME}",
    "arn:aws:kms:us-west-2:111111111111:alias/x",
]  # fmt: skip
_PRINCIPALS = [
    "*", {"AWS": ROLE_ARN}, {"AWS": "AROAEXAMPLEOLDROLE123"}, {"AWS": "111111111111"},
    {"Service": "lambda.amazonaws.com"},
]  # fmt: skip
_one_key = st.dictionaries(
    st.sampled_from(_KEYS), st.sampled_from(["AWSCURRENT", "true", "*", "x"]), max_size=2
)
_statement = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["*", READ, "kms:*", ["kms:Decrypt", READ]]),
        "Resource": st.sampled_from(_RESOURCES),
    },
    optional={
        "Condition": st.dictionaries(st.sampled_from(_OPERATORS), _one_key, max_size=2),
        "Principal": st.sampled_from(_PRINCIPALS),
    },
)


_ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": "111111111111"},
    "Action": "kms:*",
    "Resource": "*",
}
_ESTATES = {
    "clean": evidence(),
    "with every policy": BOUNDED,
    "key left to IAM": replace(BOUNDED, resource_policy=known(""), key_policy=known(policy(_ROOT))),
    "key unread": replace(BOUNDED, key_policy=unreachable()),
}


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.sampled_from(sorted(_ESTATES)),
    st.sampled_from(LOCATIONS),
    _json | st.lists(_statement, max_size=4),
)
def test_whatever_a_policy_says_no_check_breaks_and_yes_means_yes(
    estate: str, location: str, statements: Any
) -> None:
    try:
        given_ = with_policy(
            _ESTATES[estate],
            location,
            json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )
    except LookupError:
        assume(False)
    run = judge(given_)
    no_check_broke(run)
    assert "no check says why" not in run.headline
    is_allowed = ask_read(given_, READ).is_allowed and ask_decrypt(given_).is_allowed
    assert run.answer != "yes" or is_allowed
    assert (
        run.answer != "no"
        or not is_allowed
        or run.finding("lambda_may_assume_role").status == "fail"
    )
