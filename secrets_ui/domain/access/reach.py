"""What one caller can do with a secret: every hop of an act, answered by the evaluator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from ..iam import (
    ActionElement,
    Layer,
    MalformedPolicy,
    NamedPolicy,
    PolicyKind,
    Statement,
    StatementResult,
    parse_policy,
)
from .actions import DECRYPT, READ
from .aws_managed_key import DOCUMENTED, NAME, has_aws_managed_key
from .context import Caller, account_of, secret_arn
from .evidence import AccessEvidence, Known
from .path import Answer, ask_decrypt, ask_iam, ask_read
from .reading import Parse, why_unknown

GENERATE_KEY = "kms:GenerateDataKey"
_CHANGE_ROLE = ("iam:PutRolePolicy", "iam:AttachRolePolicy")
_CHANGE_USER = ("iam:PutUserPolicy", "iam:AttachUserPolicy")
_PUT, _DELETE = "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"
_CHANGE_SECRET, _CHANGE_KEY = "secretsmanager:PutResourcePolicy", "kms:PutKeyPolicy"
_GRANT = "kms:CreateGrant"
ACTIONS = (
    *(READ, DECRYPT, GENERATE_KEY, _PUT, _DELETE, _CHANGE_SECRET, _CHANGE_KEY, _GRANT),
    *_CHANGE_ROLE,
    *_CHANGE_USER,
)
"""Every action that is asked about here."""
ASSUMED = "policies of another account, which are not seen"
"""The name of a policy that stands for what cannot be seen: it decides nothing."""


class Ability(StrEnum):
    """What somebody can do with a secret."""

    READ = "read"
    PUT = "put"
    DELETE = "delete"
    CHANGE_POLICY = "change-policy"

    __hash__ = str.__hash__

    @property
    def words(self) -> str:
        """What follows "can" in a sentence."""
        return _WORDS[self]


_WORDS = {
    Ability.READ: "read it",
    Ability.PUT: "write a value",
    Ability.DELETE: "delete it",
    Ability.CHANGE_POLICY: "change who can read it",
}
_WITH_KEY = (Ability.READ, Ability.PUT)
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
_CLOSED = f"The key {NAME} serves its own account alone."


class Parser:
    """Parses each distinct document once, and keeps of it only the statements about `actions`: any
    other applies to no request that is asked.
    """

    def __init__(self, actions: Iterable[str] = ACTIONS) -> None:
        self._actions = [action.casefold() for action in actions]
        self._asked: dict[ActionElement, bool] = {}
        self._found: dict[tuple[str, PolicyKind], tuple[Statement, ...] | MalformedPolicy] = {}
        self._about: dict[str, Parse] = {}

    def __call__(self, name: str, text: str, kind: PolicyKind) -> NamedPolicy:
        """Raises MalformedPolicy."""
        found = self._found.get((text, kind))
        if found is None:
            found = self._found[text, kind] = self._read(name, text, kind)
        if isinstance(found, MalformedPolicy):
            raise found
        return NamedPolicy(name, kind, found)

    def about(self, action: str) -> Parse:
        """The same for requests of one action: most policies have no statement about it."""
        if action not in self._about:
            self._about[action] = partial(self._only, action.casefold(), {})
        return self._about[action]

    def _only(
        self,
        action: str,
        found: dict[tuple[str, PolicyKind], tuple[Statement, ...]],
        name: str,
        text: str,
        kind: PolicyKind,
    ) -> NamedPolicy:
        statements = found.get((text, kind))
        if statements is None:
            whole = self(name, text, kind).statements
            statements = tuple([s for s in whole if s.actions.matches(action)])
            found[text, kind] = statements
        return NamedPolicy(name, kind, statements)

    def _read(
        self, name: str, text: str, kind: PolicyKind
    ) -> tuple[Statement, ...] | MalformedPolicy:
        try:
            statements = parse_policy(name, text, kind).statements
        except MalformedPolicy as error:
            return error
        return tuple([s for s in statements if self._is_asked(s.actions)])

    def _is_asked(self, element: ActionElement) -> bool:
        found = self._asked.get(element)
        if found is None:
            found = self._asked[element] = any(map(element.matches, self._actions))
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether somebody can do something; `can` is None where that cannot be told.

    `by` are the statements and grants that decide. `missing` says what is not known. `condition`
    is what the caller has to choose, such as the name of the session.
    """

    can: bool | None
    by: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    condition: str = ""


NO = Verdict(False)


@dataclass(frozen=True, slots=True)
class Ask:
    """Whether a caller may call an action: a question that is still to be asked."""

    action: str
    ask: Callable[[], Answer]

    def __call__(self) -> Answer:
        return self.ask()


