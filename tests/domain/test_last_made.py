"""What is made again, and what is not: only the same is kept, and only so much of it."""

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.last_made import LastMade

KEYS = st.integers(0, 3)
MADE_OF = st.tuples(st.integers(0, 2), st.integers(0, 2))


def test_the_same_is_made_once_and_anything_else_anew() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("made")
        return f"result {len(made)}"

    last = LastMade[str](10)
    assert [last.of("a", (1, [2]), make) for _ in range(2)] == ["result 1"] * 2
    assert last.of("a", (1, [3]), make) == "result 2"
    # Of what it was before it has to be made again: one result is kept under a key.
    assert last.of("a", (1, [2]), make) == "result 3"


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    last, made = LastMade[None](2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        last.of(key, (), lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]


@given(st.lists(st.tuples(KEYS, MADE_OF)), st.integers(1, 3))
def test_it_always_gives_what_would_be_made_now(
    asked: list[tuple[int, tuple[int, int]]], most: int
) -> None:
    last = LastMade[object](most)
    for key, made_of in asked:
        assert last.of(key, made_of, lambda: (key, made_of)) == (key, made_of)  # noqa: B023
