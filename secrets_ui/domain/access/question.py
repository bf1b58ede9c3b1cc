"""One principal's question: can it do this with the secret, in any form that it may choose?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .answers import Row
from .context import Caller, account_of
from .evidence import AccessEvidence, Known
from .organization import SERVICE_LINKED
from .outsiders import ANY_ACCOUNT, ANY_ROLE
from .path import Answer
from .policies import parsed
from .reach import Ability, Verdict, either, judge, ways
from .reading import Parse


def _whole(action: str) -> Parse:
    """Every policy with all its statements: the closest one may be about another action."""
    return parsed


@dataclass(frozen=True)
class Question:
    """`callers` are one principal's forms, each with what it is in words.

    The evidence of each method is `about_it`: its role is this principal, and its policies are.
    So a policy that is changed in the evidence is changed for the callers.
    """

    row: Row
    ability: Ability
    callers: tuple[tuple[str, Caller], ...]

    def about_it(self, evidence: AccessEvidence) -> AccessEvidence:
        own = self.callers[0][1].evidence
        return replace(
            evidence,
            role=own.role,
            attached=own.attached,
            inline=own.inline,
            documents=own.documents,
            boundary=own.boundary,
        )

    def ask(self, evidence: AccessEvidence) -> Verdict:
        """The answer, as who-can-read has it."""
        return either(verdict for verdict, _ in self._judged(evidence))

    def caller(self, evidence: AccessEvidence) -> Caller:
        """The form that the answer is about: one that can, or may, or else the plain one."""
        judged = list(self._judged(evidence))
        for wanted in (True, None):
            for verdict, caller in judged:
                if verdict.can is wanted:
                    return caller
        return judged[0][1]

    def answers(self, evidence: AccessEvidence) -> tuple[tuple[Answer, ...], ...]:
        """Every way, hop by hop, of that caller."""
        caller = self.caller(evidence)
        found = ways(evidence, self.ability, caller, _whole)
        return tuple(tuple(ask() for ask in way) for way in found)

    def hop(self, evidence: AccessEvidence, way: int, hop: int) -> Answer:
        """One call of one way, of the plain form."""
        caller = replace(self.callers[0][1], evidence=evidence.reader)
        return list(ways(evidence, self.ability, caller, _whole))[way][hop]()

    def _judged(self, evidence: AccessEvidence) -> Iterator[tuple[Verdict, Caller]]:
        for words, caller in self.callers:
            if self.ability is Ability.READ or not caller.chosen:
                now = replace(caller, evidence=evidence.reader)
                verdict = judge(evidence, self.ability, now, _whole)
                yield replace(verdict, condition=words), now

    @property
    def named(self) -> str:
        """How a policy names the principal; "" for anybody at all, whom no change should let in."""
        caller = self.callers[0][1]
        account = account_of(caller.arn)
        if account == ANY_ACCOUNT:
            return ""
        if caller.role_arn.endswith(f"/{ANY_ROLE}"):
            return f"arn:{caller.arn.split(':')[1]}:iam::{account}:root"
        return caller.role_arn or caller.arn

    @property
    def has_policies(self) -> bool:
        """Whether it is a role or a user whose own policies are seen, and may be changed."""
        caller = self.callers[0][1]
        return isinstance(caller.evidence.role, Known) and SERVICE_LINKED not in caller.role_arn