Way = tuple[Ask, ...]
"""The hops of one way to do something. All of them must be allowed."""
About = Callable[[str], Parse]
"""How to parse policies for requests of one action, such as `Parser.about`."""


def judge(evidence: AccessEvidence, ability: Ability, caller: Caller, about: About) -> Verdict:
    """Decide whether a caller can do something: by one of its ways, which have all their hops."""
    # Without its ARN nothing can be compared with the policies' resources.
    if not isinstance(evidence.secret, Known):
        return Verdict(None, missing=(why_unknown("the secret", evidence.secret),))
    is_ours = account_of(caller.arn) == account_of(secret_arn(evidence))
    if ability in _WITH_KEY and has_aws_managed_key(evidence) and not is_ours:
        return Verdict(False, by=(_CLOSED,))
    return either(_judge_way(way) for way in ways(evidence, ability, caller, about))


def either(verdicts: Iterable[Verdict]) -> Verdict:
    """The first that can; or else what cannot be told; or else the first that cannot."""
    rest = []
    for verdict in verdicts:
        if verdict.can:
            return verdict
        rest.append(verdict)
    unknown = [verdict for verdict in rest if verdict.can is None]
    if unknown:
        missing = dict.fromkeys(reason for verdict in unknown for reason in verdict.missing)
        return Verdict(None, missing=tuple(missing), condition=unknown[0].condition)
    return next((verdict for verdict in rest if verdict.by), NO)


def ways(evidence: AccessEvidence, ability: Ability, caller: Caller, about: About) -> Iterator[Way]:
    """Each way to do something, as questions that are still to be asked."""

    def secret(action: str) -> Ask:
        return Ask(action, partial(ask_read, evidence, action, caller, about(action)))

    def key(action: str, service: str = "secretsmanager") -> Ask:
        return Ask(action, partial(ask_decrypt, evidence, action, caller, service, about(action)))

    def iam(action: str) -> Ask:
        return Ask(action, partial(ask_iam, evidence, action, caller, about(action)))

    match ability:
        case Ability.READ:
            yield (secret(READ), key(DECRYPT))
        case Ability.PUT:
            yield (secret(_PUT), key(GENERATE_KEY), key(DECRYPT))
        case Ability.DELETE:
            yield (secret(_DELETE),)
        case Ability.CHANGE_POLICY:
            yield (secret(_CHANGE_SECRET),)
            # Nobody changes the policy of the key that AWS manages, or makes grants of it directly.
            if not has_aws_managed_key(evidence):
                yield from [(key(action, service=""),) for action in (_CHANGE_KEY, _GRANT)]
            if account_of(caller.arn) == evidence.environment.account and caller.role_arn:
                yield from [(iam(a),) for a in (_CHANGE_USER if caller.is_user else _CHANGE_ROLE)]


def _judge_way(way: Way) -> Verdict:
    answers: list[Answer] = []
    for ask in way:
        answer = ask()
        if answer.truth is False:
            return Verdict(False, by=tuple(_denying(answer)))
        answers.append(answer)
    missing = [reason for answer in answers if answer.truth is None for reason in answer.missing]
    if any(answer.truth is None for answer in answers):
        return Verdict(None, missing=tuple(dict.fromkeys(missing)))
    return Verdict(True, by=tuple([by for answer in answers for by in _allowing(answer)]))


def _denying(answer: Answer) -> Iterator[str]:
    if answer.evaluation and answer.request:
        for result in answer.evaluation.deciding:
            yield f"{answer.request.action} is denied: {_words(result, answer.request.action)}"


def _allowing(answer: Answer) -> Iterator[str]:
    """A boundary allows nothing by itself, so it is not among them."""
    if not answer.evaluation or not answer.request:
        return
    action = answer.request.action
    for result in answer.evaluation.deciding:
        if result.layer in (Layer.IDENTITY, Layer.RESOURCE) and result.policy != ASSUMED:
            yield f"{action}: {_words(result, action)}"
    for granted in answer.evaluation.deciding_grants:
        yield f"{action}: grant {granted.grant.name}"


_KINDS = {
    Layer.BOUNDARY: "permissions boundary",
    Layer.SCP: "service control policy",
    Layer.RCP: "resource control policy",
}


def _words(result: StatementResult, action: str) -> str:
    statement = f"statement {result.sid or result.statement.index + 1}"
    if result.policy == DOCUMENTED:
        return f"key policy of {DOCUMENTED}"
    if result.layer is Layer.RESOURCE:
        return f"{'key' if action.startswith('kms:') else 'secret'} policy, {statement}"
    return f"{_KINDS.get(result.layer, 'policy')} {result.policy}, {statement}"
