"""The keys of one secret over the environments: which are equal, missing, or break a rule.

From facts alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from string import ascii_uppercase

from .catalog import KeySpec, SecretSpec
from .facts import VersionFacts
from .health import KeyState, State, StateCode, key_states, make_state, secret_state
from .secret import Secret


class Show(StrEnum):
    """Which rows of a comparison are asked for."""

    ALL = ""
    DIFFERS = "differs"
    MISSING = "missing"
    BREAKS_RULE = "rule"


@dataclass(frozen=True)
class Held:
    """A secret as one environment holds it.

    `secret` is None where AWS has none of this name. `facts` is None where its value has not been
    looked at; `unknown` says why, where somebody tried.
    """

    secret: Secret | None = None
    facts: VersionFacts | None = None
    unknown: str = ""


@dataclass(frozen=True)
class Cell:
    """A key in one environment.

    `fingerprint` is "" where there is no value, or none that is known. Cells of a row with the same
    `mark` hold the same value; a value that is alone in its row has one as well.
    """

    environment: str
    state: State
    fingerprint: str = ""
    mark: str = ""
    is_missing: bool = False

    @property
    def breaks_rule(self) -> bool:
        """Whether it breaks the catalogue's rule between environments."""
        return self.state.code in (StateCode.SHARED, StateCode.DIFFERS)


@dataclass(frozen=True)
class Row:
    """A key over the environments; the key "" stands for a secret that has no keys."""

    key: str
    cells: tuple[Cell, ...]
    spec: KeySpec | None = None

    @property
    def may_be_equal(self) -> bool:
        """Whether one value may serve several environments."""
        return self.spec is None or self.spec.between_environments != "must_differ"

    @property
    def fits_several(self) -> bool:
        """Whether something can be set in several environments at once: one value, or a token of
        its own for each."""
        return self.may_be_equal or bool(self.spec and self.spec.value_format.can_be_generated)

    def shows(self, asked: Show) -> bool:
        match asked:
            case Show.DIFFERS:
                return len({cell.mark for cell in self.cells if cell.mark}) > 1
            case Show.MISSING:
                return any(cell.is_missing for cell in self.cells)
            case Show.BREAKS_RULE:
                return any(cell.breaks_rule for cell in self.cells)
            case _:
                return True


def is_told_by_facts(held: Held) -> bool:
    """Whether the cells of a secret depend on its facts alone: not on the clock, on what AWS says
    of the secret, or on why its facts are not known."""
    return held.secret is None or (held.facts is not None and held.facts.kind == "object")


def compare_secret(spec: SecretSpec, held: Mapping[str, Held], now: datetime) -> tuple[Row, ...]:
    """A row for each key that the catalogue expects or an environment holds.

    `held` has the environments that were asked, in the order of the columns.
    """
    states = {name: _keys(spec, held, name) for name in held}
    names = dict.fromkeys(chain(spec.keys, *states.values()))
    if not any(states.values()):
        names = dict.fromkeys(("",))
    return tuple(_row(key, spec.key(key), held, states, now) for key in names)


def _keys(spec: SecretSpec, held: Mapping[str, Held], name: str) -> dict[str, KeyState]:
    """The states of the keys that one environment holds, or should hold."""
    facts = held[name].facts
    if facts is None:
        return {}
    others = {other: _compared(item) for other, item in held.items() if other != name}
    return {key.name: key for key in key_states(spec, facts, others)}


def _compared(held: Held) -> VersionFacts | None:
    """A secret that is not there has no key to compare with."""
    return held.facts if held.secret else VersionFacts("", "object")


def _row(
    key: str,
    spec: KeySpec | None,
    held: Mapping[str, Held],
    states: Mapping[str, Mapping[str, KeyState]],
    now: datetime,
) -> Row:
    found = {name: states[name].get(key) for name in held}
    values = [state.facts.fingerprint for state in found.values() if state and state.facts]
    marks = dict(zip(dict.fromkeys(values), _marks(), strict=False))
    is_wanted = bool(values) or (spec is not None and spec.required)
    cells = (
        _of_key(name, state, marks, is_wanted=is_wanted)
        if (state := found[name])
        else _without_key(name, item, now, is_wanted=is_wanted)
        for name, item in held.items()
    )
    return Row(key, tuple(cells), spec)


def _marks() -> Iterator[str]:
    """A, B, …, Z, and whatever comes then: there are fewer environments than letters."""
    return chain(ascii_uppercase, map(str, range(1, 1_000)))


def _of_key(name: str, key: KeyState, marks: Mapping[str, str], *, is_wanted: bool) -> Cell:
    if key.facts is None:
        return Cell(name, key.state, is_missing=is_wanted)
    mark = marks[key.facts.fingerprint]
    return Cell(name, key.state, key.facts.short, mark, is_missing=not key.is_set)


def _without_key(name: str, held: Held, now: datetime, *, is_wanted: bool) -> Cell:
    """A cell of a secret that is not there, whose keys are not known, or that has no such key."""
    if held.secret is None:
        level = "bad" if is_wanted else "mute"
        state = make_state(StateCode.MISSING, level, "there is no such secret", text="No secret")  # type: ignore[arg-type]
        return Cell(name, state, is_missing=True)
    if held.facts is None or held.facts.kind != "object":
        return Cell(name, secret_state(held.secret, held.facts, (), now, held.unknown))
    return Cell(name, make_state(StateCode.ABSENT, "mute"), is_missing=is_wanted)


def matching(rows: Sequence[Row], show: Show, secret: str, text: str) -> tuple[Row, ...]:
    """The rows that `show` asks for, with `text` in the secret's name or the key's."""
    wanted = text.casefold()
    return tuple(
        row
        for row in rows
        if row.shows(show) and (wanted in secret.casefold() or wanted in row.key.casefold())
    )
