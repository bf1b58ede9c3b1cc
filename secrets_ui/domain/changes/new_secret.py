"""A secret that is to be made, with its first document."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import ConsoleError, InvalidChange
from ..secrets.adoption import BY_CONSOLE, MANAGED_BY
from ..secrets.catalog import SecretSpec
from ..secrets.document import Change
from ..secrets.secret_value import SecretValue
from .edit import Edit

# What the end of an ARN looks like:
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, Name
_LIKE_A_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")


class SecretExists(ConsoleError):
    """There is a secret of this name, or one that is scheduled for deletion and keeps it."""

    status = 409
    title = "There is a secret of this name"


@dataclass(frozen=True, repr=False)
class NewSecret:
    """`first` starts from no version: what it asks for is the whole first document."""

    first: Edit
    description: str
    tags: Mapping[str, str]

    def with_everything_keyed(self) -> Edit:
        """`first` with an idempotency key that description and tags count in."""
        if not self.first.idempotency_key:
            return self.first
        about = json.dumps([self.description, self.tags], sort_keys=True)
        return replace(self.first, idempotency_key=f"{self.first.idempotency_key} {about}")


def with_placeholders(first: Edit, spec: SecretSpec) -> Edit:
    """The same edit with the placeholder of its format for each key that the catalogue requires and
    nobody has set: it stays marked as one until somebody does. Raises InvalidChange where the
    document would be empty.
    """
    missing = [
        Change(key.name, SecretValue(key.value_format.placeholder))
        for key in spec.keys.values()
        if key.required and key.name not in first.touched
    ]
    if not (missing or first.touched):
        raise InvalidChange("Name at least one key: a secret without any is of no use to a reader.")
    return replace(first, changes=(*first.changes, *missing))


def first_tags(project: str, environment: str) -> dict[str, str]:
    """The tags that a new secret is offered."""
    return {"Project": project, "Environment": environment, MANAGED_BY: BY_CONSOLE}


def is_like_an_arn(name: str) -> bool:
    """Whether a name ends as ARNs do, so that AWS may take it for a part of one."""
    return bool(_LIKE_A_SUFFIX.search(name))
