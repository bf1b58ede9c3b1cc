"""A secret under the key aws/secretsmanager: what denies kms:Decrypt is found in every layer, and
no finding asks for a change of that key's policy.
"""

from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence, Key, NotAsked
from secrets_ui.domain.access.policies import list_policies
from secrets_ui.domain.access.what_if import editable_policies, what_if
from secrets_ui.domain.secrets.secret import SecretVersion
from secrets_ui.services.access.check import judge
from secrets_ui.services.access.share import may_read
from testkit.accounts import DECRYPT
from testkit.organizations import FULL, deny, organization
from tests.checks.building import (
    ACCESS_ARN,
    CONSOLE,
    KEY_ARN,
    READER,
    SECRET,
    VERSION,
    denied,
    document,
    evidence,
    finding,
    known,
    policy,
)

MANAGED = KEY_ARN.replace("1234abcd", "aaaaaaaa")
CHECK, WARNING = "decrypt_is_allowed", "key_is_the_expected_one"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
VERSION_LISTED = SecretVersion(VERSION, ("AWSCURRENT",), kms_key_ids=("DefaultEncryptionKey",))


def managed(**changes: Any) -> AccessEvidence:
    nothing = NotAsked("a customer managed key")
    of_key = {"key_policy": nothing, "grants": nothing, "rotation": nothing}
    of_secret = {
        "secret": known(replace(SECRET, kms_key_id="")),
        "versions": known((VERSION_LISTED,)),
        "key": known(Key(MANAGED, "Enabled", "AWS")),
    }
    return evidence(**of_key | of_secret | changes)


def with_own(*statements: dict[str, Any], **changes: Any) -> AccessEvidence:
    own = {**READER.documents, "own": document("own", policy(*statements))}
    return managed(documents=own, **changes)


def failed(given: AccessEvidence) -> list[str]:
    return [found.check for found in judge(given).findings if found.status == "fail"]


def test_nothing_denies_it_and_it_says_whose_policy_was_used() -> None:
    run = judge(managed())
    assert (run.answer, failed(managed())) == ("yes", [])
    text = run.finding(CHECK).text
    assert "aws/secretsmanager, as AWS documents it, lets in its whole account" in text
    assert may_read(managed()) == (True, "")


def test_without_any_right_in_kms_it_reads_as_well() -> None:
    text = policy(*[s for s in _own_statements() if "kms:Decrypt" not in str(s)])
    documents = {**READER.documents, ACCESS_ARN: document("secrets-access", text, ACCESS_ARN)}
    assert judge(managed(documents=documents)).answer == "yes"


def _own_statements() -> list[dict[str, Any]]:
    found = next(p for p in list_policies(evidence()) if p.arn == ACCESS_ARN)
    return found.documents


@pytest.mark.parametrize(
    ("given", "check"),
    [
        (with_own(deny(DECRYPT, Sid="NoKeys")), CHECK),
        (with_own({"Effect": "Deny", "Action": "kms:*", "NotResource": KEY_ARN}), CHECK),
        (managed(boundary=document("limits", policy(ALL, deny(DECRYPT)))), "boundary_allows"),
        (
            managed(organization=organization(FULL.text, policy(deny(DECRYPT)))),
            "control_policies_allow",
        ),
        (
            managed(
                organization=organization(
                    policy({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"})
                )
            ),
            "control_policies_allow",
        ),
    ],
)
def test_what_refuses_it_is_the_one_fault_and_has_a_remedy(
    given: AccessEvidence, check: str
) -> None:
    run = judge(given)
    reader = [f for f in run.findings if f.status == "fail" and f.check != "console_may_write"]
    assert (run.answer, [found.check for found in reader]) == ("no", [check])
    [found] = reader
    assert "kms:Decrypt" in found.text
    assert str(found.error) == "AccessDeniedException: Access to KMS is not allowed"
    assert "put-key-policy" not in found.remedy.cli
    assert may_read(given) == (False, "")


def test_the_remedy_was_tried_and_spares_this_key_alone() -> None:
    found = finding(CHECK, with_own(deny(DECRYPT, Sid="NoKeys")))
    assert found.remedy.text == f"Exclude {MANAGED} from statement NoKeys of policy own."
    assert "they allow kms:Decrypt" in found.remedy.tried


def test_without_the_key_s_id_a_remedy_names_none() -> None:
    given = with_own(deny([DECRYPT, "kms:Encrypt"]), key=denied("kms:DescribeKey"))
    found = finding(CHECK, given)
    assert found.remedy.text == "Remove kms:Decrypt from statement number 1 of policy own."


@pytest.mark.parametrize(
    "given",
    [
        with_own({**deny(DECRYPT), "Resource": KEY_ARN}, key=denied("kms:DescribeKey")),
        managed(attached=denied("iam:ListAttachedRolePolicies")),
    ],
)
def test_what_depends_on_more_than_was_seen_is_not_known(given: AccessEvidence) -> None:
    run = judge(given)
    found = run.finding(CHECK)
    assert (found.status, run.answer) == ("unknown", "unknown")
    assert found.missing
    assert may_read(given)[0] is None


def test_a_boundary_that_does_not_name_the_key_limits_nothing() -> None:
    """Its policy lets in everybody by `*`, which no boundary limits."""
    reads = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    assert judge(managed(boundary=document("limits", policy(reads)))).answer == "yes"


def test_no_rcp_applies_to_the_key() -> None:
    rcps = (policy(deny("kms:*", Principal="*")),)
    given = managed(organization=organization(FULL.text, rcps=rcps))
    assert (judge(given).answer, failed(given)) == ("yes", [])


@pytest.mark.parametrize("action", ["kms:GenerateDataKey", "kms:Decrypt"])
def test_the_console_that_is_denied_the_key_may_not_write(action: str) -> None:
    own = {**CONSOLE.documents, "own": document("own", policy(deny(action, Sid="NoKeys")))}
    found = finding("console_may_write", managed(console=replace(CONSOLE, documents=own)))
    assert (found.status, action in found.text) == ("fail", True)
    assert [shown.document["Sid"] for shown in found.shown] == ["NoKeys"]
    # An Allow would change nothing.
    assert found.missing == ""
    assert "kms:GenerateDataKey" in finding("console_may_write", managed()).text


def test_what_if_judges_the_key_and_does_not_offer_its_policy() -> None:
    given = managed(key_policy=known(policy(ALL)))
    assert "key" not in [found.location for found in editable_policies(given)]
    denies = policy(*_own_statements(), deny(DECRYPT))
    *_, decrypt = what_if(given, f"identity:{ACCESS_ARN}", denies)
    assert (decrypt.before.truth, decrypt.after.truth, decrypt.changes) == (True, False, True)
