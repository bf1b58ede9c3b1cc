"""Fields of the forms of a change."""

import pytest
from django.core.exceptions import ValidationError

from secrets_ui.forms.changes import MAX_ROWS, PlacesField


def test_rows_are_named_by_their_places() -> None:
    field = PlacesField(required=False, coerce=int)
    assert field.clean(["0", "7", str(MAX_ROWS - 1)]) == [0, 7, MAX_ROWS - 1]


@pytest.mark.parametrize("place", [str(MAX_ROWS), "9" * 5000, "-1", "07", "", "1\n", "１", "a"])
def test_no_other_place_is_a_row(place: str) -> None:
    with pytest.raises(ValidationError, match="not one of the available choices"):
        PlacesField(required=False, coerce=int).clean([place])
