"""Errors in a policy or a request. Each names the part that is wrong."""

from ..errors import ConsoleError


class MalformedPolicy(ConsoleError):
    """A policy that AWS's policy grammar does not allow. It is never treated as "no match".

    `statement` is the statement's Sid or, without one, its index from 0. It is None when the fault
    lies outside the statements.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    status = 400
    title = "This policy cannot be read"

    def __init__(self, policy: str, statement: str | int | None, element: str, reason: str) -> None:
        self.policy, self.statement, self.element, self.reason = policy, statement, element, reason
        location = "" if statement is None else f", statement {statement}"
        super().__init__(f"Policy {policy}{location}, {element}: {reason}")


class MalformedRequest(ConsoleError):
    """A request that cannot be evaluated; `member` names the part that is wrong."""

    status = 400
    title = "This request cannot be evaluated"

    def __init__(self, member: str, reason: str) -> None:
        self.member, self.reason = member, reason
        super().__init__(f"{member}: {reason}")
