"""The state of a secret and of each of its keys, from facts alone.

What is wrong comes first, and nothing is called healthy before somebody looked at it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from ..errors.wording import plural
from .catalog import KeySpec, SecretSpec
from .facts import KeyFacts, VersionFacts
from .formats import FREE_TEXT, Format
from .loading import value_problem
from .secret import Secret

Level = Literal["ok", "warn", "bad", "mute"]
_WORST_FIRST = ("bad", "warn", "mute", "ok")


class StateCode(StrEnum):
    """What a state is, for programs; the words for people stand in `_WORDS`."""

    # Of a key, and of a secret by its worst key.
    SET = "set"
    MISSING = "missing"
    ABSENT = "absent"
    PLACEHOLDER = "placeholder"
    WRONG = "wrong"
    EMPTY = "empty"
    SHARED = "shared"
    DIFFERS = "differs"
    UNEXPECTED = "unexpected"
    # Of a secret.
    DELETED = "deleted"
    HIDDEN = "hidden"
    NOT_CURRENT = "not_current"
    UNKNOWN = "unknown"
    NOT_INSPECTED = "not_inspected"
    BINARY = "binary"
    NOT_OBJECT = "not_object"
    NOT_JSON = "not_json"
    NOT_COMPARED = "not_compared"
    HEALTHY = "healthy"


_WORDS = {
    StateCode.SET: "Set",
    StateCode.MISSING: "Missing",
    StateCode.ABSENT: "Not set",
    StateCode.PLACEHOLDER: "Placeholder",
    StateCode.WRONG: "Wrong format",
    StateCode.EMPTY: "Empty",
    StateCode.SHARED: "Same as {}",
    StateCode.DIFFERS: "Differs from {}",
    StateCode.UNEXPECTED: "Unexpected",
    StateCode.DELETED: "Deletion scheduled",
    StateCode.HIDDEN: "Not shown",
    StateCode.NOT_CURRENT: "No current version",
    StateCode.UNKNOWN: "Could not check",
    StateCode.NOT_INSPECTED: "Not checked yet",
    StateCode.BINARY: "Binary",
    StateCode.NOT_OBJECT: "Not a JSON object",
    StateCode.NOT_JSON: "Not JSON",
    StateCode.NOT_COMPARED: "Fine here",
    StateCode.HEALTHY: "Healthy",
}
# The counts that a secret's state is made of, the worst first: code, words for one, words for more.
_COUNTED = (
    (StateCode.MISSING, "{} missing", "{} missing"),
    (StateCode.WRONG, "{} with a wrong format", "{} with a wrong format"),
    (StateCode.EMPTY, "{} empty", "{} empty"),
    (StateCode.PLACEHOLDER, "{} placeholder", "{} placeholders"),
    (StateCode.SHARED, "{} shared between environments", "{} shared between environments"),
    (StateCode.DIFFERS, "{} different between environments", "{} different between environments"),
    (StateCode.UNEXPECTED, "{} unexpected", "{} unexpected"),
)


@dataclass(frozen=True)
class State:
    """A state: a code for programs, words for people, a level that chooses shape and colour."""

    code: StateCode
    level: Level
    text: str
    hint: str = ""


def make_state(code: StateCode, level: Level, hint: str = "", *, text: str = "") -> State:
    """A state with the words of its code, or with `text` where these depend on more."""
    return State(code, level, text or _WORDS[code], hint)


@dataclass(frozen=True)
class KeyState:
    """A key and its state.

    `uncompared` are the environments with which it should be compared and where nobody has looked.
    """

    name: str
    state: State
    facts: KeyFacts | None = None
    spec: KeySpec | None = None
    uncompared: tuple[str, ...] = ()

    @property
    def kind(self) -> StateCode:
        return self.state.code

    @property
    def value_format(self) -> Format:
        """What the value is checked by. A key that is not in the catalogue may hold any text."""
        return self.spec.value_format if self.spec else FREE_TEXT

    @property
    def is_set(self) -> bool:
        return self.facts is not None and self.facts.is_set


def key_states(
    spec: SecretSpec, facts: VersionFacts, others: Mapping[str, VersionFacts | None]
) -> tuple[KeyState, ...]:
    """Every key that the catalogue expects or the secret holds.

    `others` are the facts of the same secret in other environments; None where nobody has looked.
    """
    if facts.kind != "object":
        return ()
    expected = [_key_state(key, facts.key(key.name), others) for key in spec.keys.values()]
    unexpected = [_unexpected(key, spec) for key in facts.keys if not spec.key(key.name)]
    return (*expected, *unexpected)


def _key_state(
    spec: KeySpec, facts: KeyFacts | None, others: Mapping[str, VersionFacts | None]
) -> KeyState:
    if facts is not None:
        state = next(_states(spec, facts, others))
        return KeyState(spec.name, state, facts, spec, _uncompared(spec, others))
    if spec.required:
        missing = make_state(StateCode.MISSING, "bad", "the Lambda needs this key")
        return KeyState(spec.name, missing, None, spec)
    return KeyState(spec.name, make_state(StateCode.ABSENT, "mute", "not required"), None, spec)


def _states(
    spec: KeySpec, facts: KeyFacts, others: Mapping[str, VersionFacts | None]
) -> Iterator[State]:
    """Every state that fits, the one that counts first."""
    if facts.type in ("null", "object", "list"):
        yield make_state(StateCode.WRONG, "bad", value_problem(facts.type), text="Not text")
    if facts.error:
        yield make_state(StateCode.WRONG, "bad", facts.error)
    if facts.placeholder:
        yield make_state(StateCode.PLACEHOLDER, "warn", "not yet set to a real value")
    if facts.empty:
        yield make_state(StateCode.EMPTY, "bad" if spec.required else "warn", "an empty text")
    yield from _comparisons(spec, facts, others)
    if hints := _hints(facts):
        yield make_state(StateCode.SET, "warn", hints)
    yield make_state(StateCode.SET, "ok", _good(spec, others))


def _comparisons(
    spec: KeySpec, facts: KeyFacts, others: Mapping[str, VersionFacts | None]
) -> Iterator[State]:
    twins = {name: other.key(spec.name) for name, other in others.items() if other}
    is_same = {name: t.fingerprint == facts.fingerprint for name, t in twins.items() if t}
    same = [name for name in is_same if is_same[name]]
    if spec.between_environments == "must_differ" and same:
        text = _WORDS[StateCode.SHARED].format(" and ".join(same))
        hint = "one value serves several environments"
        yield make_state(StateCode.SHARED, "warn", hint, text=text)
    different = [name for name in is_same if not is_same[name]]
    if spec.between_environments == "must_match" and different:
        text = _WORDS[StateCode.DIFFERS].format(" and ".join(different))
        yield make_state(StateCode.DIFFERS, "warn", "should be the same everywhere", text=text)


def _hints(facts: KeyFacts) -> str:
    """The warnings about the value that have no state of their own."""
    own = ("placeholder", "empty")
    return "; ".join(
        text for level, code, text in facts.problems if level == "warning" and code not in own
    )


def _good(spec: KeySpec, others: Mapping[str, VersionFacts | None]) -> str:
    name = spec.value_format.good
    if uncompared := _uncompared(spec, others):
        name += f"; not compared with {' and '.join(uncompared)}, where nobody has looked yet"
    return name


def _uncompared(spec: KeySpec, others: Mapping[str, VersionFacts | None]) -> tuple[str, ...]:
    if spec.between_environments == "any":
        return ()
    return tuple(environment for environment, other in others.items() if other is None)


def _unexpected(facts: KeyFacts, spec: SecretSpec) -> KeyState:
    """The state of a key that is not in the catalogue."""
    if spec.keys and facts.unloadable:
        state = make_state(StateCode.WRONG, "bad", facts.unloadable, text="Cannot be loaded")
    elif spec.keys:
        state = make_state(StateCode.UNEXPECTED, "warn", "not in the catalogue")
    elif facts.placeholder:  # the catalogue does not know this secret, so it expects nothing of it
        state = make_state(StateCode.PLACEHOLDER, "warn")
    else:
        state = make_state(StateCode.SET, "ok", "not in the catalogue")
    return KeyState(facts.name, state, facts)


def secret_state(
    secret: Secret,
    facts: VersionFacts | None,
    keys: tuple[KeyState, ...],
    now: datetime,
    unknown: str = "",
) -> State:
    """The state of the whole secret. `unknown` says why its facts could not be had."""
    if secret.deleted:
        text, hint = (
            deletion_text(secret.deleted, now),
            "scheduled for deletion; readers are refused",
        )
        return make_state(StateCode.DELETED, "bad", hint, text=text)
    if not secret.current:
        return make_state(StateCode.NOT_CURRENT, "bad", "no version holds AWSCURRENT")
    if facts is None and unknown:
        return make_state(StateCode.UNKNOWN, "mute", unknown)
    if facts is None:
        return make_state(StateCode.NOT_INSPECTED, "mute", "open it to check")
    match facts.kind:
        case "binary":
            return make_state(StateCode.BINARY, "mute", "shown as it is; not edited here")
        case "not_object":
            return make_state(StateCode.NOT_OBJECT, "bad", facts.problem)
        case "not_json":
            return make_state(StateCode.NOT_JSON, "bad", facts.problem)
        case _:
            return _state_by_keys(keys)


def _state_by_keys(keys: tuple[KeyState, ...]) -> State:
    counts = list(_key_counts(keys))
    if counts:
        worst, *rest = counts
        return State(worst.code, worst.level, worst.text, ", ".join(state.text for state in rest))
    uncompared = dict.fromkeys(environment for key in keys for environment in key.uncompared)
    if uncompared:
        hint = f"not compared with {' and '.join(uncompared)}"
        return make_state(StateCode.NOT_COMPARED, "mute", hint)
    return make_state(StateCode.HEALTHY, "ok")


def _key_counts(keys: tuple[KeyState, ...]) -> Iterator[State]:
    """One state for each kind of fault, the worst first.

    Each kind is as bad as its worst key, and no kind can be worse than one before it.
    """
    for code, one, many in _COUNTED:
        if levels := [key.state.level for key in keys if key.kind == code]:
            text = (one if len(levels) == 1 else many).format(len(levels))
            yield State(code, min(levels, key=_WORST_FIRST.index), text)
    if number := sum(key.kind is StateCode.SET and key.state.level == "warn" for key in keys):
        yield make_state(StateCode.SET, "warn", text=f"{number} to check")


def deletion_text(deleted: datetime, now: datetime) -> str:
    """When a secret is deleted, in words.

    AWS's guides differ on whether DeletedDate is the day of the request or the day of deletion, so
    that both have to read right.
    """
    days = -((now - deleted) // timedelta(days=1))  # a begun day counts
    if days > 0:
        return f"Deletion in {plural(days, 'day')}"
    return _WORDS[StateCode.DELETED]
