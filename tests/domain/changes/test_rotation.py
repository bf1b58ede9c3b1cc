"""The next step of a rotation follows from what is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.changes.rotation import STEPS, Held, Progress, Step

every_progress = st.builds(
    Progress,
    st.sampled_from(Held),
    st.sampled_from([None, "ok", "warn", "bad", "mute"]),
    is_arrived=st.booleans(),
    is_over=st.booleans(),
)


@pytest.mark.parametrize(
    ("progress", "step"),
    [
        (Progress(Held.OLD), Step.GET),
        (Progress(Held.OLD, is_arrived=True), Step.GET),
        (Progress(Held.GONE), Step.GET),
        (Progress(Held.UNKNOWN), Step.GET),
        (Progress(Held.OPEN), Step.SAVE),
        (Progress(Held.WAITING), Step.SAVE),
        (Progress(Held.NEW), Step.ARRIVE),
        (Progress(Held.NEW, "mute"), Step.ARRIVE),
        (Progress(Held.NEW, "warn"), Step.ARRIVE),
        (Progress(Held.NEW, "bad"), Step.TRY),
        (Progress(Held.NEW, "bad", is_arrived=True), Step.TRY),
        (Progress(Held.NEW, "ok", is_arrived=True), Step.REVOKE),
        (Progress(Held.OLD, is_over=True), None),
    ],
    ids=str,
)
def test_the_step_to_be_made_now(progress: Progress, step: Step | None) -> None:
    assert progress.step is step


@given(every_progress)
def test_one_step_is_to_be_made_and_all_before_it_are_done(progress: Progress) -> None:
    states = [progress.state_of(step) for step in STEPS]
    assert states == sorted(states, key=["done", "now", "later"].index)
    assert states.count("now") == (not progress.is_over)


@given(every_progress)
def test_an_old_value_is_revoked_only_where_another_one_is_current_and_not_refused(
    progress: Progress,
) -> None:
    if progress.step is Step.REVOKE:
        assert progress.held is Held.NEW
        assert progress.new_level != "bad"
        assert progress.is_arrived
