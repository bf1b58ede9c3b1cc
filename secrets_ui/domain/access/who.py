"""Judges who can read a secret, change it, or change the policies that decide: every role and user
of the account, and everybody outside it whom a policy or a grant names.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..environment import Environment
from ..iam import Grant, MalformedPolicy, PolicyKind, Statement
from .account import EVERYBODY, AccountDetails, Principal
from .actions import READ
from .answers import Kind, Row, WhoCan
from .choices import ANY_SESSION, Choices, find_choices
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
from .organization import describe_control, missing_control
from .outsiders import ANY_ACCOUNT, Outsider, find_outsiders, services_named
from .reach import Ability, Parser, Verdict, either, judge
from .trusted import is_federated, may_be_tagged, trusted_by

AT_ONCE = 100  # principals that are judged between two words of how far it is
Tell = Callable[[int, int], None]  # how many roles and users are judged, of how many


def who_can(
    evidence: AccessEvidence,
    details: Evidence[AccountDetails],
    parse: Parser | None = None,
    tell: Tell = lambda judged, total: None,
) -> WhoCan:
    """Answer for everybody, from what was gathered. No I/O, but what `tell` does.

    `parse` has parsed the same account's policies for other secrets.
    """
    parse = parse or Parser()
    choices = _choices(evidence, parse)
    rows = []
    if isinstance(details, Known):
        found = details.value
        for number, principal in enumerate(found.principals):
            if number % AT_ONCE == 0:
                tell(number, len(found.principals))
            rows.append(_insider(evidence, found, principal, details, choices, parse))
    listed = {row.title for row in rows}
    outsiders = _outsiders(evidence, listed, parse)
    rows += [row for o in outsiders if (row := _outsider(evidence, o, choices, parse)) is not None]
    return WhoCan(
        evidence.environment.name,
        evidence.secret_name,
        evidence.read_at,
        tuple(sorted(rows, key=_order)),
        services_named(_statements_of_secret(evidence, parse), READ),
        tuple(_gaps(evidence, details)),
        describe_control(evidence),
        evidence.calls,
    )


def find_principal(
    evidence: AccessEvidence, details: Evidence[AccountDetails], title: str
) -> tuple[Row, list[tuple[str, Caller]]] | None:
    """The row of whoever has this title, and its callers with all of their policies."""
    parse = Parser()
    choices = _choices(evidence, parse)
    principals = details.value.principals if isinstance(details, Known) else ()
    for principal in principals:
        if principal.identity.arn == title and isinstance(details, Known):
            row = _insider(evidence, details.value, principal, details, choices, parse)
            known = details.value.evidence_of(principal, details.call)
            return row, _callers(principal, known, choices, parse)
    listed = {principal.identity.arn for principal in principals}
    for outsider in _outsiders(evidence, listed, parse):
        found = _outsider(evidence, outsider, choices, parse) if outsider.title == title else None
        if found:
            return found, _chosen(outsider.caller, choices)
    return None


def _grants(evidence: AccessEvidence) -> tuple[Grant, ...]:
    return evidence.grants.value if isinstance(evidence.grants, Known) else ()


def _choices(evidence: AccessEvidence, parse: Parser) -> Choices:
    return find_choices(_resource_statements(evidence, parse), _grants(evidence))


def _outsiders(evidence: AccessEvidence, listed: set[str], parse: Parser) -> tuple[Outsider, ...]:
    own, account = _resource_statements(evidence, parse), evidence.environment.account
    return find_outsiders(own, _grants(evidence), account, listed)


def _order(row: Row) -> tuple[object, ...]:
    reads = {True: 0, None: 1, False: 2}
    inside, named = row.kind is not Kind.OUTSIDE, bool(row.account)
    return inside, named, reads[row.read.can], row.is_expected, row.title


def _gaps(evidence: AccessEvidence, details: Evidence[AccountDetails]) -> Iterator[str]:
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


def _insider(
    evidence: AccessEvidence,
    details: AccountDetails,
    principal: Principal,
    source: Known[AccountDetails],
    choices: Choices,
    parse: Parser,
) -> Row:
    identity = principal.identity
    known = _about_it(details.evidence_of(principal, source.call), parse)
    verdicts = _judge_all(evidence, _callers(principal, known, choices, parse), parse)
    can = any(verdict.can is not False for verdict in verdicts.values())
    return Row(
        Kind.USER if principal.is_user else Kind.ROLE,
        identity.arn,
        identity.arn.split(":")[4],
        is_expected(evidence.environment, identity.arn),
        verdicts,
        trusted=trusted_by(identity) if can else (),
        last_used=principal.last_used,
    )


def _callers(
    principal: Principal, known: RoleEvidence, choices: Choices, parse: Parser
) -> list[tuple[str, Caller]]:
    identity = principal.identity
    arn = identity.arn if principal.is_user else _session(identity.arn, ANY_SESSION)
    caller = Caller(arn, identity.arn, known, is_lambda=False, unknown=_unknown_of(principal))
    return _chosen(caller, choices.with_more(_own_statements(known, parse)))


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


def _own_statements(known: RoleEvidence, parse: Parser) -> Iterator[Statement]:
    documents = (*known.documents.values(), known.boundary)
    for found in documents:
        if isinstance(found, Known):
            yield from _parsed(found.value.name, found.value.text, PolicyKind.IDENTITY, parse)


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
    """The caller in every way that it may choose, each with what that way is in words."""
    found = []
    is_session = not caller.is_user and caller.arn.endswith(f"/{ANY_SESSION}")
    account, role = caller.arn.split(":")[4], role_name_of(caller.arn)
    for name in choices.of_role(account, role) if is_session else ("",):
        arn = f"{caller.arn.removesuffix(ANY_SESSION)}{name}" if name else caller.arn
        words = f"in a session named {name}" if name not in ("", ANY_SESSION) else ""
        for chosen in choices.of_read():
            stage = "of the stage AWSCURRENT" if chosen else ""
            found.append((f"{words} {stage}".strip(), replace(caller, arn=arn, chosen=chosen)))
    return found


def _judge_all(
    evidence: AccessEvidence, callers: list[tuple[str, Caller]], parse: Parser
) -> dict[Ability, Verdict]:
    return {ability: _judge(evidence, ability, callers, parse) for ability in Ability}


def _judge(
    evidence: AccessEvidence, ability: Ability, callers: list[tuple[str, Caller]], parse: Parser
) -> Verdict:
    return either(
        replace(judge(evidence, ability, caller, parse.about), condition=words)
        for words, caller in callers
        if ability is Ability.READ or not caller.chosen
    )


def _outsider(
    evidence: AccessEvidence, outsider: Outsider, choices: Choices, parse: Parser
) -> Row | None:
    """None for anybody at all, where no policy that was read is so open."""
    verdicts = _judge_all(evidence, _chosen(outsider.caller, choices), parse)
    is_anybody = outsider.account == ANY_ACCOUNT
    is_told_apart = verdicts[Ability.READ].can is None or any(v.can for v in verdicts.values())
    if is_anybody and not is_told_apart:
        return None
    return Row(
        Kind.UNLISTED if outsider.account == evidence.environment.account else Kind.OUTSIDE,
        outsider.title,
        "" if is_anybody else outsider.account,
        is_expected(evidence.environment, outsider.title),
        verdicts,
    )


def is_expected(environment: Environment, arn: str) -> bool:
    """Whether a principal is one of the environment's readers, by its ARN or as `role/NAME`."""
    expected = {f"role/{environment.lambda_role}", environment.assume_role, *environment.readers}
    is_ours = arn.split(":")[4:5] == [environment.account]
    kind, name = arn.split(":")[-1].partition("/")[0], arn.rpartition("/")[2]
    return arn in expected or (is_ours and f"{kind}/{name}" in expected)
