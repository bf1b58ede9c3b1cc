"""Whom a change of policies may concern. Of everybody else no answer differs, so none is asked for.

All that a decision takes from a policy is which statements apply to the request, or may, with what
effect, and how they name the caller (domain/iam/layers.py). So what is changed is asked by itself,
before and after: where it says the same about each call of somebody, nothing is decided otherwise.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from ..errors.nesting import load_json
from ..iam import (
    MalformedPolicy,
    PolicyKind,
    PrincipalElement,
    PrincipalMatch,
    Statement,
    StatementResult,
)
from .account import Principal
from .aws_managed_key import has_aws_managed_key
from .choices import STAGE, Choices, find_choices
from .context import Caller, account_of, role_name_of
from .evidence import AccessEvidence, Document, Evidence, Known
from .outsiders import Outsider
from .path import Answer
from .reach import ACTIONS, Ability, Parser, ways
from .who import Everybody, in_any_session, statements_of

One = Principal | Outsider
Policies = Mapping[str, Evidence[Document]]
_BOUNDARY = "its boundary"
_ANYBODY = PrincipalElement.of(["*"], is_negated=False)


@dataclass(frozen=True)
class Concerned:
    """Somebody, as they were and as they are, and of what the answers may differ; None in the state
    that does not name them.
    """

    was: One | None
    now: One | None
    abilities: Collection[Ability] = tuple(Ability)


def find_concerned(before: Everybody, after: Everybody) -> Iterator[Concerned]:
    """Everybody whose answers may differ. Both states are of one account's roles and users, and
    have one parser.
    """
    were, are = _by_title(before), _by_title(after)
    difference = _Difference(before, after)
    for title in {**were, **are}:
        was, now = were.get(title), are.get(title)
        if was is None or now is None:
            yield Concerned(was, now)
        elif abilities := difference.concerns(was, now):
            # Whether anybody at all is told apart is a matter of every ability.
            is_listed = isinstance(was, Principal)
            yield Concerned(was, now, abilities if is_listed else tuple(Ability))


def _by_title(everybody: Everybody) -> dict[str, One]:
    return {one.title: one for one in everybody}


class _Difference:
    """What differs between two states: of the policies that are shared, and of somebody's own."""

    def __init__(self, before: Everybody, after: Everybody) -> None:
        self._states, self._parse = (before, after), before.parse
        old, new = before.evidence, after.evidence
        self._own = before.details.differing(after.details)
        self._sessions = before.choices.sessions ^ after.choices.sessions
        # Then whatever names a key's id decides with it.
        self._is_key_untold = has_aws_managed_key(old) and not isinstance(old.key, Known)
        # Its tags, for which any policy may ask.
        self._is_of_secret = old.secret != new.secret
        self._actions = {
            a for a in ACTIONS if self._is_of_secret and a.startswith("secretsmanager:")
        }
        self._named: set[PrincipalElement] = {_ANYBODY} if self._is_of_secret else set()
        are_known = (
            self._compare(old.resource_policy, new.resource_policy, PolicyKind.RESOURCE),
            self._compare(old.key_policy, new.key_policy, PolicyKind.KEY),
            self._compare_grants(old, new),
        )
        self._is_for_all = not all(are_known) or _free(before) != _free(after)

    def _compare(self, old: Evidence[str], new: Evidence[str], kind: PolicyKind) -> bool:
        """Whether all of it is known."""
        if old == new:
            return True
        if not (isinstance(old, Known) and isinstance(new, Known)):
            return False
        texts = [text for text in (old.value, new.value) if text]
        # A secret may have no policy. Of a key that has none, nothing can be told.
        if kind is PolicyKind.KEY and len(texts) < 2:
            return False
        if not _are_alike(texts, kind, self._parse):
            return False
        was, is_ = (
            self._parse("", text, kind).statements if text else ()
            for text in (old.value, new.value)
        )
        statements = [*_only_in(was, is_), *_only_in(is_, was)]
        service = "kms:" if kind is PolicyKind.KEY else "secretsmanager:"
        self._actions |= {a for a in _actions_of(statements) if a.startswith(service)}
        self._named |= {s.principals or _ANYBODY for s in statements}
        return True

    def _compare_grants(self, old: AccessEvidence, new: AccessEvidence) -> bool:
        if old.grants == new.grants:
            return True
        if not (isinstance(old.grants, Known) and isinstance(new.grants, Known)):
            return False
        was, is_ = old.grants.value, new.grants.value
        only = [g for g in was if g not in is_] + [g for g in is_ if g not in was]
        self._actions |= {action for action in ACTIONS if action.startswith("kms:")}
        self._named |= {PrincipalElement.of([grant.grantee], is_negated=False) for grant in only}
        return True

    def concerns(self, was: One, now: One) -> Collection[Ability]:
        """Of which abilities somebody's answers may differ."""
        before, after = self._states
        caller = before.caller(was)
        whom = account_of(caller.arn), role_name_of(caller.arn)
        if self._is_for_all or any(whom == (owner, role) for owner, role, _ in self._sessions):
            return tuple(Ability)
        arns = frozenset({caller.arn, caller.role_arn})
        is_named = any(element.may_name(arns, *whom) for element in self._named)
        if was.title not in self._own and not is_named:
            return ()
        return self._told_otherwise(_of_any_form(caller), _of_any_form(after.caller(now)))

    def _told_otherwise(self, was: Caller, now: Caller) -> Collection[Ability]:
        old, new = _policies(was), _policies(now)
        names = [name for name in {**old, **new} if self._is_compared(old.get(name), new.get(name))]
        found = [of[name] for name in names for of in (old, new) if name in of]
        texts = {policy.value.text for policy in found if isinstance(policy, Known)}
        are_known = all(isinstance(policy, Known) for policy in found)
        if not are_known or not _are_alike(texts, PolicyKind.IDENTITY, self._parse):
            return tuple(Ability)
        statements = list(statements_of(found, self._parse))
        own, own_actions = find_choices(statements, ()), _actions_of(statements)
        is_about_key = any(action.startswith("kms:") for action in own_actions)
        if own.are_any or (self._is_key_untold and is_about_key):
            return tuple(Ability)
        actions = self._actions | own_actions
        before, after = (
            _told(state, _with_only(caller, names), actions)
            for state, caller in zip(self._states, (was, now), strict=True)
        )
        return [ability for ability in Ability if before[ability] != after[ability]]

    def _is_compared(self, old: Evidence[Document] | None, new: Evidence[Document] | None) -> bool:
        return old != new or (self._is_of_secret and _may_ask_for_tags(old))


