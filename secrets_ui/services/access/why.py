"""Why one principal can, or cannot, do something with a secret, and what would change that."""

import json
import shlex
from dataclasses import asdict

from ...checks.judging.why import explain
from ...domain.access.account import AccountDetails, AccountTooLarge
from ...domain.access.evidence import Evidence, Known
from ...domain.access.explanation import Explanation
from ...domain.access.gains import Others
from ...domain.access.question import Question
from ...domain.access.reach import Ability
from ...domain.access.who import find_principal
from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.actor import Actor
from .who import gather_everybody


class PrincipalNotFound(ConsoleError):
    """No role, user or outsider has this name."""

    status = 404
    title = "No such principal"

    def __init__(self, title: str, environment: Environment) -> None:
        super().__init__(
            f"{title[:200]} is no role or user of {environment}'s account, and neither the "
            "secret's policy, nor the key policy, nor a grant names it.",
            remedy="Give its ARN, or its name as role/NAME or user/NAME.",
        )


class TooLargeToExplain(AccountTooLarge):
    """A page does not list so many to explain one."""

    def __init__(self, most: int, command: str) -> None:
        super().__init__(most)
        self.message += " So this page does not ask AWS for them to explain the answer about one."
        self.remedy = f"Run {command}, which may take its time."


def explain_access(
    environment: Environment,
    secret_name: str,
    title: str,
    ability: Ability,
    actor: Actor,
    most: int = 0,
) -> Explanation:
    """Explain the answer about one principal now. `title` is its ARN, its name as `role/NAME` or
    `user/NAME`, or an outsider's title.

    Raises WhoCanReadIsOff, InvalidSecretName and PrincipalNotFound; TooLargeToExplain where there
    are more than `most` roles and users.
    """
    try:
        evidence, details = gather_everybody(environment, secret_name, actor, most)
    except AccountTooLarge as error:
        words = (environment.name, secret_name, "--principal", title[:200], "--action", ability)
        command = f"manage.py who_can_read {shlex.join(words)}"
        raise TooLargeToExplain(most, command) from error
    found = find_principal(evidence, details, _full(environment, title, details))
    if found is None:
        raise PrincipalNotFound(title, environment)
    row, callers = found
    question = Question(row, ability, tuple(callers))
    everybody = details.value if isinstance(details, Known) else None
    return explain(
        *(question, evidence),
        lambda arn: everybody.holders_of(arn) - 1 if everybody else 0,
        Others(evidence, details, row.title),
    )


def _full(environment: Environment, title: str, details: Evidence[AccountDetails]) -> str:
    """The ARN of `role/NAME` or `user/NAME`, whatever its path."""
    kind, _, name = title.partition("/")
    if kind not in ("role", "user") or not isinstance(details, Known):
        return title
    ours = [principal.identity.arn for principal in details.value.principals]
    exact = environment.arn("iam", title)
    endings = [arn for arn in ours if f":{kind}/" in arn and arn.endswith(f"/{name}")]
    return exact if exact in ours or not endings else endings[0]


def explanation_as_json(found: Explanation) -> str:
    """The whole explanation, as the page has it."""
    verdict = found.verdict
    document = {
        "environment": found.environment,
        "secret": found.secret,
        "principal": found.row.title,
        "action": found.ability,
        "can": verdict.can,
        "by": list(verdict.by),
        "missing": list(verdict.missing),
        "condition": verdict.condition,
        "ways": [[asdict(hop) for hop in way.hops] for way in found.ways],
        "changes": [asdict(offer) for offer in found.offers],
        "calls": found.calls,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
