"""What a caller may choose for itself, as far as a policy looks at it: the name of its session, and
the stage of the version that it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..iam import Grant, Statement
from ..secrets.secret import AWSCURRENT
from .session_names import USER_ID, UserIds, find_names

STAGE = "secretsmanager:VersionStage"
_SESSION = re.compile(
    r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/([\w+=,.@-]+)", re.ASCII
)


@dataclass(frozen=True)
class Choices:
    """The sessions that resource policies and grants name, by account and role; what conditions
    name of aws:userid; whether it stands in a variable, or beside one; and whether a stage of a
    version matters.
    """

    sessions: frozenset[tuple[str, str, str]]
    user_ids: frozenset[UserIds]
    is_id_variable: bool
    stages: bool

    @property
    def are_any(self) -> bool:
        """Whether there is a choice for others than those whose sessions are named."""
        return bool(self.user_ids) or self.is_id_variable or self.stages

    def of_role(self, account: str, role: str, role_id: str) -> tuple[tuple[str, ...], bool]:
        """Names of sessions to try for a role beside ANY_SESSION, and whether every other name is
        answered as one of these.
        """
        own = {name for owner, of, name in self.sessions if (owner, of) == (account, role)}
        if not self.user_ids:
            return tuple(sorted(own)), not self.is_id_variable
        # Another name has to be found beside one that a principal names.
        apart = {UserIds(frozenset({f"{role_id}:{name}"})) for name in own}
        names, are_all = find_names(self.user_ids | apart, role_id)
        return tuple(sorted(own | names)), are_all and not self.is_id_variable

    def of_read(self) -> tuple[dict[str, str], ...]:
        """Condition keys to try for a read, none first."""
        return ({}, {STAGE: AWSCURRENT}) if self.stages else ({},)

    def with_more(self, statements: Iterable[Statement]) -> Choices:
        """The choices that these statements make matter as well."""
        more = find_choices(statements, ())
        if not more.are_any:
            return self
        return Choices(
            self.sessions,
            self.user_ids | more.user_ids,
            self.is_id_variable or more.is_id_variable,
            self.stages or more.stages,
        )


def find_choices(statements: Iterable[Statement], grants: Iterable[Grant]) -> Choices:
    """Find what statements and grants make of a caller's choices."""
    statements = list(statements)
    texts = [arn for s in statements if s.principals for arn in s.principals.arns]
    found = [_SESSION.fullmatch(text) for text in [*texts, *(g.grantee for g in grants)]]
    sessions = [(hit[1], hit[2], hit[3]) for hit in found if hit]
    conditions = [condition for s in statements for condition in s.conditions]
    of_id = [condition for condition in conditions if condition.lookup == USER_ID]
    variables = {key for s in statements for key in s.variables}
    stage = STAGE.casefold()
    return Choices(
        frozenset(sessions),
        frozenset(ids for ids in map(UserIds.of, of_id) if ids.patterns),
        is_id_variable=USER_ID in variables or any(c.has_variables for c in of_id),
        stages=stage in variables or any(c.lookup == stage for c in conditions),
    )
