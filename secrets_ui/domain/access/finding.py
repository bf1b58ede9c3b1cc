"""The result of one check, with the statement that decides and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["fail", "unknown", "warn", "pass", "skipped"]
Step = Literal["console", "role", "policies", "secret", "key"]
Weight = Literal["decides", "matters", "second opinion"]
Source = Literal["documented", "seen", "not documented"]
WORST_FIRST: tuple[Status, ...] = ("fail", "unknown", "warn", "skipped", "pass")


@dataclass(frozen=True)
class Part:
    """One element of a statement, beside what the request has.

    `element` is its name, of a condition the operator and the key. `asks` are its values, with
    variables filled in; `notes` say with what. `holds` is None where that is not known.
    """

    element: str
    asks: tuple[str, ...]
    has: str
    holds: bool | None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        asks = " or ".join(self.asks)
        return f"{self.element} asks for {asks}{notes}; the request has {self.has}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Part:
        return cls(**{**data, "asks": tuple(data["asks"]), "notes": tuple(data["notes"])})


@dataclass(frozen=True)
class Shown:
    """A statement as written, with the element that fails.

    `marked` is "Condition", "Resource", "Action" or "Principal". `unmet` holds operators and keys
    of the conditions that are not met. `parts` compares it with the request, where it does not
    apply.
    """

    policy: str
    layer: str
    document: Mapping[str, Any]
    marked: str = ""
    why: str = ""
    unmet: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def unfit(self) -> tuple[Part, ...]:
        """The parts that do not fit the request, or may not."""
        return tuple(part for part in self.parts if not part.holds)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Shown:
        """Of a run that was kept by an earlier console as well, which compared no parts."""
        unmet = tuple((operator, key) for operator, key in data.get("unmet", ()))
        parts = tuple(map(Part.from_json, data.get("parts", ())))
        return cls(**{**data, "unmet": unmet, "parts": parts})


@dataclass(frozen=True)
class Remedy:
    """What to change, in words, as Terraform and as an AWS CLI command.

    `tried` is the evaluator's decision with the change, if it was tried.
    """

    text: str
    terraform: str = ""
    cli: str = ""
    tried: str = ""


@dataclass(frozen=True)
class LambdaError:
    """What the Lambda's log would show.

    `source` says whether AWS documents the text, or it was seen in the field, or neither.
    """

    code: str
    message: str
    source: Source

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    `text` is a full sentence that names the resource, `short` a phrase for the path. `error` is
    what the Lambda would see. `see` holds commands that show the evidence. `missing` is the
    statement that this console's own role needs, if that is why nothing is known. `weight` is
    whether the answer depends on the check, or it matters though the Lambda can read, or it is a
    second opinion.
    """

    check: str
    step: Step
    status: Status
    text: str
    short: str = ""
    weight: Weight = "decides"
    shown: tuple[Shown, ...] = ()
    error: LambdaError | None = None
    remedy: Remedy | None = None
    see: tuple[str, ...] = ()
    missing: str = ""

    @property
    def decides(self) -> bool:
        return self.weight == "decides"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        members: dict[str, Any] = {
            **data,
            "shown": tuple(map(Shown.from_json, data["shown"])),
            "error": LambdaError(**data["error"]) if data["error"] else None,
            "remedy": Remedy(**data["remedy"]) if data["remedy"] else None,
            "see": tuple(data["see"]),
        }
        return cls(**members)


def verdict(findings: Iterable[Finding]) -> Status:
    """Return the worst status of a run.

    A skipped check always has a failed or unknown one before it, so it does not count. Nor does a
    second opinion that could not be had.
    """
    counted = {
        f.status for f in findings if (f.status, f.weight) != ("unknown", "second opinion")
    } - {"skipped"}
    return next((status for status in WORST_FIRST if status in counted), "pass")
