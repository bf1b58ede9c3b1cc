"""Principal and NotPrincipal in all their forms, and who may ask."""

from typing import Any

import pytest

from secrets_ui.domain.iam import (
    Layer,
    MalformedRequest,
    PrincipalElement,
    PrincipalMatch,
    evaluate,
    is_caller,
)

from .building import (
    ACCOUNT,
    OTHER_ACCOUNT,
    ROLE,
    ROOT,
    SESSION,
    ask,
    decide,
    document,
    only,
    statement,
)

WITH_PATH = ROLE.replace("role/", "role/service-role/")
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
OTHER_SESSION = SESSION.replace("miyabi-app", "other")


def named(
    principal: Any, caller: str = SESSION, element: str = "Principal", **members: Any
) -> PrincipalMatch | None:
    """How a Deny with this element names the caller."""
    policy = document(statement("Deny", **{element: principal}))
    results = evaluate(ask(resource_policy=policy, principal=caller, **members)).statements
    return next(result.principal for result in results if result.layer == "resource")


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", "everyone"),
        ({"AWS": "*"}, "everyone"),
        ({"AWS": SESSION}, "caller"),
        ({"AWS": [SESSION]}, "caller"),
        ({"AWS": SESSION.replace("miyabi-app", "other")}, "nobody"),
        ({"AWS": ROLE}, "role"),
        ({"AWS": WITH_PATH}, "nobody"),
        ({"AWS": ROLE.replace(ACCOUNT, OTHER_ACCOUNT)}, "nobody"),
        ({"AWS": ROLE.upper()}, "nobody"),
        ({"AWS": ROOT}, "account"),
        ({"AWS": ACCOUNT}, "account"),
        ({"AWS": OTHER_ACCOUNT}, "nobody"),
        ({"AWS": f"{ACCOUNT}:root"}, "nobody"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}, "nobody"),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-lambda-execution/*"}, "nobody"),
        ({"AWS": USER}, "nobody"),
        ({"AWS": "AROAEXAMPLEDELETEDROLE"}, "nobody"),
        ({"Service": "lambda.amazonaws.com"}, "nobody"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "nobody"),
        (
            {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
            "nobody",
        ),
        ({"Service": "lambda.amazonaws.com", "AWS": [USER, ROLE]}, "role"),
        ({"AWS": [ROOT, ROLE, SESSION]}, "caller"),
    ],
)
def test_a_principal_names_a_session_in_one_way(principal: Any, expected: str) -> None:
    assert named(principal) == expected


def test_a_service_cannot_be_everyone() -> None:
    assert named({"Service": "*"}) == "nobody"


def test_a_role_is_named_by_the_arn_that_has_its_path() -> None:
    context = {"aws:PrincipalArn": WITH_PATH}
    assert named({"AWS": WITH_PATH}, context=context) == "role"
    assert named({"AWS": ROLE}, context=context) == "nobody"


@pytest.mark.parametrize("context", [{}, {"aws:PrincipalArn": USER}, {"aws:PrincipalArn": SESSION}])
def test_without_the_roles_arn_its_name_tells_since_names_are_unique_in_an_account(
    context: dict[str, str],
) -> None:
    assert named({"AWS": ROLE}, context=context) == "role"
    assert named({"AWS": WITH_PATH}, context=context) == "role"
    assert named({"AWS": f"{ROLE}-2"}, context=context) == "nobody"


@pytest.mark.parametrize("caller", [ROLE, USER, FEDERATED])
def test_a_role_and_a_user_are_named_by_their_own_arn(caller: str) -> None:
    assert named({"AWS": caller}, caller) == "caller"
    assert named({"AWS": SESSION}, caller) == "nobody"
    assert named({"AWS": ACCOUNT}, caller) == "account"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([USER, OTHER_ACCOUNT], "everyone"),
        (["AROAEXAMPLEDELETEDROLE"], "everyone"),
        ([SESSION, ROLE, ROOT], "nobody"),
        (["*"], "nobody"),
        ([ROLE, ACCOUNT], "unknown"),
        ([ROLE], "unknown"),
        ([ROOT], "everyone"),
        ([OTHER_SESSION], "everyone"),
        ([OTHER_SESSION, ROLE, ROOT], "everyone"),
        ([OTHER_SESSION, SESSION, ROLE, ROOT], "nobody"),
        ([SESSION], "unknown"),
        ([SESSION, ROOT], "unknown"),
        ([SESSION, ROLE], "unknown"),
    ],
)
def test_not_principal_spares_who_is_listed_in_full(listed: list[str], expected: str) -> None:
    assert named({"AWS": listed}, element="NotPrincipal") == expected


def test_not_principal_with_a_service_alone_spares_nobody_who_asks() -> None:
    assert named({"Service": "lambda.amazonaws.com"}, element="NotPrincipal") == "everyone"


def test_not_principal_always_denies_a_principal_that_has_a_boundary() -> None:
    everything, listed = document(statement(action="*")), {"AWS": [SESSION, ROLE, ROOT]}
    assert named(listed, element="NotPrincipal", boundary=everything) == "everyone"
    unread = frozenset({Layer.BOUNDARY})
    assert named(listed, element="NotPrincipal", unreadable_layers=unread) == "unknown"


def test_not_principal_with_allow_leaves_out_who_is_listed_boundary_or_not() -> None:
    everything = document(statement(action="*"))
    for listed, decision in (
        ([SESSION, ROLE, ROOT], "ImplicitlyDenied"),
        (["*"], "ImplicitlyDenied"),
        ([OTHER_ACCOUNT], "Allowed"),
        ([ROOT], "Undetermined"),
        ([ROLE, ROOT], "Undetermined"),
        ([OTHER_SESSION], "Undetermined"),
    ):
        allow = document(statement(NotPrincipal={"AWS": listed}))
        assert decide(resource_policy=allow, boundary=everything) == decision


@pytest.mark.parametrize(
    ("listed", "expected"),
    [([USER, ROOT], "nobody"), ([USER], "unknown"), ([ROOT], "everyone"), ([ROLE], "everyone")],
)
def test_not_principal_spares_a_user_who_is_listed_with_the_account(
    listed: list[str], expected: str
) -> None:
    assert named({"AWS": listed}, USER, element="NotPrincipal") == expected


def test_an_identity_policy_names_nobody() -> None:
    assert only(evaluate(ask(document(statement())))).principal is None


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        "",
        "lambda.amazonaws.com",
        ROOT,
        ACCOUNT,
        f"arn:aws:iam::{ACCOUNT}:role/",
        f"{SESSION}/more",
        f"{ROLE}\n",
    ],
)
def test_only_roles_sessions_and_users_may_ask(principal: str) -> None:
    with pytest.raises(MalformedRequest, match=r"^principal: expected the ARN of a role"):
        evaluate(ask(principal=principal))


def test_other_partitions_have_principals_too() -> None:
    china = SESSION.replace("arn:aws:", "arn:aws-cn:")
    assert named({"AWS": china}, china, context={}) == "caller"


UNNAMED = SESSION.removesuffix("miyabi-app")


@pytest.mark.parametrize(
    ("element", "principal", "expected"),
    [
        ("Principal", {"AWS": SESSION}, "unknown"),
        ("Principal", {"AWS": [SESSION, ROLE]}, "role"),
        ("Principal", {"AWS": f"{UNNAMED}*"}, "nobody"),
        ("Principal", {"AWS": SESSION.replace("miyabi-lambda", "other")}, "nobody"),
        ("Principal", {"AWS": ROLE}, "role"),
        ("NotPrincipal", {"AWS": [SESSION, ROLE, ROOT]}, "unknown"),
        ("NotPrincipal", {"AWS": ROOT}, "everyone"),
    ],
)
def test_a_session_whose_name_is_not_known_may_be_the_one_that_is_named(
    element: str, principal: Any, expected: str
) -> None:
    assert named(principal, UNNAMED, element) == expected


def test_what_hangs_on_the_session_s_name_says_so() -> None:
    found = evaluate(
        ask(resource_policy=document(statement(Principal={"AWS": SESSION})), principal=UNNAMED)
    )
    assert found.decision == "Undetermined"
    assert "names a session of the role" in found.missing[0]


@pytest.mark.parametrize(
    ("arn", "can_be"),
    [
        *((arn, True) for arn in (ROLE, WITH_PATH, USER, FEDERATED, SESSION)),
        *((arn, False) for arn in ("*", f"arn:aws:iam::{ACCOUNT}:policy/p", f"{ROLE}/", "")),
    ],
)
def test_somebody_may_bear_the_arn_of_a_caller_alone(arn: str, can_be: bool) -> None:
    assert is_caller(arn) is can_be


@pytest.mark.parametrize(
    ("principal", "may"),
    [(USER, True), (ACCOUNT, True), ("*", True), (ROLE, False), (OTHER_ACCOUNT, False)],
)
def test_an_element_may_name_whom_it_lists_by_arn_account_or_all(principal: str, may: bool) -> None:
    element = PrincipalElement.of([principal], is_negated=False)
    assert element.may_name(frozenset({USER}), ACCOUNT, "") is may
