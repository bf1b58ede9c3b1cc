"""A remedy for a refusal by a tag that the role or the secret lacks: the tag itself."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Remedy
from ...domain.access.path import Answer
from ...domain.iam import (
    NEGATED_TEXT_OPERATORS,
    TEXT_OPERATORS,
    Effect,
    Request,
    StatementResult,
    as_list,
)
from .policy_changes import command, holder
from .terraform_addresses import LAMBDA_ROLE, secret, then_apply
from .trials import tried

_ROLE, _RESOURCE = "aws:principaltag/", ("aws:resourcetag/", "secretsmanager:resourcetag/")


@dataclass(frozen=True)
class MissingTag:
    """A tag that a condition asks for and its owner does not have."""

    is_of_role: bool
    name: str
    value: str


@dataclass(frozen=True)
class TagChange:
    """Tags that are given to the role or the user, or to the secret."""

    tags: tuple[MissingTag, ...]
    words: str
    cli: str
    terraform: str
    shown: tuple[Mapping[str, Any], ...] = ()

    def applied(self, evidence: AccessEvidence) -> AccessEvidence:
        """Return the evidence as it would be with the tags."""
        return _with_tags(evidence, self.tags)


def tag_remedy(
    evidence: AccessEvidence,
    request: Request,
    results: Iterable[StatementResult],
    ask: Callable[[AccessEvidence], Answer],
    helps: Callable[[Answer], bool],
) -> Remedy | None:
    """Return the remedy that gives the tags which one of the statements misses, if they help."""
    for change in tag_changes(evidence, request, results):
        after = change.applied(evidence)
        if helps(ask(after)):
            outcome = tried(evidence, after, ask)
            return Remedy(change.words, change.terraform, change.cli, outcome)
    return None


def tag_changes(
    evidence: AccessEvidence, request: Request, results: Iterable[StatementResult]
) -> Iterator[TagChange]:
    """Yield for each statement the tags that it asks for and that are not there."""
    for result in results:
        if tags := list(dict.fromkeys(missing_tags(evidence, request, result))):
            yield _change(evidence, tags)


def missing_tags(
    evidence: AccessEvidence, request: Request, result: StatementResult
) -> Iterator[MissingTag]:
    """Yield the tags that the conditions of a statement ask for and that are not there."""
    is_deny = result.effect is Effect.DENY
    operators = NEGATED_TEXT_OPERATORS if is_deny else TEXT_OPERATORS
    for operator, keys in result.statement.document.get("Condition", {}).items():  # type: ignore[attr-defined]
        for key, wanted in keys.items() if operator in operators else ():
            values = [str(value) for value in as_list(wanted)]
            yield from _missing(evidence, request, key, values)


def _missing(
    evidence: AccessEvidence, request: Request, key: str, wanted: list[str]
) -> Iterator[MissingTag]:
    actual = text_of(request, key)
    for value in wanted:
        variable = value[2:-1] if value.startswith("${") and value.endswith("}") else ""
        # The key has a value, and the policy compares it with a tag of the role that is not there.
        if actual and _lacks(evidence, request, variable):
            yield MissingTag(*_owner(variable), actual)
            return
    stated = (text_of(request, v[2:-1]) if v.startswith("${") else v for v in wanted)
    literal = next((v for v in stated if v and not set(v) & set("*?$")), "")
    if not actual and literal and _lacks(evidence, request, key):
        yield MissingTag(*_owner(key), literal)


def _lacks(evidence: AccessEvidence, request: Request, key: str) -> bool:
    """Whether a key is about a tag that certainly is not there."""
    folded = key.casefold()
    if folded.startswith(_ROLE):
        return isinstance(evidence.role, Known) and not text_of(request, key)
    is_of_secret = folded.startswith(_RESOURCE) and not request.is_self_governing
    return is_of_secret and isinstance(evidence.secret, Known) and not text_of(request, key)


def _owner(key: str) -> tuple[bool, str]:
    """Return whether the role has the tag of a condition key, and the tag's name."""
    return key.casefold().startswith(_ROLE), key.partition("/")[2]


def text_of(request: Request, key: str) -> str:
    """The text of a condition key in the request, "" where it is not there or no text."""
    found = (v for name, v in request.context.items() if name.casefold() == key.casefold())
    value = next(found, "")
    return value if isinstance(value, str) else ""


def _with_tags(evidence: AccessEvidence, tags: Iterable[MissingTag]) -> AccessEvidence:
    role, secret_ = evidence.role, evidence.secret
    for tag in tags:
        if tag.is_of_role and isinstance(role, Known):
            given = {**role.value.tags, tag.name: tag.value}
            role = replace(role, value=replace(role.value, tags=given))
        elif isinstance(secret_, Known):
            given = {**secret_.value.tags, tag.name: tag.value}
            secret_ = replace(secret_, value=replace(secret_.value, tags=given))
    return replace(evidence, role=role, secret=secret_)


def _change(evidence: AccessEvidence, tags: list[MissingTag]) -> TagChange:
    environment, words, terraform, commands = evidence.environment, [], [], []
    of, name = holder(evidence)
    for is_of_role in (True, False):
        ours = [tag for tag in tags if tag.is_of_role is is_of_role]
        if not ours:
            continue
        owner = f"The {of} {name}" if is_of_role else evidence.secret_name
        lacking = " and ".join(tag.name for tag in ours)
        given = " and ".join(f"{tag.name}={tag.value}" for tag in ours)
        words.append(f"{owner} lacks the tag {lacking}: give it {given}.")
        terraform.append(
            _terraform(LAMBDA_ROLE if is_of_role else secret(evidence.secret_name), ours)
        )
        options = json.dumps([{"Key": tag.name, "Value": tag.value} for tag in ours])
        commands.append(
            command(f"iam tag-{of}", **{f"{of}_name": name}, tags=options)
            if is_of_role
            else command(
                "secretsmanager tag-resource",
                secret_id=evidence.secret_name,
                tags=options,
                region=environment.region,
            )
        )
    return TagChange(tuple(tags), " ".join(words), " && ".join(commands), "\n".join(terraform))


def _terraform(address: str, tags: list[MissingTag]) -> str:
    lines = [f"  {json.dumps(tag.name)} = {json.dumps(tag.value)}" for tag in tags]
    body = "\n".join(lines).replace("${", "$${").replace("%{", "%%{")
    return f"# {address}, in its tags:\ntags = {{\n{body}\n}}\n{then_apply(address)}"
