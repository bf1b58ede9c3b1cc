"""What a message says of a change."""

from secrets_ui.domain.status.messages import LONGEST, NAMED, ChangeMessage


def message(*keys: str) -> ChangeMessage:
    return ChangeMessage(
        topic="changes",
        mark="*",
        environment="dev",
        secret="miyabi/dev/config",
        what="Saved",
        by="hana",
        proposed_by="hana",
        keys=keys,
        reason="",
        at="2026-11-29T10:00:00+00:00",
        record=7,
    )


def test_many_keys_are_counted_and_the_name_of_a_long_one_is_cut() -> None:
    said = message("A\nB", "x" * 60_000, *(f"K{n}" for n in range(NAMED)))
    text, keys = said.describe(), said.to_json()["keys"]
    assert keys[:2] == ["A B", "x" * LONGEST + "…"]
    assert len(keys) == NAMED
    assert "and 2 more." in text
    assert len(text) < 1000
