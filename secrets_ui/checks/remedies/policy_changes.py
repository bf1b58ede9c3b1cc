"""A change to a policy, told as Terraform and as an AWS CLI command that can be pasted into a shell, whatever the names hold."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...domain.access.evidence import AccessEvidence
from ...domain.access.policy_places import PolicyPlace, exchanged
from .terraform_addresses import (
    CONSOLE_ACCESS,
    GITHUB_ACCESS,
    KEY,
    LAMBDA_ROLE,
    SECRETS_ACCESS,
    then_apply,
)

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """The policy at `place` with other statements. `shown` are those that are new or read otherwise."""

    place: PolicyPlace
    statements: tuple[Document, ...]
    words: str
    shown: tuple[Document, ...] = ()

    @property
    def text(self) -> str:
        return self.place.with_statements(list(self.statements)) if self.statements else ""

    def applied(self, evidence: AccessEvidence) -> AccessEvidence:
        """The evidence as it would be."""
        nothing = json.dumps({"Version": "2012-10-17", "Statement": []})
        empty = "" if self.place.place == "secret" else nothing
        return exchanged(evidence, self.place.place, self.text or empty)


def with_statement(place: PolicyPlace, index: int, document: Document | None, words: str) -> Change:
    """One statement reads otherwise; None takes it out."""
    documents = place.documents
    documents[index : index + 1] = [] if document is None else [dict(document)]
    return Change(place, tuple(documents), words, () if document is None else (document,))


def with_new_statement(place: PolicyPlace, document: Document, words: str) -> Change:
    """One statement more, under a Sid that is not taken."""
    sids = {str(item.get("Sid")) for item in place.documents}
    sid = next(
        sid
        for sid in (document["Sid"], *(f"{document['Sid']}{n}" for n in range(2, 99)))
        if sid not in sids
    )
    added = {**document, "Sid": sid}
    return Change(place, (*place.documents, added), words, (added,))


def cli(evidence: AccessEvidence, change: Change) -> str:
    """The AWS CLI command that makes the change. "" for a policy of AWS's own, which nobody can change."""
    place, environment = change.place, evidence.environment
    region = ("--region", environment.region)
    kind, _, name = place.place.partition(":")
    role = evidence.environment.lambda_role if kind == "identity" else console_role(evidence)
    match kind, bool(change.text):
        case "key", _:
            return command(
                "kms",
                "put-key-policy",
                "--key-id",
                place.arn,
                "--policy-name",
                "default",
                "--policy",
                change.text,
                *region,
            )
        case "secret", True:
            return command(
                "secretsmanager",
                "put-resource-policy",
                "--secret-id",
                place.name,
                "--resource-policy",
                change.text,
                *region,
            )
        case "secret", False:
            return command(
                "secretsmanager", "delete-resource-policy", "--secret-id", place.name, *region
            )
        case "trust", _:
            return command(
                "iam",
                "update-assume-role-policy",
                "--role-name",
                place.name,
                "--policy-document",
                change.text,
            )
    if place.arn.startswith("arn:aws:iam::aws:"):
        return ""
    if place.arn and change.text:
        return command(
            "iam",
            "create-policy-version",
            "--policy-arn",
            place.arn,
            "--policy-document",
            change.text,
            "--set-as-default",
        )
    if kind == "boundary":
        return ""  # without a statement it would refuse everything
    if place.arn:
        return command("iam", "detach-role-policy", "--role-name", role, "--policy-arn", place.arn)
    if change.text:
        return command(
            "iam",
            "put-role-policy",
            "--role-name",
            role,
            "--policy-name",
            name,
            "--policy-document",
            change.text,
        )
    return command("iam", "delete-role-policy", "--role-name", role, "--policy-name", name)


def command(*words: str) -> str:
    """Safe to paste: quoted for a shell, and in printable ASCII, since json.dumps and the names of AWS are."""
    return shlex.join(("aws", *words))


def console_role(evidence: AccessEvidence) -> str:
    return evidence.environment.assume_role.rpartition("/")[2]


_TERRAFORM = {
    "key": KEY,
    "trust": LAMBDA_ROLE,
    "identity:miyabi-lambda-secrets-access": SECRETS_ACCESS,
    "identity:miyabi-lambda-github-access": GITHUB_ACCESS,
    "console:miyabi-console-access": CONSOLE_ACCESS,
}


def terraform_address(place: PolicyPlace) -> str:
    """The resource that holds a policy, in the names of the set-up guide."""
    kind = place.place.partition(":")[0]
    known = _TERRAFORM.get(place.place) or _TERRAFORM.get(f"{kind}:{place.name}")
    if known:
        return known
    if kind == "secret":
        return f"aws_secretsmanager_secret_policy.{terraform_name(place.name)}"
    return (
        f"{'aws_iam_policy' if place.arn else 'aws_iam_role_policy'}.{terraform_name(place.name)}"
    )


def terraform_name(name: str) -> str:
    """`miyabi/prod/api-keys` as `api_keys`."""
    return re.sub(r"[^a-z0-9]+", "_", name.rpartition("/")[2].lower()).strip("_") or "this"


def terraform(change: Change) -> str:
    """The statements as they should read in Terraform, and how to apply them."""
    address = terraform_address(change.place)
    what = (
        "the statement reads"
        if len(change.shown) == 1
        else "the statements read"
        if change.shown
        else "take the statement out"
    )
    lines = [
        f"# {address}, in its {'assume_role_policy' if change.place.place == 'trust' else 'policy'}: {what}"
    ]
    return "\n".join([*lines, *(hcl(document) for document in change.shown), then_apply(address)])


def hcl(value: Any, indent: str = "") -> str:
    """A value as Terraform writes it inside jsonencode(…). `${` would be Terraform's own, so it is doubled."""
    inner = indent + "  "
    if isinstance(value, Mapping):
        width = max((len(_hcl_name(key)) for key in value), default=0)
        members = [
            f"{inner}{_hcl_name(key):<{width}} = {hcl(item, inner)}" for key, item in value.items()
        ]
        return "\n".join(["{", *members, indent + "}"])
    if isinstance(value, list):
        return f"[{', '.join(hcl(item, inner) for item in value)}]"
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _hcl_name(key: str) -> str:
    return (
        key
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key)
        else json.dumps(key).replace("${", "$${").replace("%{", "%%{")
    )
