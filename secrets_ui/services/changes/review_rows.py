"""What a review says of one key, from facts alone: to its author, and to the one who decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...domain.errors.wording import capitalized
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.facts import KeyFacts, VersionFacts
from ...domain.secrets.formats import FREE_TEXT
from ...domain.secrets.health import StateCode, key_states
from ...domain.secrets.key_rules import Problem, check_name
from ...domain.secrets.secret_value import MASK


@dataclass(frozen=True)
class ReviewRow:
    """One key of a change. `before` and `after` are what is shown instead of a value; `drops`: the
    value before goes, `adds`: the one after is new.
    """

    key: str
    before: str
    after: str
    level: str
    check: str
    problems: tuple[str, ...] = ()
    drops: bool = False
    adds: bool = False


def review_row(
    name: str,
    before: KeyFacts | None,
    after: KeyFacts | None,
    spec: SecretSpec,
    others: Mapping[str, VersionFacts | None],
) -> ReviewRow:
    """`others` are the facts of the same secret in other environments, None where nobody looked."""
    level, check, problems = _verdict(name, after, spec, others)
    shown, adds = ("removed", False) if after is None else (masked(after), True)
    row = ReviewRow(name, masked(None), shown, level, check, problems, adds=adds)
    return with_before(row, before)


def with_before(row: ReviewRow, before: KeyFacts | None) -> ReviewRow:
    """The verdict is of the value after, so it may be made before the other one is known."""
    return replace(row, before=masked(before), drops=before is not None)


def opaque_row(after: str) -> ReviewRow:
    """A whole text in place of keys. `after` says what became of it."""
    check = "Not compared key by key"
    return ReviewRow("the whole document", "as stored", after, "warn", check, drops=True, adds=True)


def unknown_row(name: str) -> ReviewRow:
    """A key of a version whose facts nobody has, or whose secret cannot be looked at."""
    return ReviewRow(name, "not known", "not known", "mute", "Not checked")


def masked(facts: KeyFacts | None) -> str:
    """What stands for a value on a page."""
    if facts is None:
        return "not there"
    if facts.empty:
        return "empty"
    if not facts.fingerprint:
        return "a new random token"
    return f"{MASK} {facts.short}" + (" (placeholder)" if facts.placeholder else "")


def _verdict(
    name: str, after: KeyFacts | None, spec: SecretSpec, others: Mapping[str, VersionFacts | None]
) -> tuple[str, str, tuple[str, ...]]:
    rules = spec.key(name)
    if after is None:
        return (
            ("bad", "The Lambda needs this key", ())
            if rules and rules.required
            else ("ok", "Removed", ())
        )
    if problems := _problems(after, spec):
        level = "bad" if any(p.level == "error" for p in problems) else "warn"
        return level, capitalized(problems[0].text), tuple(p.code for p in problems)
    if not after.fingerprint:
        return "ok", "Made on the server while saving", ()
    if rules and (state := _compared(name, after, spec, others)):
        return "warn", state, ("shared",)
    return "ok", (rules.value_format if rules else FREE_TEXT).reviewed, ()


def _problems(facts: KeyFacts, spec: SecretSpec) -> list[Problem]:
    """What `check_key` says of the value. Facts leave out that a key is not in the catalogue."""
    of_name = check_name(facts.name, spec)
    kept = [Problem(level, code, text) for level, code, text in facts.problems]  # type: ignore[arg-type]
    return [*of_name, *(problem for problem in kept if problem not in of_name)]


def _compared(
    name: str, after: KeyFacts, spec: SecretSpec, others: Mapping[str, VersionFacts | None]
) -> str:
    facts = VersionFacts("", "object", (after,))
    found = next((key for key in key_states(spec, facts, others) if key.name == name), None)
    return found.state.text if found and found.kind in (StateCode.SHARED, StateCode.DIFFERS) else ""
