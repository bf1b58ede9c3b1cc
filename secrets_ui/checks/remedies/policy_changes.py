"""A change to a policy, as Terraform and as an AWS CLI command that is safe to paste."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from ...domain.access.account import OF_GROUP
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.expected_policies import is_managed_by_aws
from ...domain.access.policies import NO_STATEMENT, AttachedPolicy, with_policy
from ...domain.iam import as_list
from .terraform_addresses import (
    CONSOLE_ACCESS,
    GITHUB_ACCESS,
    KEY,
    LAMBDA_ROLE,
    SECRETS_ACCESS,
    then_apply,
)

Document = Mapping[str, Any]
# Of whoever keeps the VPC: deploy/terraform makes none.
ENDPOINT = "aws_vpc_endpoint.secretsmanager"


@dataclass(frozen=True)
class Change:
    """A policy with other statements. `shown` are those that are new or changed."""

    policy: AttachedPolicy
    statements: tuple[Document, ...]
    words: str
    shown: tuple[Document, ...] = ()

    @property
    def text(self) -> str:
        return self.policy.with_statements(list(self.statements)) if self.statements else ""

    def applied(self, evidence: AccessEvidence) -> AccessEvidence:
        """Return the evidence as it would be with the change."""
        empty = "" if self.policy.location == "secret" else NO_STATEMENT
        return _with_policy(evidence, self.policy.location, self.text or empty)


@lru_cache(maxsize=16)
def _with_policy(evidence: AccessEvidence, location: str, text: str) -> AccessEvidence:
    """Kept: a change is tried when it is chosen and when it is told of, and what was found out
    about its evidence is kept by identity.
    """
    return with_policy(evidence, location, text)


def with_statement(
    policy: AttachedPolicy, index: int, document: Document | None, words: str
) -> Change:
    """Replace one statement; None removes it."""
    documents = policy.documents
    documents[index : index + 1] = [] if document is None else [dict(document)]
    return Change(policy, tuple(documents), words, () if document is None else (document,))


def without_statement(policy: AttachedPolicy, index: int, name: str) -> Change:
    """Remove the statement of this name; of a policy that holds nothing else, say what becomes of
    it, as `cli` does."""
    change = with_statement(policy, index, None, f"Remove {name} from {policy.title}.")
    kind = policy.location.partition(":")[0]
    if change.text or kind not in ("identity", "console", "secret"):
        return change
    verb = "Detach" if policy.arn and kind != "secret" else "Delete"
    return replace(change, words=f"{verb} {policy.title}, which holds {name} alone.")


def without_action(policy: AttachedPolicy, index: int, action: str, name: str) -> Change | None:
    """Remove an action from the statement of this name; None where it has no other."""
    document = policy.documents[index]
    actions = as_list(document.get("Action", []))
    rest = [item for item in actions if str(item).casefold() != action.casefold()]
    if not 0 < len(rest) < len(actions):
        return None
    words = f"Remove {action} from {name} of {policy.title}."
    return with_statement(policy, index, {**document, "Action": rest}, words)


def with_new_statement(policy: AttachedPolicy, document: Document, words: str) -> Change:
    """Add a statement, under a Sid that is not taken."""
    sids = {str(item.get("Sid")) for item in policy.documents}
    sid = next(
        sid
        for sid in (document["Sid"], *(f"{document['Sid']}{n}" for n in range(2, 99)))
        if sid not in sids
    )
    added = {**document, "Sid": sid}
    return Change(policy, (*policy.documents, added), words, (added,))


def keeps_five_versions(change: Change) -> bool:
    """Whether the change makes a new version of a managed policy."""
    return bool(change.text) and change.policy.arn != "" and change.policy.kind == "identity"


def cli(evidence: AccessEvidence, change: Change) -> str:
    """Return the AWS CLI command for the change, "" if no command can make it."""
    policy, text, region = change.policy, change.text, evidence.environment.region
    match policy.location, bool(text):
        case "key", _:
            key = {"key_id": policy.arn, "policy_name": "default"}
            return command("kms put-key-policy", **key, policy=text, region=region)
        case "secret", True:
            written = {"secret_id": policy.name, "resource_policy": text}
            return command("secretsmanager put-resource-policy", **written, region=region)
        case "secret", False:
            name = policy.name
            return command("secretsmanager delete-resource-policy", secret_id=name, region=region)
        case "endpoint", True:
            written = {"vpc_endpoint_id": policy.name, "policy_document": text}
            return command("ec2 modify-vpc-endpoint", **written, region=region)
        case "endpoint", False:
            # Without a statement it would refuse everything.
            return ""
        case "trust", _:
            written = {"role_name": policy.name, "policy_document": text}
            return command("iam update-assume-role-policy", **written)
    return _identity_cli(evidence, policy, text)


def _identity_cli(evidence: AccessEvidence, policy: AttachedPolicy, text: str) -> str:
    """Return the command for a managed or an inline policy, or for a boundary."""
    kind, _, name = policy.location.partition(":")
    if is_managed_by_aws(policy.arn) and text:
        return ""
    if policy.arn and text:
        version = {"policy_arn": policy.arn, "policy_document": text}
        return command("iam create-policy-version", **version, set_as_default=True)
    if kind == "boundary":
        # Without a statement, the boundary would refuse everything.
        return ""
    of, owner = holder(evidence) if kind == "identity" else ("role", console_role(evidence))
    if policy.arn:
        # A user may have it from a group.
        detached = {"role_name": owner, "policy_arn": policy.arn}
        return command("iam detach-role-policy", **detached) if of == "role" else ""
    name, _, group = name.partition(OF_GROUP)
    of, owner = ("group", group) if group else (of, owner)
    inline = {f"{of}_name": owner, "policy_name": name}
    if text:
        return command(f"iam put-{of}-policy", **inline, policy_document=text)
    return command(f"iam delete-{of}-policy", **inline)


def holder(evidence: AccessEvidence) -> tuple[str, str]:
    """Whether the identity policies are those of a "role" or of a "user", and its name."""
    if not isinstance(evidence.role, Known):
        return "role", evidence.environment.lambda_role
    return "user" if ":user/" in evidence.role.value.arn else "role", evidence.role.value.name


def command(operation: str, **options: str | Iterable[str] | Literal[True]) -> str:
    """Return an AWS CLI command, quoted for a shell: `command("kms enable-key", key_id=…)`.

    An option that is True has no value, and one may have several. The text is printable ASCII, as
    json.dumps and the names of AWS are.
    """
    words = ["aws", *operation.split()]
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}")
        if value is not True:
            words += [value] if isinstance(value, str) else value
    return shlex.join(words)


def console_role(evidence: AccessEvidence) -> str:
    return evidence.environment.assume_role.rpartition("/")[2]


_TERRAFORM = {
    "key": KEY,
    "trust": LAMBDA_ROLE,
    "identity:miyabi-lambda-secrets-access": SECRETS_ACCESS,
    "identity:miyabi-lambda-github-access": GITHUB_ACCESS,
    "console:miyabi-console-access": CONSOLE_ACCESS,
}


def terraform_address(policy: AttachedPolicy) -> str:
    """Return the Terraform resource that holds a policy, by the names of the set-up guide."""
    kind = policy.location.partition(":")[0]
    known = _TERRAFORM.get(policy.location) or _TERRAFORM.get(f"{kind}:{policy.name}")
    if known:
        return known
    if kind == "endpoint":
        return ENDPOINT
    if kind == "secret":
        return f"aws_secretsmanager_secret_policy.{terraform_name(policy.name)}"
    return (
        f"{'aws_iam_policy' if policy.arn else 'aws_iam_role_policy'}.{terraform_name(policy.name)}"
    )


def terraform_name(name: str) -> str:
    """Turn `miyabi/prod/api-keys` into `api_keys`."""
    return re.sub(r"[^a-z0-9]+", "_", name.rpartition("/")[2].lower()).strip("_") or "this"


def terraform(change: Change) -> str:
    """Return the changed statements in Terraform's language, and the command to apply them."""
    address = terraform_address(change.policy)
    what = (
        "the statement reads"
        if len(change.shown) == 1
        else "the statements read"
        if change.shown
        else "remove the statement"
    )
    lines = [
        (
            f"# {address}, in its "
            f"{'assume_role_policy' if change.policy.location == 'trust' else 'policy'}: {what}"
        )
    ]
    return "\n".join([*lines, *(hcl(document) for document in change.shown), then_apply(address)])


def hcl(value: Any, indent: str = "") -> str:
    """Write a value as Terraform does inside jsonencode(…), with `${` escaped as `$${`."""
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
