"""The names of pins, and when a secret takes one."""

import pytest

from secrets_ui.domain.errors import InvalidChange
from secrets_ui.domain.secrets.pins import pin_label, pin_name, why_not_pinned
from secrets_ui.domain.secrets.secret import MAX_LABELS, Secret, why_not_editable


def holding(labels: int) -> Secret:
    """A secret with so many labels."""
    others = tuple(f"LABEL-{number}" for number in range(labels - 2))
    return Secret("arn", "s", versions={"v2": ("AWSCURRENT",), "v1": ("AWSPREVIOUS", *others)})


@pytest.mark.parametrize("name", ["good", "before-2.0_x", "0", "a" * 60])
def test_the_label_of_a_pin_leads_back_to_its_name(name: str) -> None:
    assert pin_name(pin_label(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "a b", "-x", "a" * 61, "ä", "x\n", "a/b"),
        *("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "awspending"),
        *("MIYABI-EDIT-0", "MIYABI-PROPOSAL-0", "MIYABI-PIN-good", "Miyabi"),
    ],
)
def test_other_names_and_those_of_labels_in_use_are_refused(name: str) -> None:
    with pytest.raises(InvalidChange) as refused:
        pin_label(name)
    assert refused.value.key == "name"


@pytest.mark.parametrize("label", ["AWSCURRENT", "MIYABI-EDIT-good", "good"])
def test_other_labels_are_no_pins(label: str) -> None:
    assert pin_name(label) == ""


def test_pins_leave_room_for_an_edit() -> None:
    secret = holding(MAX_LABELS - 2)
    assert "18 staging labels of 20" in why_not_pinned(secret, pin_label("good"))
    assert why_not_pinned(holding(MAX_LABELS - 3), pin_label("good")) == ""
    assert why_not_editable(secret) == ""
    # A label that only moves takes no more room.
    assert why_not_pinned(secret, "LABEL-0") == ""
