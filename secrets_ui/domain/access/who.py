"""Judges who can read a secret, change it, or change the policies that decide: every role and user
of the account, and everybody outside it whom a policy or a grant names.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from ..environment import Environment
from ..errors import AwsCall
from ..iam import MalformedPolicy, PolicyKind, Statement
from .account import EVERYBODY, AccountDetails, Principal
from .actions import READ
from .answers import Kind, Row, WhoCan
from .choices import Choices, find_choices
from .context import PRINCIPAL_TAGS, Caller, role_name_of
from .evidence import (
    AccessEvidence,
    Document,
    Evidence,
    Known,
    RoleEvidence,
    not_known,
    why_unavailable,
)
from .organization import describe_control, levels_of, missing_control
from .outsiders import ANY_ACCOUNT, Outsider, find_outsiders, services_named
from .reach import Ability, Parser, Verdict, either, judge
from .session_names import ANY_SESSION
from .trusted import is_federated, may_be_tagged, trusted_by

AT_ONCE = 100  # principals that are judged between two words of how far it is
_NOBODY = Known(AccountDetails((), {}, {}), AwsCall(""))
Tell = Callable[[int, int], None]  # how many roles and users are judged, of how many


class Everybody:
    """All of whom there is an answer, as the policies of `evidence` and `details` stand.

    `parse` has parsed the same account's policies for other secrets, or as they stood otherwise.
    """

    def __init__(
        self, evidence: AccessEvidence, details: Evidence[AccountDetails], parse: Parser
    ) -> None:
        self.evidence, self.parse = evidence, parse
        listed = details if isinstance(details, Known) else _NOBODY
        self.details, self._call = listed.value, listed.call
        own = list(_resource_statements(evidence, parse))
        grants = evidence.grants.value if isinstance(evidence.grants, Known) else ()
        self.choices = find_choices([*own, *_control_statements(evidence, parse)], grants)
        self.principals = self.details.principals
        titles = {principal.title for principal in self.principals}
        self.outsiders = find_outsiders(own, grants, evidence.environment.account, titles)

    def __iter__(self) -> Iterator[Principal | Outsider]:
        yield from self.principals
        yield from self.outsiders

    def row(
        self, one: Principal | Outsider, abilities: Collection[Ability] = tuple(Ability)
    ) -> Row | None:
        """None for anybody at all, where no policy that was read is so open; of an outsider with
        every ability.
        """
        if isinstance(one, Outsider):
            return self._outsider(one)
        caller = self.caller(one)
        known = _about_it(caller.evidence, self.parse)
        verdicts = self._verdicts(replace(caller, evidence=known), abilities)
        can = any(verdict.can is not False for verdict in verdicts.values())
        return Row(
            Kind.USER if one.is_user else Kind.ROLE,
            one.title,
            one.title.split(":")[4],
            is_expected(self.evidence.environment, one.title),
            verdicts,
            trusted=trusted_by(one.identity) if can else (),
            last_used=one.last_used,
        )

    def _outsider(self, one: Outsider) -> Row | None:
        verdicts, ours = self._verdicts(one.caller, Ability), self.evidence.environment.account
        is_anybody = one.account == ANY_ACCOUNT
        is_told_apart = verdicts[Ability.READ].can is None or any(v.can for v in verdicts.values())
        if is_anybody and not is_told_apart:
            return None
        return Row(
            Kind.UNLISTED if one.account == ours else Kind.OUTSIDE,
            one.title,
            "" if is_anybody else one.account,
            is_expected(self.evidence.environment, one.title),
            verdicts,
        )

    def caller(self, one: Principal | Outsider) -> Caller:
        """With all of its policies, and without what it may choose."""
        if isinstance(one, Outsider):
            return one.caller
        arn = one.title if one.is_user else _session(one.title, ANY_SESSION)
        known = self.details.evidence_of(one, self._call)
        return Caller(arn, one.title, known, is_lambda=False, unknown=_unknown_of(one))

    def forms(self, caller: Caller) -> list[tuple[str, Caller]]:
        """The caller in every way that it may choose, each with what that way is in words."""
        own = (*caller.evidence.documents.values(), caller.evidence.boundary)
        return _chosen(caller, self.choices.with_more(statements_of(own, self.parse)))

    def _verdicts(self, caller: Caller, abilities: Iterable[Ability]) -> dict[Ability, Verdict]:
        forms = self.forms(caller)
        return {
            ability: either(
                replace(judge(self.evidence, ability, form, self.parse.about), condition=words)
                for words, form in forms
                if ability is Ability.READ or not form.chosen
            )
            for ability in abilities
        }


def who_can(
    evidence: AccessEvidence,
    details: Evidence[AccountDetails],
    parse: Parser | None = None,
    tell: Tell = lambda judged, total: None,
) -> WhoCan:
    """Answer for everybody, from what was gathered. No I/O, but what `tell` does.

    `parse` as of `Everybody`.
    """
    everybody = Everybody(evidence, details, parse or Parser())
    found = []
    for number, principal in enumerate(everybody.principals):
        if number % AT_ONCE == 0:
            tell(number, len(everybody.principals))
        found.append(everybody.row(principal))
    found += map(everybody.row, everybody.outsiders)
    rows = [row for row in found if row is not None]
    return WhoCan(
        evidence.environment.name,
        evidence.secret_name,
        evidence.read_at,
        tuple(sorted(rows, key=_order)),
        services_named(_statements_of_secret(evidence, everybody.parse), READ),
        tuple(find_gaps(evidence, details)),
        describe_control(evidence),
        evidence.calls,
        failed_calls=evidence.failed_calls,
    )


def find_principal(
    evidence: AccessEvidence, details: Evidence[AccountDetails], title: str
) -> tuple[Row, list[tuple[str, Caller]]] | None:
    """The row of whoever has this title, and its callers with all of their policies."""
    everybody = Everybody(evidence, details, Parser())
    for one in everybody:
        if one.title == title and (row := everybody.row(one)):
            return row, everybody.forms(everybody.caller(one))
    return None


def _order(row: Row) -> tuple[object, ...]:
    reads = {True: 0, None: 1, False: 2}
    inside, named = row.kind is not Kind.OUTSIDE, bool(row.account)
    return inside, named, reads[row.read.can], row.is_expected, row.title


def find_gaps(evidence: AccessEvidence, details: Evidence[AccountDetails]) -> Iterator[str]:
    """What the answers lack, one sentence each."""
    what: list[tuple[str, Evidence[object]]] = [
        (EVERYBODY, details),
        ("the secret", evidence.secret),
        ("the secret's policy", evidence.resource_policy),
        ("the key that encrypts it", evidence.key),
    ]
    if isinstance(evidence.key, Known) and evidence.key.value.manager != "AWS":
        what += [("the key policy", evidence.key_policy), ("the key's grants", evidence.grants)]
    for name, found in what:
        if why := why_unavailable(found):
            yield not_known(name, why)
    if why := missing_control(evidence):
        yield not_known("the organization’s policies", why)


def _resource_statements(evidence: AccessEvidence, parse: Parser) -> Iterator[Statement]:
    yield from _statements_of_secret(evidence, parse)
    yield from _statements(evidence.key_policy, PolicyKind.KEY, parse)


def _control_statements(evidence: AccessEvidence, parse: Parser) -> Iterator[Statement]:
    """Of the organization's policies."""
    for level in levels_of(evidence):
        for document in level.service:
            yield from _parsed(document.name, document.text, PolicyKind.IDENTITY, parse)
        for document in level.resource:
            yield from _parsed(document.name, document.text, PolicyKind.RESOURCE, parse)


