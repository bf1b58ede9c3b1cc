"""A pasted error: the checks that explain it, and where the evidence says otherwise."""

import pytest

from secrets_ui.domain.people.actor import Actor
from secrets_ui.services.access.explain_error import explain_error
from tests.conftest import MakeEstate

pytestmark = pytest.mark.django_db
KMS = "AccessDeniedException: Access to KMS is not allowed"


def test_it_leads_to_the_finding_that_explains_it(make_estate: MakeEstate, hana: Actor) -> None:
    estate = make_estate(clean=False, only=("staging",))
    result = explain_error(estate.environments["staging"], "miyabi/staging/api-keys", hana, KMS)
    assert (result.findings[0].check, result.findings[0].status) == ("decrypt_is_allowed", "fail")
    assert result.contradictions == ()


def test_it_says_so_when_the_fault_is_gone(make_estate: MakeEstate, hana: Actor) -> None:
    estate = make_estate(only=("staging",))
    result = explain_error(estate.environments["staging"], "miyabi/staging/api-keys", hana, KMS)
    assert "put right since" in result.contradictions[0]


def test_a_text_that_nobody_knows_has_no_findings(make_estate: MakeEstate, hana: Actor) -> None:
    estate = make_estate(only=("dev",))
    assert (
        explain_error(estate.environments["dev"], "miyabi/dev/api-keys", hana, "hello").findings
        == ()
    )


def test_it_ends_with_what_passes_and_what_fails_now(make_estate: MakeEstate, hana: Actor) -> None:
    estate = make_estate(clean=False, only=("staging",))

    def verdict(text: str) -> str:
        name = "miyabi/staging/api-keys"
        return explain_error(estate.environments["staging"], name, hana, text).verdict

    assert verdict(KMS).startswith("Of what this error speaks of, failing now: kms:Decrypt denied")
    gone = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    assert verdict(gone).startswith("All that this error speaks of passes now; failing now: ")
    assert "kms:Decrypt denied" in verdict(gone)
    assert verdict("hello") == ""