def _free(everybody: Everybody) -> Choices:
    """What everybody may choose."""
    return replace(everybody.choices, sessions=frozenset())


def _only_in(these: Iterable[Statement], others: Iterable[Statement]) -> list[Statement]:
    documents = [statement.document for statement in others]
    return [statement for statement in these if statement.document not in documents]


def _actions_of(statements: Iterable[Statement]) -> set[str]:
    elements = {statement.actions for statement in statements}
    return {a for a in ACTIONS if any(each.matches(a.casefold()) for each in elements)}


def _are_alike(texts: Collection[str], kind: PolicyKind, parse: Parser) -> bool:
    """Whether all can be parsed, and mean the same by the same statement."""
    try:
        for text in texts:
            parse("", text, kind)
    except MalformedPolicy:
        return False
    return len({_version(text) for text in texts}) <= 1


@lru_cache(maxsize=256)
def _version(text: str) -> str:
    """Variables are plain text in the older one."""
    return str(load_json(text).get("Version"))


def _may_ask_for_tags(found: Evidence[Document] | None) -> bool:
    """As JSON a key may be written with escapes as well."""
    text = found.value.text if isinstance(found, Known) else ""
    return "resourcetag" in text.casefold() or "\\u" in text


def _of_any_form(caller: Caller) -> Caller:
    """In a session of any name, which reads a version of any stage."""
    return replace(in_any_session(caller), unknown=caller.unknown | {STAGE})


def _policies(caller: Caller) -> Policies:
    boundary = caller.evidence.boundary
    return {**caller.evidence.documents, **({_BOUNDARY: boundary} if boundary else {})}


def _with_only(caller: Caller, names: Collection[str]) -> Caller:
    """Its boundary stays: a NotPrincipal asks whether there is one."""
    kept = {name: found for name, found in caller.evidence.documents.items() if name in names}
    return replace(caller, evidence=replace(caller.evidence, documents=kept))


Said = frozenset[object]
"""All that a decision takes from policies."""


def _told(
    state: Everybody, caller: Caller, actions: Collection[str]
) -> dict[Ability, dict[str, Said]]:
    """What the policies say of each ability, action by action."""
    answers: dict[str, Answer] = {}
    found: dict[Ability, dict[str, Said]] = {}
    for ability in Ability:
        hops = chain.from_iterable(ways(state.evidence, ability, caller, lambda _: state.parse))
        found[ability] = {}
        for ask in hops:
            if ask.action in actions:
                key = _same_context(ask.action)
                answers[key] = answers.get(key) or ask()
                found[ability][ask.action] = _said(answers[key], ask.action)
    return found


def _same_context(action: str) -> str:
    """Calls to one service differ in their action alone, but for those to KMS."""
    service = action.partition(":")[0]
    return action if service == "kms" else service


def _said(answer: Answer, action: str) -> Said:
    if answer.evaluation is None:
        return frozenset({answer.why_not})
    folded = action.casefold()
    results = answer.evaluation.statements
    told = (_trace(result) for result in results if result.statement.actions.matches(folded))
    return frozenset(told) | {granted.matches for granted in answer.evaluation.grants} | {False}


def _trace(result: StatementResult) -> object:
    """Of a statement that may apply also why that is not known: two may, for other reasons. False
    for one that does not.
    """
    principal, resource, condition = result.principal, result.resource, result.condition
    if resource is False or condition is False or principal is PrincipalMatch.NOBODY:
        return False
    document = result.statement.document
    whom = (document.get("Principal"), document.get("NotPrincipal"))
    what = (document.get("Resource"), document.get("NotResource"))
    return (
        *(result.layer, result.policy, result.effect, principal),
        str(whom) if principal is PrincipalMatch.UNKNOWN else "",
        str(what) if resource is None else "",
        str(result.unmet),
    )
