"""What can be wrong with a policy or a request, said so that a reader can find the place."""

from ..errors import ConsoleError


class MalformedPolicy(ConsoleError):
    """A policy that AWS's policy grammar does not allow: never read as "no match".

    `statement` is the statement's Sid or, without one, its index from 0; None when the fault is outside
    the statements.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    status = 400
    title = "This policy cannot be read"

    def __init__(self, policy: str, statement: str | int | None, element: str, reason: str) -> None:
        self.policy, self.statement, self.element, self.reason = policy, statement, element, reason
        place = "" if statement is None else f", statement {statement}"
        super().__init__(f"Policy {policy}{place}, {element}: {reason}")


class MalformedRequest(ConsoleError):
    """A question that cannot be put to the evaluator; `member` names the part that is wrong."""

    status = 400
    title = "This request cannot be evaluated"

    def __init__(self, member: str, reason: str) -> None:
        self.member, self.reason = member, reason
        super().__init__(f"{member}: {reason}")
