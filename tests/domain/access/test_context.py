"""The request context of a running Lambda: what is known, what is present, and what is unknown."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.checks.access import CHECKS
from secrets_ui.domain.access.context import lambda_caller
from secrets_ui.domain.access.evidence import AccessEvidence, Known
from secrets_ui.domain.access.expected_policies import expected_arns, role_arn
from secrets_ui.domain.access.network import VpcConfig
from secrets_ui.domain.access.path import ask_decrypt, ask_read
from secrets_ui.domain.access.policies import list_policies
from secrets_ui.domain.iam import Decision, Grant
from tests.checks.building import (
    KEY_ARN,
    MISSING,
    READ,
    READER,
    SECRET,
    SECRET_ARN,
    VERSION,
    evidence,
    key_statement,
    known,
    with_statement,
)
from tests.checks.networking import ENDPOINT, NAT, VPC, endpoint, in_vpc, network, table

CLEAN = evidence()


def in_china() -> AccessEvidence:
    """A clean account in Beijing, where nothing is named in the partition aws."""
    clean = evidence()
    region = replace(clean.environment, region="cn-north-1")

    def moved(found: Any) -> Any:
        return json.loads(
            json.dumps(found).replace("arn:aws:", "arn:aws-cn:").replace("us-west-2", "cn-north-1")
        )

    documents = {
        moved(arn): replace(found, value=replace(found.value, text=moved(found.value.text)))
        for arn, found in READER.documents.items()
        if isinstance(found, Known)
    }
    key = known(replace(clean.key.value, arn=moved(clean.key.value.arn)))
    secret = replace(
        clean.secret.value,
        arn=moved(clean.secret.value.arn),
        kms_key_id=key.value.arn,
        primary_region="cn-north-1",
    )
    return replace(
        clean,
        environment=region,
        role=MISSING,
        documents=documents,
        attached=known(tuple(documents)),
        secret=known(secret),
        versions=known(()),
        key=key,
        alias=key,
        key_policy=known(moved(clean.key_policy.value)),
    )


def test_in_another_partition_the_lambda_can_read() -> None:
    given = in_china()
    assert lambda_caller(given).arn.startswith("arn:aws-cn:sts::111111111111:assumed-role/")
    assert ask_read(given, READ).is_allowed
    assert ask_decrypt(given).is_allowed


def test_in_another_partition_no_arn_is_of_the_first() -> None:
    given = replace(in_china(), documents={}, attached=known(()), key_policy=known("{}"))
    texts = [policy.text for policy in list_policies(given) if "console" not in policy.location]
    findings = [module.check(given) for module in CHECKS]
    remedies = [
        f"{found.remedy.terraform} {found.remedy.cli} {found.text}"
        for found in findings
        if found.remedy and found.check != "console_may_write"
    ]
    assert remedies
    arns = [*expected_arns(given.environment), role_arn(given.environment)]
    assert not [text for text in [*texts, *remedies, *arns] if "arn:aws:" in text]
    assert any("arn:aws-cn:" in text for text in remedies)


def denied_when(**condition: dict[str, Any]) -> AccessEvidence:
    return with_statement(Effect="Deny", Action="*", Resource="*", Condition=condition)


def connected(given: AccessEvidence, vpc: str) -> AccessEvidence:
    return replace(given, function=known(replace(given.function.value, vpc=VpcConfig(vpc))))


def decisions(given: AccessEvidence) -> set[Decision]:
    answers = [ask_read(given, READ), ask_decrypt(given)]
    return {answer.evaluation.decision for answer in answers if answer.evaluation}


ALLOWED, DENIED = {Decision.ALLOWED}, {Decision.EXPLICITLY_DENIED}
OPEN = {Decision.UNDETERMINED}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # Every request with temporary credentials has the time of its token.
        ({"Null": {"aws:TokenIssueTime": "true"}}, ALLOWED),
        ({"Null": {"aws:TokenIssueTime": "false"}}, DENIED),
        ({"DateLessThan": {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"}}, OPEN),
        # AWS does not say whether a service's session has the keys of a second factor.
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, OPEN),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, OPEN),
        ({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}, OPEN),
        # The function is connected to no VPC, so that it uses no endpoint of one.
        ({"Null": {"aws:SourceVpc": "true"}}, DENIED),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, DENIED),
        ({"StringNotEqualsIfExists": {"aws:VpceOrgID": "o-example"}}, DENIED),
        ({"StringEquals": {"aws:VpceAccount": "999999999999"}}, ALLOWED),
        ({"StringEquals": {"aws:SourceIp": "203.0.113.7"}}, OPEN),
    ],
)
def test_what_the_context_of_a_running_lambda_holds(
    condition: dict[str, dict[str, Any]], expected: set[Decision]
) -> None:
    assert decisions(denied_when(**condition)) == expected


@pytest.mark.parametrize(
    "key", ["SourceVpc", "SourceVpce", "VpcSourceIp", "VpceAccount", "VpceOrgID", "VpceOrgPaths"]
)
@pytest.mark.parametrize("operator", ["StringNotEquals", "StringEquals", "StringNotLikeIfExists"])
def test_through_which_endpoint_a_function_in_a_vpc_calls_is_unknown(
    key: str, operator: str
) -> None:
    given = denied_when(**{operator: {f"aws:{key}": "x"}})
    assert decisions(connected(given, "vpc-1a2b3c4d")) == OPEN


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ({"StringEquals": {"aws:SourceVpce": ENDPOINT}}, DENIED),
        ({"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}, ALLOWED),
        ({"StringNotEquals": {"aws:SourceVpc": VPC}}, ALLOWED),
        ({"Null": {"aws:VpcSourceIp": "true"}}, ALLOWED),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}}, OPEN),
        # Such a call has none, so a Deny of all other addresses applies.
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, DENIED),
        ({"StringNotEquals": {"aws:VpceOrgID": "o-1"}}, OPEN),
    ],
)
def test_through_an_endpoint_a_read_has_its_keys_and_the_kms_hop_might(
    condition: dict[str, dict[str, Any]], read: set[Decision]
) -> None:
    given = in_vpc(network(endpoint()), denied_when(**condition))
    answers = ask_read(given, READ), ask_decrypt(given)
    found = [{answer.evaluation.decision} for answer in answers if answer.evaluation]
    assert found == [read, OPEN]


@pytest.mark.parametrize("key", ["SourceVpc", "SourceVpce", "VpcSourceIp", "VpceAccount"])
def test_through_a_nat_gateway_there_is_no_key_of_an_endpoint(key: str) -> None:
    around = network(tables=(table(("0.0.0.0/0", NAT)),))
    assert decisions(in_vpc(around, denied_when(Null={f"aws:{key}": "true"}))) == DENIED


def test_where_a_function_runs_that_may_not_be_asked_is_unknown() -> None:
    given = denied_when(Null={"aws:SourceVpc": "true"})
    assert decisions(replace(given, function=MISSING)) == OPEN


@pytest.mark.parametrize("key", ["CalledVia", "CalledViaFirst", "CalledViaLast"])
def test_that_kms_is_called_via_secrets_manager_is_not_asserted(key: str) -> None:
    through = {"ForAnyValue:StringEquals": {f"aws:{key}": "secretsmanager.amazonaws.com"}}
    answer = ask_decrypt(key_statement(Condition=through))
    assert answer.evaluation.decision is Decision.UNDETERMINED
    read = ask_read(denied_when(Null={f"aws:{key}": "false"}), READ)
    assert read.is_allowed


def test_the_alias_that_the_key_was_found_by_is_known() -> None:
    ours = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/miyabi-secrets"}}
    assert ask_decrypt(key_statement(Condition=ours)).is_allowed
    # There may be others.
    other = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/other"}}
    answer = ask_decrypt(key_statement(Condition=other))
    assert answer.evaluation.decision is Decision.UNDETERMINED
    only = {"ForAllValues:StringEquals": {"kms:ResourceAliases": "alias/other"}}
    refused = ask_decrypt(key_statement(Condition=only))
    assert refused.evaluation.decision is Decision.IMPLICITLY_DENIED


def test_an_alias_of_another_key_says_nothing_of_this_one() -> None:
    ours = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/miyabi-secrets"}}
    given = key_statement(Condition=ours)
    moved = known(replace(given.alias.value, arn=KEY_ARN.replace("1234abcd", "ffffffff")))
    answer = ask_decrypt(replace(given, alias=moved))
    assert answer.evaluation.decision is Decision.UNDETERMINED


KEYS = ("kms:EncryptionContext:SecretARN", "kms:EncryptionContext:SecretVersionId")
TEXTS = (SECRET_ARN, f"{SECRET_ARN[:-6]}??????", f"{SECRET_ARN[:-7]}*", VERSION, "b" * 64, "*")
OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnLike")
COMPARED = st.tuples(
    st.tuples(st.sampled_from(OPERATORS), st.sampled_from(("", "IfExists"))).map("".join),
    st.sampled_from(KEYS),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2),
)
PRESENT = st.tuples(
    st.just("Null"),
    st.sampled_from((*KEYS, "kms:RequestAlias")),
    st.sampled_from(("true", "false")),
)
CONDITIONS = st.lists(COMPARED | PRESENT, min_size=1, max_size=2).map(
    lambda found: {operator: {key: wanted} for operator, key, wanted in found}
)
LATER = {"c" * 64: ("AWSCURRENT",)}


@settings(max_examples=60, deadline=None)
@given(CONDITIONS, st.sampled_from(("Allow", "Deny")))
def test_what_is_decided_without_the_secret_holds_for_every_secret_that_it_could_be(
    condition: dict[str, Any], effect: str
) -> None:
    """Whatever a key policy makes of the encryption context."""
    whole = json.loads(CLEAN.key_policy.value)
    whole["Statement"].append(
        {"Effect": effect, "Principal": "*", "Action": "kms:*", "Resource": "*"}
        | {"Condition": condition}
    )
    if effect == "Allow":
        whole["Statement"] = whole["Statement"][-1:]
    policy = replace(CLEAN, key_policy=known(json.dumps(whole)))
    decided = ask_decrypt(replace(policy, secret=MISSING)).truth
    named = [SECRET, replace(SECRET, versions=LATER), replace(SECRET, arn=f"{SECRET_ARN[:-1]}x")]
    found = {ask_decrypt(replace(policy, secret=known(secret))).truth for secret in named}
    assert decided is None or found == {decided}


SESSION = "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/{}"
BY_ID = {"aws:userid": "AROAEXAMPLEROLE123456:{}"}


@pytest.mark.parametrize(
    ("members", "is_decrypted"),
    [
        ({"Principal": {"AWS": SESSION}}, True),
        ({"Condition": {"StringEquals": BY_ID}}, True),
        ({"Condition": {"StringLike": {"aws:userid": "*:{}"}}}, True),
        # Of a session, aws:PrincipalArn is the role's ARN.
        ({"Condition": {"ArnEquals": {"aws:PrincipalArn": SESSION}}}, False),
    ],
)
def test_a_policy_that_names_a_session_means_that_of_the_function(
    members: dict[str, Any], is_decrypted: bool
) -> None:
    def named(session: str) -> AccessEvidence:
        return key_statement(**json.loads(json.dumps(members).replace("{}", session)))

    ours, other = named("miyabi-app"), named("somebody-else")
    assert ask_decrypt(ours).truth is is_decrypted
    assert ask_decrypt(other).truth is False
    # Without the function, what its session is called is not known either.
    unseen = [ask_decrypt(replace(given, function=MISSING)).truth for given in (ours, other)]
    assert unseen == ([None, None] if is_decrypted else [False, False])


def test_a_grant_to_a_session_is_one_to_the_function_where_it_bears_its_name() -> None:
    def granted(session: str) -> AccessEvidence:
        grant = {"GrantId": "g", "GranteePrincipal": SESSION.format(session)}
        return replace(
            key_statement(Principal={"AWS": "arn:aws:iam::111111111111:role/somebody"}),
            grants=known((Grant.of({**grant, "Operations": ["Decrypt"]}),)),
        )

    assert ask_decrypt(granted("miyabi-app")).is_allowed
    assert ask_decrypt(granted("other")).truth is False
    assert ask_decrypt(replace(granted("miyabi-app"), function=MISSING)).truth is None
