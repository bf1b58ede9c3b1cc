"""Resource and NotResource: case, segments, incomplete ARNs and variables."""

import pytest

from secrets_ui.domain.iam import PolicyKind

from .building import ACCOUNT, SECRET, covers, decide, document, statement

START = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (SECRET, True),
        ("*", True),
        ("arn:*", True),
        ("arn:aws:secretsmanager:*", True),
        (START + "miyabi/prod/api-keys-??????", True),
        (START + "miyabi/prod/api-keys-?????", False),
        (START + "miyabi/prod/api-keys-*", True),
        (START + "miyabi/prod/api-keys", False),
        (START + "miyabi*", True),
        (START + "*/api-keys-AbC123", True),
        (START + "Miyabi/prod/api-keys-AbC123", False),
        (START.replace("us-west-2", "us-east-1") + "*", False),
        (START.replace("us-west-2", "*") + "*", True),
        (START.replace("us-west-2", "us-*-2") + "*", True),
        (START.replace(ACCOUNT, "?" * 12) + "*", True),
    ],
)
def test_a_pattern_covers_the_secret_or_not(pattern: str, expected: bool) -> None:
    assert covers(pattern) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:secretsmanager:*:secret:miyabi/*", True),  # the * ends its segment
        ("arn:aws:secretsmanager:us-*:secret:miyabi/*", True),
        (
            "arn:aws:secretsmanager:us-*3:secret:miyabi/*",
            None,
        ),  # this one would have to cross from inside
        ("arn:aws:secretsmanager:us-west-2?111122223333:secret:miyabi/*", None),
        ("arn:aws:secretsmanager:*:secret:*keys-AbC123", True),
        ("arn:aws:secretsmanager:us-*4:secret:miyabi/*", False),
    ],
)
def test_only_a_star_at_the_end_of_a_segment_surely_crosses_a_colon(
    pattern: str, expected: bool | None
) -> None:
    assert covers(pattern) is expected


@pytest.mark.parametrize(
    ("pattern", "kind", "expected"),
    [
        ("arn:aws:secretsmanager", PolicyKind.IDENTITY, True),
        ("arn:aws:secretsmanager:us-west-2", PolicyKind.IDENTITY, True),
        ("arn:aws:ssm", PolicyKind.IDENTITY, False),
        ("arn:aws:secretsmanager:*miyabi/prod/api-keys-AbC123", PolicyKind.IDENTITY, None),
        ("arn:aws:secretsmanager", PolicyKind.RESOURCE, False),
        ("arn:aws:secretsmanager:*", PolicyKind.RESOURCE, True),
    ],
)
def test_an_incomplete_arn_is_completed_in_identity_policies_only(
    pattern: str, kind: PolicyKind, expected: bool | None
) -> None:
    assert covers(pattern, kind=kind) is expected


def test_not_resource_is_the_opposite_and_stays_undetermined() -> None:
    allowed = document(statement())
    for pattern, decision in (
        (SECRET, "Allowed"),
        (START + "other/*", "ExplicitlyDenied"),
        ("arn:aws:secretsmanager:us-*3:secret:miyabi/*", "Undetermined"),
    ):
        denied = {"Effect": "Deny", "Action": "*", "NotResource": pattern}
        assert decide(allowed, document(denied)) == decision


@pytest.mark.parametrize(
    ("pattern", "tag", "expected"),
    [
        ("miyabi/${aws:PrincipalTag/env}/*", "prod", True),
        ("miyabi/${AWS:principaltag/ENV}/*", "prod", True),
        ("miyabi/${aws:PrincipalTag/env}/*", "dev", False),
        ("miyabi/${aws:PrincipalTag/env}/*", None, False),
        ("${aws:PrincipalTag/env}*", "*", False),
        ("miyabi/${aws:PrincipalTag/env, 'prod'}/*", None, True),
        ("miyabi/${aws:PrincipalTag/env, 'prod'}/*", "dev", False),
        ("miyabi/${aws:PrincipalTag/env/*", "prod", False),  # no closing brace: plain text
    ],
)
def test_a_variable_in_the_id_part_takes_the_value_of_its_key(
    pattern: str, tag: str | None, expected: bool
) -> None:
    context = {"aws:PrincipalTag/env": tag} if tag else {}
    assert covers(START + pattern, context=context) is expected


@pytest.mark.parametrize("field", ["partition", "service", "us-west-2", ACCOUNT])
def test_a_variable_before_the_fifth_colon_is_plain_text(field: str) -> None:
    values = {"partition": "aws", "service": "secretsmanager"}
    value = values.get(field, field)
    pattern = START.replace(f":{value}:", ":${aws:PrincipalTag/env}:") + "${aws:PrincipalTag/id}*"
    context = {"aws:PrincipalTag/env": value, "aws:PrincipalTag/id": "miyabi/"}
    assert covers(START + "${aws:PrincipalTag/id}*", context=context) is True
    assert covers(pattern, context=context) is False


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("miyabi/${aws:PrincipalTag/env}/*", None), ("other/${aws:PrincipalTag/env}/*", False)],
)
def test_an_unknown_tag_matters_only_where_it_could_match(
    pattern: str, expected: bool | None
) -> None:
    assert (
        covers(START + pattern, unknown_context_keys=frozenset({"aws:PrincipalTag/env"}))
        is expected
    )


def test_without_the_newer_version_a_variable_is_plain_text() -> None:
    policy = statement(resource=START + "${aws:PrincipalTag/env}*")
    literal = START + "${aws:PrincipalTag/env}-AbC123"
    for version in ("2008-10-17", None):
        older = document(policy, version=version)
        assert decide(older, context={"aws:PrincipalTag/env": "miyabi"}) == "ImplicitlyDenied"
        assert decide(older, resource=literal) == "Allowed"
