"""Whether AWS's simulator says the same."""

from secrets_ui.domain.access.evidence import Simulated
from secrets_ui.services.access.check import judge
from tests.checks.building import READ, denied, evidence, finding, known, secrets_statement

CHECK = "simulator_agrees"


def test_it_passes_with_both_answers_side_by_side() -> None:
    assert f"{READ}: simulator allowed, this console Allowed" in finding(CHECK, evidence()).text


def test_a_difference_is_a_loud_warning_that_the_headline_tells() -> None:
    run = judge(evidence(simulated=known((Simulated(READ, "explicitDeny", ("aws:SourceIp",)),))))
    found = run.finding(CHECK)
    assert (found.status, found.short) == ("warn", "simulator disagrees")
    assert "without knowing aws:SourceIp" in found.text
    assert "differ" in run.headline


def test_two_that_deny_alike_agree() -> None:
    documents = secrets_statement("ReadSecrets", Action="secretsmanager:DescribeSecret").documents
    found = finding(
        CHECK, evidence(documents=documents, simulated=known((Simulated(READ, "implicitDeny"),)))
    )
    assert found.status == "pass"


def test_a_service_control_policy_is_told_since_nothing_else_here_can_see_it() -> None:
    simulated = known((Simulated(READ, "implicitDeny", allowed_by_organizations=False),))
    assert "service control policy" in finding(CHECK, evidence(simulated=simulated)).text


def test_where_ours_is_not_certain_there_is_nothing_to_differ_from() -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    documents = secrets_statement("ReadSecrets", Condition=condition).documents
    found = finding(
        CHECK, evidence(documents=documents, simulated=known((Simulated(READ, "implicitDeny"),)))
    )
    assert found.status == "pass"


def test_not_allowed_to_ask_it_is_unknown_with_the_statement_to_add() -> None:
    role = "arn:aws:iam::111111111111:role/miyabi-lambda-execution"
    found = finding(CHECK, evidence(simulated=denied("iam:SimulatePrincipalPolicy", role)))
    assert (found.status, found.weight) == ("unknown", "second opinion")
    assert role in found.missing
