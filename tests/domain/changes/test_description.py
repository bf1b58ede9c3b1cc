"""A secret's description and tags: the steps to what is wanted, and what AWS shows of each."""

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.changes.description import (
    Description,
    Part,
    Step,
    digest_of,
    is_done,
    own_tags,
    steps,
)
from secrets_ui.domain.secrets.secret import Secret

NAMES = st.sampled_from(["a", "b", "description", "aws:x"])
TAGS = st.dictionaries(NAMES, st.sampled_from(["", "1", "2"]))
TEXTS = st.sampled_from(["", "x", "y"])


def secret(text: str, tags: dict[str, str]) -> Secret:
    return Secret("arn", "name", description=text, tags=tags)


def taken(before: Secret, step: Step) -> Secret:
    """The secret after a step, as AWS carries it out."""
    if step.part == "description":
        return secret(str(step.to["description"]), dict(before.tags))
    tags = {**before.tags, **step.to}
    return secret(before.description, {k: v for k, v in tags.items() if v is not None})


@given(TEXTS, TAGS, TEXTS, TAGS)
def test_the_steps_lead_to_what_is_wanted_and_each_is_told_by_what_is_there(
    was: str, tags: dict[str, str], text: str, new: dict[str, str]
) -> None:
    now = secret(was, tags)
    wanted = {name: value for name, value in new.items() if not name.startswith("aws:")}
    for step in [*steps(now, Description("name", text, wanted, digest_of(now)))]:
        assert is_done(now, step.part, step.to, step.was) is False
        now = taken(now, step)
        assert is_done(now, step.part, step.to, step.was) is True
    assert (now.description, own_tags(now)) == (text, wanted)
    # AWS's own tags stay.
    assert now.tags.get("aws:x") == tags.get("aws:x")
    assert not [*steps(now, Description("name", text, wanted, ""))]


def test_what_somebody_else_made_of_it_is_neither() -> None:
    now = secret("theirs", {"description": "mine"})
    part: Part = "description"
    assert is_done(now, part, {"description": "mine"}, {"description": "before"}) is None
    assert is_done(now, "tags", {"description": "mine"}, {"description": None}) is True


def test_a_digest_tells_any_change_of_what_people_may_change() -> None:
    one = secret("x", {"a": "1"})
    assert digest_of(one) == digest_of(secret("x", {"aws:x": "2", "a": "1"}))
    others = [secret("y", {"a": "1"}), secret("x", {"a": "2"}), secret("x", {})]
    assert digest_of(one) not in map(digest_of, others)
