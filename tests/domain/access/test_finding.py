"""A finding that was kept is the same when it is read again."""

import json

from secrets_ui.domain.access.finding import Finding, Part, Shown

PART = Part("StringEquals aws:PrincipalTag/team", ("ops",), "dev", False, ("a note",))


def test_a_statement_and_its_parts_survive_being_kept() -> None:
    shown = Shown("p", "identity policy", {"Effect": "Allow"}, "Condition", "why", (), (PART,))
    finding = Finding("a_check", "role", "fail", "text", shown=(shown,))
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


def test_a_statement_that_an_earlier_console_kept_has_no_parts() -> None:
    kept = {"policy": "p", "layer": "key policy", "document": {}, "marked": "", "why": ""}
    assert Shown.from_json(kept).parts == ()