def _statements_of_secret(evidence: AccessEvidence, parse: Parser) -> tuple[Statement, ...]:
    return _statements(evidence.resource_policy, PolicyKind.RESOURCE, parse)


def _statements(found: Evidence[str], kind: PolicyKind, parse: Parser) -> tuple[Statement, ...]:
    text = found.value if isinstance(found, Known) else ""
    return _parsed(f"{kind} policy", text, kind, parse) if text else ()


def _parsed(name: str, text: str, kind: PolicyKind, parse: Parser) -> tuple[Statement, ...]:
    """None of a policy that cannot be parsed: the evaluator then says that it is not known."""
    try:
        return parse(name, text, kind).statements
    except MalformedPolicy:
        return ()


def _about_it(known: RoleEvidence, parse: Parser) -> RoleEvidence:
    """Without the policies that say nothing about any action that is asked: most of them."""
    kept = {name: found for name, found in known.documents.items() if _may_decide(found, parse)}
    return replace(known, documents=kept)


def _may_decide(found: Evidence[Document], parse: Parser) -> bool:
    if not isinstance(found, Known):
        return True
    try:
        return bool(parse(found.value.name, found.value.text, PolicyKind.IDENTITY).statements)
    except MalformedPolicy:
        return True


def statements_of(found: Iterable[Evidence[Document] | None], parse: Parser) -> Iterator[Statement]:
    """The statements about actions that are asked, of those policies that can be read."""
    for policy in found:
        if isinstance(policy, Known):
            document = policy.value
            yield from _parsed(document.name, document.text, PolicyKind.IDENTITY, parse)


