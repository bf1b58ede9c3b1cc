"""What versions 5.88 to 6.25 of Terraform's AWS provider have in common.

The npm package @cdktf/provider-aws is generated from the provider's schema; its last release is
of 6.25.0. To write provider_names.json anew, as for a type of resource that is not in it:

    npm pack @cdktf/provider-aws@19.54.0 @cdktf/provider-aws@20.1.0 \
        @cdktf/provider-aws@21.0.0 @cdktf/provider-aws@21.22.1
    python -m tests.terraform.provider_names cdktf-provider-aws-*.tgz
"""

import base64
import json
import re
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.terraform.hcl import parse
from tests.terraform.running import SOURCE

FILE = Path(__file__).with_suffix(".json")
REQUIRED, OPTIONAL, COMPUTED, DEPRECATED = "r", "o", "c", "d"
SELF = ""  # how a block itself may be used, among the names in it
Tree = dict[str, Any]  # a name's letter, or the Tree of a block

# By the schema of 5.100.0 and, for what 6 deprecated since, by the SDK pulumi-aws 7.51.1.
DEPRECATED_NAMES = {
    "data aws_partition": "id",
    "data aws_region": "id name",
    "resource aws_iam_role": "inline_policy managed_policy_arns",
    "resource aws_s3_bucket": "acceleration_status acl cors_rule grant lifecycle_rule logging"
    " object_lock_configuration policy replication_configuration request_payer"
    " server_side_encryption_configuration versioning website website_domain website_endpoint",
    "resource aws_s3_bucket_lifecycle_configuration": "expected_bucket_owner id rule.prefix",
    "resource aws_s3_bucket_object_lock_configuration": "expected_bucket_owner",
    "resource aws_s3_bucket_server_side_encryption_configuration": "expected_bucket_owner",
    "resource aws_s3_bucket_versioning": "expected_bucket_owner",
    "resource aws_secretsmanager_secret_version": "arn",
}

_CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+) \{\n(.*?)^\}", re.M | re.S)
_NAME = re.compile(
    r"^  // (\w+) - computed: \w+, optional: (\w+), required: (\w+)\n(.*?)(?=^  // \w+ - |\Z)",
    re.M | re.S,
)


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.tf"))


def used_types() -> list[str]:
    """Resources, data sources and the provider; the package knows no ephemeral resources."""
    return sorted(
        {
            f"{block.kind} {block.labels[0]}"
            for path in files()
            for block in parse(path.read_text(encoding="utf-8"))
            if block.kind in ("resource", "data", "provider")
        }
    )


def read_package(path: Path, types: Iterable[str]) -> tuple[str, dict[str, Tree]]:
    """The provider's version that the package was generated from, and the types' names."""
    wanted = {f"package/lib/{_folder(name)}/index.js": name for name in types}
    found, version = {}, ""
    with tarfile.open(path) as package:
        for member in package:
            if member.name in wanted:
                script = package.extractfile(member).read().decode()
                version = re.search(r"providerVersion: '([\d.]+)'", script)[1]
                found[wanted[member.name]] = _read_names(_typescript(script))
    assert found.keys() == set(wanted.values()), set(wanted.values()) - found.keys()
    return version, found


def _folder(name: str) -> str:
    kind, _, type_ = name.partition(" ")
    if kind == "provider":
        return "provider"
    dashed = type_.replace("_", "-")
    return f"data-{dashed}" if kind == "data" else dashed.removeprefix("aws-")


def _typescript(script: str) -> str:
    """The source map's: comments in it say how each name may be used."""
    source_map = json.loads(base64.b64decode(script.rpartition("base64,")[2]))
    return str(source_map["sourcesContent"][0])


def _read_names(source: str) -> Tree:
    bodies = {name: body for name, _, body in _CLASS.findall(source)}
    [main] = [name for name, base, _ in _CLASS.findall(source) if base.startswith("Terraform")]
    return _names_of(bodies, main)


def _names_of(bodies: dict[str, str], class_: str) -> Tree:
    names: Tree = {}
    for name, optional, required, code in _NAME.findall(bodies[class_]):
        letter = REQUIRED if required == "true" else OPTIONAL if optional == "true" else COMPUTED
        made = re.search(r"private _\w+ = new (\w+?)(?:List|Map)?\(this, ", code)
        block = made and made[1].removesuffix("OutputReference") + "OutputReference"
        inside = _names_of(bodies, block) if block in bodies else None
        names[name] = letter if inside is None else {SELF: letter, **inside}
    return names


def common(found: list[Tree]) -> Tree:
    """The names that all have, each as the strictest has it."""
    names: Tree = {}
    for name in sorted(set.intersection(*map(set, found))):
        each = [tree[name] for tree in found]
        if isinstance(each[0], dict):
            names[name] = common(each)
        else:
            names[name] = next(
                letter for letter in (COMPUTED, REQUIRED, OPTIONAL) if letter in each
            )
    return names


def mark_deprecated(names: dict[str, Tree]) -> None:
    for type_, paths in DEPRECATED_NAMES.items():
        for *blocks, name in (path.split(".") for path in paths.split()):
            tree = names.get(type_, {})
            for block in blocks:
                tree = tree.get(block, {})
            tree[name] = DEPRECATED


def write(packages: list[Path]) -> None:
    read = [read_package(path, used_types()) for path in packages]
    names = {type_: common([found[type_] for _, found in read]) for type_ in used_types()}
    mark_deprecated(names)
    versions = sorted((version for version, _ in read), key=lambda it: [*map(int, it.split("."))])
    lines = {"versions": versions, **names}
    FILE.write_text(
        "{\n"
        + ",\n".join(
            f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
            for key, value in lines.items()
        )
        + "\n}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    write([Path(argument) for argument in sys.argv[1:]])
