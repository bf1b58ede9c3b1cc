"""Whether the three policies are attached."""

from tests.checks.building import (
    ACCESS_ARN,
    BASIC,
    GITHUB,
    MISSING,
    READER,
    ROOT,
    document,
    evidence,
    finding,
    known,
    policy,
)


def without(arn: str, **more: object) -> object:
    documents = {name: found for name, found in READER.documents.items() if name != arn}
    return evidence(attached=known(tuple(documents)), documents=documents, **more)


def test_the_three_pass() -> None:
    assert finding("policies_are_attached", evidence()).status == "pass"


def test_without_the_secrets_policy_it_fails_and_the_answer_hangs_on_it() -> None:
    found = finding(
        "policies_are_attached",
        without(ACCESS_ARN, unattached={ACCESS_ARN: READER.documents[ACCESS_ARN]}),
    )
    assert (found.status, found.weight) == ("fail", "decides")
    assert found.remedy.cli == (
        f"aws iam attach-role-policy --role-name miyabi-lambda-execution --policy-arn {ACCESS_ARN}"
    )
    assert "they allow secretsmanager:GetSecretValue" in found.remedy.tried


def test_a_policy_that_does_not_exist_any_more_is_made_first() -> None:
    found = finding("policies_are_attached", without(ACCESS_ARN, unattached={ACCESS_ARN: MISSING}))
    assert found.remedy.cli.startswith(
        "aws iam create-policy --policy-name miyabi-lambda-secrets-access "
    )


def test_where_others_allow_the_same_it_is_a_warning() -> None:
    everything = document("all", policy({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    documents = {
        BASIC: READER.documents[BASIC],
        GITHUB: READER.documents[GITHUB],
        "all": everything,
    }
    found = finding(
        "policies_are_attached", evidence(attached=known((BASIC, GITHUB)), documents=documents)
    )
    assert found.status == "warn"


def test_where_others_allow_the_read_and_not_the_key_it_fails() -> None:
    reads = document(
        "reads", policy({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"})
    )
    documents = {BASIC: READER.documents[BASIC], GITHUB: READER.documents[GITHUB], "reads": reads}
    found = finding(
        "policies_are_attached",
        evidence(
            attached=known((BASIC, GITHUB)), documents=documents, key_policy=known(policy(ROOT))
        ),
    )
    assert (found.status, found.decides) == ("fail", True)


def test_without_another_of_the_three_it_fails_and_the_read_does_not_hang_on_it() -> None:
    found = finding("policies_are_attached", without(GITHUB))
    assert (found.status, found.weight) == ("fail", "matters")
