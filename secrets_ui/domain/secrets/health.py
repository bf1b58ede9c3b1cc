"""The state of a secret and of each of its keys, from facts alone: what is wrong first, and never "healthy" unlooked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .catalog import KeySpec, SecretSpec
from .facts import KeyFacts, VersionFacts
from .key_rules import FORMAT_NAMES
from .secret import Secret

Level = Literal["ok", "warn", "bad", "mute"]
_WORST_FIRST = ("bad", "warn", "mute", "ok")


@dataclass(frozen=True)
class State:
    """A word for people, with a level that chooses shape and colour."""

    level: Level
    text: str
    hint: str = ""


@dataclass(frozen=True)
class KeyState:
    name: str
    state: State
    kind: Literal[
        "set",
        "missing",
        "absent",
        "placeholder",
        "wrong",
        "shared",
        "differs",
        "unexpected",
        "empty",
    ]
    facts: KeyFacts | None = None
    spec: KeySpec | None = None
    uncompared: tuple[
        str, ...
    ] = ()  # environments that it should be compared with, where nobody has looked

    @property
    def is_set(self) -> bool:
        return self.facts is not None and not self.facts.placeholder and not self.facts.empty


def key_states(
    spec: SecretSpec, facts: VersionFacts, others: Mapping[str, VersionFacts | None]
) -> tuple[KeyState, ...]:
    """Every key that the catalogue expects or the secret holds. `others` are the facts of the same secret in other environments;
    None where nobody has looked yet."""
    if facts.kind != "object":
        return ()
    expected = [_key_state(key, facts.key(key.name), others) for key in spec.keys.values()]
    unexpected = [_unexpected(key, spec) for key in facts.keys if not spec.key(key.name)]
    return (*expected, *unexpected)


def _key_state(
    spec: KeySpec, facts: KeyFacts | None, others: Mapping[str, VersionFacts | None]
) -> KeyState:
    if facts is None:
        if spec.required:
            return KeyState(
                spec.name,
                State("bad", "Missing", "the Lambda needs this key"),
                "missing",
                None,
                spec,
            )
        return KeyState(spec.name, State("mute", "Not set", "not required"), "absent", None, spec)
    kind, state = next(_verdicts(spec, facts, others))
    return KeyState(spec.name, state, kind, facts, spec, _uncompared(spec, others))  # type: ignore[arg-type]


def _verdicts(
    spec: KeySpec, facts: KeyFacts, others: Mapping[str, VersionFacts | None]
) -> Iterator[tuple[str, State]]:
    """The first one counts."""
    if facts.type != "string":
        yield "wrong", State("bad", "Not text", f"a JSON {facts.type}; the Lambda expects text")
    if facts.error:
        yield "wrong", State("bad", "Wrong format", facts.error)
    if facts.placeholder:
        yield "placeholder", State("warn", "Placeholder", "not yet set to a real value")
    if facts.empty:
        yield "empty", State("bad" if spec.required else "warn", "Empty", "an empty text")
    same = [name for name, other in others.items() if _same(spec.name, facts, other)]
    if spec.between_environments == "must_differ" and same:
        yield (
            "shared",
            State("warn", f"Same as {' and '.join(same)}", "one value serves several environments"),
        )
    different = [name for name, other in others.items() if _different(spec.name, facts, other)]
    if spec.between_environments == "must_match" and different:
        yield (
            "differs",
            State(
                "warn", f"Differs from {' and '.join(different)}", "should be the same everywhere"
            ),
        )
    hints = [
        text
        for level, code, text in facts.problems
        if level == "warning" and code not in ("placeholder", "empty")
    ]
    if hints:
        yield "set", State("warn", "Set", "; ".join(hints))
    yield "set", State("ok", "Set", _good(spec, others))


def _good(spec: KeySpec, others: Mapping[str, VersionFacts | None]) -> str:
    name = (
        "GitHub token, checksum valid"
        if spec.format == "github_token"
        else FORMAT_NAMES[spec.format]
    )
    if unseen := _uncompared(spec, others):
        name += f"; not compared with {' and '.join(unseen)}, where nobody has looked yet"
    return name


def _uncompared(spec: KeySpec, others: Mapping[str, VersionFacts | None]) -> tuple[str, ...]:
    return (
        ()
        if spec.between_environments == "any"
        else tuple(env for env, other in others.items() if other is None)
    )


def _same(name: str, facts: KeyFacts, other: VersionFacts | None) -> bool:
    twin = other.key(name) if other else None
    return twin is not None and twin.fingerprint == facts.fingerprint


def _different(name: str, facts: KeyFacts, other: VersionFacts | None) -> bool:
    twin = other.key(name) if other else None
    return twin is not None and twin.fingerprint != facts.fingerprint


def _unexpected(facts: KeyFacts, spec: SecretSpec) -> KeyState:
    if not spec.keys:  # the catalogue does not know this secret, so it expects nothing of it
        state = (
            State("warn", "Placeholder", "")
            if facts.placeholder
            else State("ok", "Set", "not in the catalogue")
        )
        return KeyState(
            facts.name, state, "placeholder" if facts.placeholder else "set", facts, None
        )
    return KeyState(
        facts.name, State("warn", "Unexpected", "not in the catalogue"), "unexpected", facts, None
    )


def secret_state(
    secret: Secret,
    facts: VersionFacts | None,
    keys: tuple[KeyState, ...],
    now: datetime,
    unknown: str = "",
) -> State:
    """One word for the whole secret. `unknown` says why its facts could not be had."""
    if secret.deleted:
        return State(
            "bad", deletion_text(secret.deleted, now), "scheduled for deletion; readers are refused"
        )
    if not secret.current:
        return State("bad", "No current version", "no version holds AWSCURRENT")
    if facts is None:
        return State(
            "mute",
            "Could not look" if unknown else "Not looked at yet",
            unknown or "open it to look",
        )
    if facts.kind != "object":
        return {
            "binary": State("mute", "Binary", "shown as it is; not edited here"),
            "not_object": State("bad", "Not a JSON object", facts.problem),
            "not_json": State("bad", "Not JSON", facts.problem),
        }[facts.kind]
    told = list(_key_counts(keys))
    if not told:
        uncompared = dict.fromkeys(env for key in keys for env in key.uncompared)
        return (
            State("mute", "Fine here", f"not compared with {' and '.join(uncompared)}")
            if uncompared
            else State("ok", "Healthy", "")
        )
    return State(told[0].level, told[0].text, ", ".join(state.text for state in told[1:]))


_COUNTED = (
    ("missing", "{} missing", "{} missing"),
    ("wrong", "{} with a wrong format", "{} with a wrong format"),
    ("empty", "{} empty", "{} empty"),
    ("placeholder", "{} placeholder", "{} placeholders"),
    ("shared", "{} shared between environments", "{} shared between environments"),
    ("differs", "{} different between environments", "{} different between environments"),
    ("unexpected", "{} unexpected", "{} unexpected"),
)


def _key_counts(keys: tuple[KeyState, ...]) -> Iterator[State]:
    """The worst first: each kind is as bad as its worst key, and no kind can be worse than one before it."""
    for kind, one, many in _COUNTED:
        if levels := [key.state.level for key in keys if key.kind == kind]:
            yield State(
                min(levels, key=_WORST_FIRST.index),
                (one if len(levels) == 1 else many).format(len(levels)),
            )
    if number := sum(key.kind == "set" and key.state.level == "warn" for key in keys):
        yield State("warn", f"{number} to look at")


def deletion_text(deleted: datetime, now: datetime) -> str:
    """AWS's guides differ on whether DeletedDate is the day of the request or the day of deletion, so both read right."""
    days = -((now - deleted) // timedelta(days=1))  # a begun day counts
    if days > 0:
        return f"Deletion in {days} day{'' if days == 1 else 's'}"
    return "Deletion scheduled"
