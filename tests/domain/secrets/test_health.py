"""health: faults come first, what nobody looked at is never healthy, order does not matter."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.health import (
    KeyState,
    StateCode,
    deletion_text,
    key_states,
    secret_state,
)
from secrets_ui.domain.secrets.secret import AWSCURRENT, AWSPREVIOUS, Secret

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SECRET = Secret("arn", "miyabi/dev/api-keys", versions={"v1": (AWSCURRENT,)})
ERROR = ("error", "github_format", "is not a GitHub token")
HINT = ("warning", "trailing_newline", "ends in a line break")


def spec(**keys: KeySpec) -> SecretSpec:
    return SecretSpec("api-keys", keys=keys)


def facts(*keys: KeyFacts, version: str = "v1") -> VersionFacts:
    return VersionFacts(version, "object", keys)


def state_of(key: KeySpec, found: KeyFacts | None, **others: VersionFacts | None) -> KeyState:
    return key_states(spec(**{key.name: key}), facts(*([found] if found else [])), others)[0]


KEY = KeySpec("K", required=True)
SET = KeyFacts("K", "aaaa")


@pytest.mark.parametrize(
    ("key", "found", "kind", "level"),
    [
        (KEY, SET, "set", "ok"),
        (KEY, None, "missing", "bad"),
        (KeySpec("K"), None, "absent", "mute"),
        (KEY, KeyFacts("K", "aaaa", type="list"), "wrong", "bad"),
        (KEY, KeyFacts("K", "aaaa", problems=(ERROR,)), "wrong", "bad"),
        (KEY, KeyFacts("K", "aaaa", placeholder=True), "placeholder", "warn"),
        (KEY, KeyFacts("K", "aaaa", placeholder=True, problems=(ERROR,)), "wrong", "bad"),
        (KEY, KeyFacts("K", "aaaa", empty=True), "empty", "bad"),
        (KeySpec("K"), KeyFacts("K", "aaaa", empty=True), "empty", "warn"),
        (KEY, KeyFacts("K", "aaaa", problems=(HINT,)), "set", "warn"),
    ],
)
def test_the_state_of_a_key_is_its_worst_fault(
    key: KeySpec, found: KeyFacts | None, kind: str, level: str
) -> None:
    state = state_of(key, found)
    assert (state.kind, state.state.level) == (kind, level)


@pytest.mark.parametrize(
    ("rule", "other", "kind", "text"),
    [
        ("must_differ", "aaaa", "shared", "Same as prod"),
        ("must_differ", "bbbb", "set", "Set"),
        ("must_match", "bbbb", "differs", "Differs from prod"),
        ("must_match", "aaaa", "set", "Set"),
        ("any", "aaaa", "set", "Set"),
        ("any", "bbbb", "set", "Set"),
    ],
)
def test_a_key_is_compared_with_other_environments_where_the_catalogue_asks_for_it(
    rule: Any, other: str, kind: str, text: str
) -> None:
    state = state_of(KeySpec("K", between_environments=rule), SET, prod=facts(KeyFacts("K", other)))
    assert (state.kind, state.state.text) == (kind, text)


@pytest.mark.parametrize("rule", ["must_differ", "must_match"])
def test_a_comparison_that_could_not_be_made_is_told(rule: Any) -> None:
    state = state_of(KeySpec("K", between_environments=rule), SET, prod=None, staging=facts())
    assert state.state.hint == "free text; not compared with prod, where nobody has looked yet"


@pytest.mark.parametrize(
    ("found", "is_set"),
    [
        (SET, True),
        (KeyFacts("K", "a", placeholder=True), False),
        (KeyFacts("K", "a", empty=True), False),
        (None, False),
    ],
)
def test_a_key_counts_as_set_when_it_holds_something_real(
    found: KeyFacts | None, is_set: bool
) -> None:
    assert state_of(KEY, found).is_set is is_set


def test_a_key_outside_the_catalogue_is_unexpected_unless_the_whole_secret_is() -> None:
    odd = KeyFacts("ODD", "cccc")
    assert [key.kind for key in key_states(spec(K=KEY), facts(SET, odd), {})] == [
        "set",
        "unexpected",
    ]
    assert [key.kind for key in key_states(spec(), facts(SET, odd), {})] == ["set", "set"]
    assert [
        key.kind for key in key_states(spec(), facts(KeyFacts("K", "a", placeholder=True)), {})
    ] == ["placeholder"]


def test_what_is_no_object_has_no_keys() -> None:
    assert key_states(spec(K=KEY), VersionFacts("v1", "not_json"), {}) == ()


# Everything that key_states may be given.
FOUND = st.builds(
    KeyFacts,
    name=st.sampled_from(["A", "B", "C", "D"]),
    fingerprint=st.sampled_from(["aaaa", "bbbb"]),
    type=st.sampled_from(["string", "string", "number"]),
    placeholder=st.booleans(),
    empty=st.booleans(),
    problems=st.sampled_from([(), (), (ERROR,), (HINT,)]),
)
VERSIONS = st.lists(FOUND, max_size=4, unique_by=lambda key: key.name).map(
    lambda keys: facts(*keys)
)
SPECS = st.lists(
    st.builds(
        KeySpec,
        name=st.sampled_from(["A", "B", "C"]),
        required=st.booleans(),
        between_environments=st.sampled_from(["must_differ", "must_match", "any"]),
    ),
    max_size=3,
    unique_by=lambda key: key.name,
).map(lambda keys: spec(**{key.name: key for key in keys}))
OTHERS = st.dictionaries(st.sampled_from(["staging", "prod"]), st.one_of(st.none(), VERSIONS))


@given(SPECS, VERSIONS, OTHERS, st.randoms(use_true_random=False))
def test_the_order_of_keys_and_environments_does_not_matter(
    wanted: SecretSpec, found: VersionFacts, others: dict[str, Any], chance: random.Random
) -> None:
    def result(keys: tuple[KeyState, ...]) -> Any:
        whole = secret_state(SECRET, found, keys, NOW)
        hint = sorted(whole.hint.split())  # it names environments in the order of their file
        states = sorted((key.name, key.kind, key.state.level) for key in keys)
        return states, whole.code, whole.level, whole.text, hint

    def shuffled(items: Any) -> list[Any]:
        return chance.sample(list(items), len(items))

    other_order = key_states(
        spec(**dict(shuffled(wanted.keys.items()))),
        facts(*shuffled(found.keys)),
        dict(shuffled(others.items())),
    )
    assert result(key_states(wanted, found, others)) == result(other_order)


@given(SPECS, VERSIONS, OTHERS)
def test_a_secret_is_healthy_only_when_every_key_is_and_was_compared(
    wanted: SecretSpec, found: VersionFacts, others: dict[str, Any]
) -> None:
    keys = key_states(wanted, found, others)
    state = secret_state(SECRET, found, keys, NOW)

    are_fine = all(key.state.level in ("ok", "mute") for key in keys)
    are_compared = not any(key.uncompared for key in keys)
    assert (state.code is StateCode.HEALTHY) is (are_fine and are_compared)
    assert (state.code is StateCode.NOT_COMPARED) is (are_fine and not are_compared)
    assert (state.level == "ok") is (state.code is StateCode.HEALTHY)
    assert {key.name for key in keys} == set(wanted.keys) | {key.name for key in found.keys}


@given(SPECS, VERSIONS, OTHERS, st.sampled_from(["", "AccessDeniedException: not allowed"]))
def test_a_secret_that_nobody_looked_at_is_never_healthy(
    wanted: SecretSpec, found: VersionFacts, others: dict[str, Any], why: str
) -> None:
    state = secret_state(SECRET, None, key_states(wanted, found, others), NOW, why)

    assert state.level == "mute"
    assert state.text == ("Could not check" if why else "Not checked yet")
    assert state.hint == (why or "open it to check")


@pytest.mark.parametrize(
    ("secret", "found", "level", "text"),
    [
        (
            Secret("arn", "n", versions={"v1": (AWSCURRENT,)}, deleted=NOW + timedelta(days=7)),
            facts(SET),
            "bad",
            "Deletion in 7 days",
        ),
        (
            Secret("arn", "n", versions={"v1": (AWSPREVIOUS,)}),
            facts(SET),
            "bad",
            "No current version",
        ),
        (Secret("arn", "n"), None, "bad", "No current version"),
        (SECRET, VersionFacts("v1", "binary"), "mute", "Binary"),
        (SECRET, VersionFacts("v1", "not_object", problem="why"), "bad", "Not a JSON object"),
        (SECRET, VersionFacts("v1", "not_json", problem="why"), "bad", "Not JSON"),
    ],
)
def test_a_state_of_the_whole_secret_comes_before_its_keys(
    secret: Secret, found: VersionFacts | None, level: str, text: str
) -> None:
    state = secret_state(secret, found, (), NOW)
    assert (state.level, state.text) == (level, text)


def test_the_worst_is_named_first_and_the_rest_is_told_beside_it() -> None:
    wanted = spec(
        A=KeySpec("A", required=True), B=KeySpec("B"), C=KeySpec("C", required=True), D=KeySpec("D")
    )
    found = facts(
        KeyFacts("B", "b", placeholder=True),
        KeyFacts("D", "d", problems=(HINT,)),
        KeyFacts("E", "e"),
    )
    state = secret_state(SECRET, found, key_states(wanted, found, {}), NOW)

    assert (state.level, state.text, state.hint) == (
        "bad",
        "2 missing",
        "1 placeholder, 1 unexpected, 1 to check",
    )


@given(SPECS, VERSIONS, OTHERS)
def test_a_secret_is_as_bad_as_its_worst_key(
    wanted: SecretSpec, found: VersionFacts, others: dict[str, Any]
) -> None:
    keys = key_states(wanted, found, others)
    levels = {key.state.level for key in keys} - {"mute"} or {"ok"}
    if any(key.uncompared for key in keys):
        levels = levels - {"ok"} or {"mute"}  # nothing is called healthy before it was compared

    assert secret_state(SECRET, found, keys, NOW).level == min(
        levels, key=["bad", "warn", "ok", "mute"].index
    )


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=7), "Deletion in 7 days"),
        (timedelta(days=6, hours=1), "Deletion in 7 days"),
        (timedelta(days=1), "Deletion in 1 day"),
        (timedelta(seconds=1), "Deletion in 1 day"),
        (timedelta(0), "Deletion scheduled"),
        (timedelta(days=-3), "Deletion scheduled"),
    ],
)
def test_a_begun_day_counts_until_a_deletion(left: timedelta, text: str) -> None:
    assert deletion_text(NOW + left, NOW) == text


@given(SPECS, VERSIONS, OTHERS)
def test_states_are_made_of_texts_that_json_can_hold(
    wanted: SecretSpec, found: VersionFacts, others: dict[str, Any]
) -> None:
    for key in key_states(wanted, found, others):
        assert json.dumps([key.name, key.kind, key.state.level, key.state.text, key.state.hint])
        assert key.state.text