def _unknown_of(principal: Principal) -> frozenset[str]:
    """What whoever makes a session of the role decides; a user may have a session, or none."""
    identity = principal.identity
    if principal.is_user:
        return frozenset({"aws:TokenIssueTime"})
    tags = {PRINCIPAL_TAGS} if may_be_tagged(identity) else set()
    federated = {"aws:FederatedProvider", "saml:*"} if is_federated(identity) else set()
    return frozenset({"aws:SourceIdentity", *tags, *federated})


def _session(role: str, name: str) -> str:
    partition, account = role.split(":")[1], role.split(":")[4]
    return f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{name}"


def _chosen(caller: Caller, choices: Choices) -> list[tuple[str, Caller]]:
    return [
        (
            f"{words} {'of the stage AWSCURRENT' if chosen else ''}".strip(),
            replace(session, chosen=chosen),
        )
        for words, session in _sessions(caller, choices)
        for chosen in choices.of_read()
    ]


def _sessions(caller: Caller, choices: Choices) -> Iterator[tuple[str, Caller]]:
    yield "", caller
    if caller.is_user or not caller.arn.endswith(f"/{ANY_SESSION}"):
        return
    account, role = caller.arn.split(":")[4], role_name_of(caller.arn)
    identity = caller.evidence.role
    role_id = identity.value.role_id if isinstance(identity, Known) else ""
    names, are_all = choices.of_role(account, role, role_id)
    for name in names:
        arn = f"{caller.arn.removesuffix(ANY_SESSION)}{name}"
        yield f"in a session named {name}", replace(caller, arn=arn)
    if not are_all:
        yield "in a session of another name", in_any_session(caller)


def in_any_session(caller: Caller) -> Caller:
    """The caller's session has a name, which is not known."""
    return replace(caller, arn=caller.arn.removesuffix(ANY_SESSION))


def is_expected(environment: Environment, arn: str) -> bool:
    """Whether a principal is one of the environment's readers, by its ARN or as `role/NAME`."""
    expected = {f"role/{environment.lambda_role}", environment.assume_role, *environment.readers}
    is_ours = arn.split(":")[4:5] == [environment.account]
    kind, name = arn.split(":")[-1].partition("/")[0], arn.rpartition("/")[2]
    return arn in expected or (is_ours and f"{kind}/{name}" in expected)
