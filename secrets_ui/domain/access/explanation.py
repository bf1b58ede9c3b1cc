"""Why one principal can, or cannot, do something with a secret; and what would change that."""

from dataclasses import dataclass
from typing import Literal

from ..iam.truth import all_of
from .answers import Row
from .finding import Shown
from .reach import Ability, Verdict

Level = Literal["ok", "bad", "warn", "mute"]


@dataclass(frozen=True)
class LayerAnswer:
    """What one layer of policies says about a hop, in words, and by which statements. One that is
    not there has no level.
    """

    title: str
    level: Level | Literal[""]
    says: str
    statements: tuple[Shown, ...] = ()


@dataclass(frozen=True)
class Hop:
    """One call to AWS: whether it is allowed, and what each layer says.

    `denied_by` are the Deny statements that apply; `closest` is the Allow that comes nearest, of a
    layer for want of which the call is refused; `allowed_by` are the statements and grants that
    allow.
    """

    action: str
    resource: str
    can: bool | None
    layers: tuple[LayerAnswer, ...]
    denied_by: tuple[Shown, ...] = ()
    closest: Shown | None = None
    missing: tuple[str, ...] = ()

    @property
    def allowed_by(self) -> tuple[Shown, ...]:
        if not self.can:
            return ()
        # A layer that is silent has its closest statement here, which allows nothing.
        allowing = [layer for layer in self.layers if layer.level == "ok"]
        return tuple(shown for layer in allowing for shown in layer.statements)


@dataclass(frozen=True)
class Way:
    """The hops of one way to do it. All must be allowed."""

    hops: tuple[Hop, ...]

    @property
    def can(self) -> bool | None:
        return all_of(hop.can for hop in self.hops)

    @property
    def refused(self) -> tuple[Hop, ...]:
        return tuple(hop for hop in self.hops if hop.can is False)


@dataclass(frozen=True)
class Step:
    """One policy that changes, or tags that are given: in words, as statements, as a command.

    `caution` says who or what else is concerned.
    """

    words: tuple[str, ...]
    statements: tuple[Shown, ...]
    cli: str
    caution: str = ""


@dataclass(frozen=True)
class Offer:
    """Steps after which the evaluator was asked again, and gave the opposite answer.

    `others` says who else gains or loses by them, or that this was not looked at; "" where they
    change nothing that others share. `lets_in` says whether others gain, or may.
    """

    steps: tuple[Step, ...]
    outcome: str
    others: str = ""
    lets_in: bool = False


@dataclass(frozen=True)
class Explanation:
    """`offers` would turn the answer round, smallest first. `statement` is what the console's own
    role lacks, where the answer cannot be told for want of that.
    """

    environment: str
    secret: str
    row: Row
    ability: Ability
    verdict: Verdict
    ways: tuple[Way, ...]
    offers: tuple[Offer, ...]
    statement: str = ""
    calls: int = 0
    failed_calls: int = 0

    @property
    def question(self) -> str:
        return f"Can {self.row.name} {self.ability.words}?"

    @property
    def headline(self) -> str:
        """The answer and its reason, in a sentence."""
        who = self.row.name
        if self.verdict.can:
            return f"Yes, {who} can {self.ability.words}."
        if self.verdict.can is None:
            return f"Whether {who} can {self.ability.words} cannot be told."
        return f"No, {who} cannot {self.ability.words}: {self._reason}."

    @property
    def _reason(self) -> str:
        refused = [hop for way in self.ways for hop in way.refused]
        if not refused:
            return "; ".join(self.verdict.by).rstrip(".") or "nothing allows it"
        if len(self.ways) > 1:
            return f"none of the {len(self.ways)} ways is open"
        denied = [hop.action for hop in refused if hop.denied_by]
        silent = [hop.action for hop in refused if not hop.denied_by]
        said = ((denied, "denied"), (silent, "not allowed"))
        return ", and ".join(_are(actions, what) for actions, what in said if actions)


def _are(actions: list[str], what: str) -> str:
    return f"{' and '.join(actions)} {'is' if len(actions) == 1 else 'are'} {what}"
