"""The `aws` commands that the documents print, and what AWS asks of whoever runs them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.local_aws import PROJECT
from tests.terraform.guard import Asked
from tests.terraform.iam_needs import NEEDS

_COMMAND = re.compile(
    r"\baws (?:--profile (?P<profile>[\w-]+) )?"
    r"(?P<service>[a-z0-9]+) (?P<operation>[a-z]+(?:-[a-z]+)+)"
)
# Operations of people alone that need the secret's key as well: to give a secret another key, AWS
# decrypts its versions and encrypts them again.
WITH_THE_KEY = {"secretsmanager:UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt")}
OF_NO_RESOURCE = {"secretsmanager:ListSecrets"}


@dataclass(frozen=True)
class Documented:
    """`profile` is the AWS CLI's; "" stands for an administrator's own."""

    document: str
    profile: str
    action: str

    def questions(self, resources: dict[str, str]) -> list[Asked]:
        """What AWS asks for it; `resources` holds an ARN for each service."""
        key = resources["kms"]
        needs = [need.action for need in NEEDS.get(self.action, ()) if need.through_secrets_manager]
        through = needs or WITH_THE_KEY.get(self.action, ())
        own = "*" if self.action in OF_NO_RESOURCE else resources[self.action.partition(":")[0]]
        return [Asked(self.action, own, False), *(Asked(action, key, True) for action in through)]


def documents() -> list[Path]:
    return [*sorted((PROJECT / "docs").glob("*.md")), *sorted(PROJECT.glob("deploy/**/*.md"))]


def documented() -> Iterator[Documented]:
    for path in documents():
        for found in _COMMAND.finditer(path.read_text(encoding="utf-8")):
            operation = "".join(word.capitalize() for word in found["operation"].split("-"))
            yield Documented(
                path.relative_to(PROJECT).as_posix(),
                found["profile"] or "",
                f"{found['service']}:{operation}",
            )
