"""Who would gain and who would lose, were one policy of the path another text. Nothing is written.

A managed policy and a boundary change for everybody to whom they are attached.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from .account import OF_GROUP, AccountDetails, Group, Principal
from .answers import Kind, Row
from .concerned import Concerned, find_concerned
from .evidence import AccessEvidence, Document, Evidence, Known
from .expected_policies import is_managed_by_aws
from .policies import NO_STATEMENT, with_policy
from .reach import Ability, Parser
from .who import Everybody, find_gaps


@dataclass(frozen=True)
class Turn:
    """What one principal could do only before, or only after. `untold` cannot be told after, and
    could be before, or the other way round. Of `row` it holds who that is; the verdicts may be of
    some abilities alone.
    """

    row: Row
    gains: tuple[Ability, ...]
    losses: tuple[Ability, ...]
    untold: tuple[Ability, ...]


def find_turns(
    evidence: AccessEvidence, details: Known[AccountDetails], location: str, text: str
) -> tuple[tuple[Turn, ...], tuple[str, ...]]:
    """Those that gain first, outsiders before others; and what the answers lack.

    Raises LookupError for a location that is not on the path.
    """
    changed, parse = with_policy(evidence, location, text), Parser()
    there = replace(details, value=_with_text(evidence, details.value, location, text))
    before, after = Everybody(evidence, details, parse), Everybody(changed, there, parse)
    return _turns(before, after), tuple(find_gaps(changed, there))


# Of the evidence, what everybody's answers hang on.
_SHARED = ("secret", "resource_policy", "key_policy", "grants")


class Others:
    """Who else gains or loses by changes that are meant for one principal, whose `title` it is.

    `evidence` is about nobody yet.
    """

    def __init__(
        self, evidence: AccessEvidence, details: Evidence[AccountDetails], title: str
    ) -> None:
        self.details, self._evidence, self._title = details, evidence, title

    def turns(self, after: AccessEvidence) -> tuple[Turn, ...] | None:
        """`after` is the evidence about the principal with the changes; None where they change
        nothing that others share.
        """
        shared = {name: getattr(after, name) for name in _SHARED}
        known = self.details
        if isinstance(known, Known):
            known = replace(known, value=_with_shared(known.value, after))
        is_same = known == self.details
        if is_same and all(getattr(self._evidence, name) == shared[name] for name in _SHARED):
            return None
        changed = replace(self._evidence, **shared)
        found = _turns(self._before, Everybody(changed, known, self._before.parse))
        return tuple(turn for turn in found if turn.row.title != self._title)

    @cached_property
    def _before(self) -> Everybody:
        return Everybody(self._evidence, self.details, Parser())


def _with_shared(details: AccountDetails, after: AccessEvidence) -> AccountDetails:
    """With the managed policies and the groups' own that are others in the evidence."""
    texts = {new.arn: new for new in _managed(details, after)}
    own = after.role.value.arn if isinstance(after.role, Known) else ""
    member_of = {name for p in details.principals if p.identity.arn == own for name in p.groups}
    groups = {
        name: _as_in(name, group, after) if name in member_of else group
        for name, group in details.groups.items()
    }
    return replace(details, policies={**details.policies, **texts}, groups=groups)


def _managed(details: AccountDetails, after: AccessEvidence) -> Iterator[Document]:
    """The managed policies of one principal that are others, its boundary among them, without those
    that are detached from it.
    """
    own = [found.value for found in after.documents.values() if isinstance(found, Known)]
    others = (document for document in own if _is_other(details, document))
    yield from (document for document in others if not _is_detached(after, document))
    if isinstance(after.boundary, Known) and _is_other(details, after.boundary.value):
        yield after.boundary.value


def _is_detached(evidence: AccessEvidence, document: Document) -> bool:
    """Whether it is left without a statement: then the role loses it, and nobody else does. So does
    whoever has one that AWS manages, or the group that has it.
    """
    role = evidence.role
    is_role = isinstance(role, Known) and ":role/" in role.value.arn
    return document.text == NO_STATEMENT and (is_role or is_managed_by_aws(document.arn))


def _is_other(details: AccountDetails, new: Document) -> bool:
    old = details.policies.get(new.arn)
    return old is not None and old.text != new.text


def _as_in(name: str, group: Group, evidence: AccessEvidence) -> Group:
    """A group as the evidence about one of its users has it."""
    texts = {
        title: known.value.text
        for title, known in evidence.documents.items()
        if isinstance(known, Known)
    }
    inline = tuple(
        replace(found, text=texts.get(f"{found.name}{OF_GROUP}{name}", found.text))
        for found in group.inline
    )
    attached = tuple(
        arn
        for arn in group.attached
        if not (is_managed_by_aws(arn) and texts.get(arn) == NO_STATEMENT)
    )
    return Group(inline, attached)


def _turns(before: Everybody, after: Everybody) -> tuple[Turn, ...]:
    """Those who could do something only before, or only after."""
    turns = [turn for each in find_concerned(before, after) if (turn := _turn(each, before, after))]
    return tuple(sorted(turns, key=_order))


def _order(turn: Turn) -> tuple[object, ...]:
    return not turn.gains, not turn.losses, turn.row.kind is not Kind.OUTSIDE, turn.row.title


def _with_text(
    evidence: AccessEvidence, details: AccountDetails, location: str, text: str
) -> AccountDetails:
    kind, _, name = location.partition(":")
    arn = _arn_of(evidence.boundary) if kind == "boundary" else name
    if arn.startswith("arn:"):
        typed = Document(arn.rpartition("/")[2], text, arn)
        return replace(details, policies={**details.policies, arn: typed})
    if kind != "identity" or not isinstance(evidence.role, Known):
        return details
    role = evidence.role.value.arn
    principals = [
        _with_inline(p, name, text) if p.identity.arn == role else p for p in details.principals
    ]
    return replace(details, principals=tuple(principals))


def _arn_of(boundary: Evidence[Document] | None) -> str:
    return boundary.value.arn if isinstance(boundary, Known) else ""


def _with_inline(principal: Principal, name: str, text: str) -> Principal:
    others = [document for document in principal.inline if document.name != name]
    return replace(principal, inline=(*others, Document(name, text)))


def _turn(one: Concerned, before: Everybody, after: Everybody) -> Turn | None:
    """None where no answer differs. Where no policy named somebody, they could do nothing."""
    was = before.row(one.was, one.abilities) if one.was else None
    now = after.row(one.now, one.abilities) if one.now else None
    found: dict[bool | None, list[Ability]] = {True: [], False: [], None: []}
    for ability in one.abilities:
        could, can = (of.verdicts[ability].can if of else False for of in (was, now))
        if could is not can:
            found[None if None in (could, can) else can].append(ability)
    row = now or was
    if row is None or not any(found.values()):
        return None
    return Turn(row, tuple(found[True]), tuple(found[False]), tuple(found[None]))
