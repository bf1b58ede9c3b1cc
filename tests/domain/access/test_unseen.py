"""What an answer goes without is said with it: in the run, in JSON, and not in older runs."""

import json

from secrets_ui.domain.access.run import Run
from secrets_ui.domain.access.unseen import not_seen
from secrets_ui.services.access.check import judge
from testkit.organizations import FULL, organization
from tests.checks.building import MISSING, denied, evidence


def test_each_answer_says_it_of_the_organization_the_session_and_the_network() -> None:
    control, session, network = judge(evidence()).not_seen
    assert control == "The account is in no organization, so no SCPs or RCPs limit it."
    assert session.endswith("is taken to be called miyabi-app, with no policy of its own.")
    assert "network ACLs" in network
    seen = not_seen(evidence(organization=organization(FULL.text)))
    assert "are part of each answer" in seen[0]
    refused = denied("organizations:DescribeOrganization")
    assert "lacks organizations:DescribeOrganization" in not_seen(evidence(organization=refused))[0]
    unknown = not_seen(evidence(function=MISSING))
    assert unknown[1] == "What the function’s session is called is not known."


def test_it_is_kept_with_a_run_and_an_older_run_has_none() -> None:
    run = judge(evidence())
    kept = json.loads(json.dumps(run.to_json()))
    assert Run.from_json(kept) == run
    del kept["not_seen"]
    assert Run.from_json(kept).not_seen == ()
