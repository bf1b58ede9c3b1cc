"""The modules against what versions 5.88 to 6 of the AWS provider have in common."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terraform.hcl import Block, parse, references
from tests.terraform.provider_names import (
    COMPUTED,
    DEPRECATED,
    FILE,
    OPTIONAL,
    REQUIRED,
    SELF,
    Tree,
    files,
    used_types,
)
from tests.terraform.running import SOURCE

ALSO = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"}
FACTS = json.loads(FILE.read_text(encoding="utf-8"))
VERSIONS = FACTS.pop("versions")


def problems(text: str) -> list[str]:
    """What a file uses that some version does not know, or that the newest deprecates."""
    return [*_of_blocks(parse(text)), *_of_references(text)]


def _of_blocks(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        type_ = " ".join([block.kind, *block.labels[:1]])
        if type_ in FACTS:
            yield from _of_block(block, FACTS[type_], type_)


def _of_block(block: Block, names: Tree, where: str) -> Iterator[str]:
    inside = [inner for inner in block.blocks if inner.kind not in ALSO]
    given = (block.arguments | {inner.kind for inner in inside}) - ALSO
    needed = {name for name, found in names.items() if name and _letter(found) == REQUIRED}
    yield from (f"{where}: {name} is required" for name in sorted(needed - given))
    for name in sorted(given):
        if _letter(names.get(name)) not in (REQUIRED, OPTIONAL):
            yield f"{where}: {name} is {_why(names.get(name))}"
    for inner in inside:
        if isinstance(names.get(inner.kind), dict):
            yield from _of_block(inner, names[inner.kind], f"{where} {inner.kind}")


def _of_references(text: str) -> Iterator[str]:
    for type_, name in sorted(references(text)):
        if type_ in FACTS and _letter(FACTS[type_].get(name)) in ("", DEPRECATED):
            yield f"{type_}: {name} is {_why(FACTS[type_].get(name))}"


def _letter(found: str | Tree | None) -> str:
    return found[SELF] if isinstance(found, dict) else found or ""


def _why(found: str | Tree | None) -> str:
    told = {DEPRECATED: "deprecated", COMPUTED: "not to be set"}
    return told.get(_letter(found), f"not in each of {', '.join(VERSIONS)}")


def test_every_name_is_one_that_the_versions_have_in_common() -> None:
    found = {_told(path): problems(path.read_text(encoding="utf-8")) for path in files()}
    assert {name: told for name, told in found.items() if told} == {}


def _told(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def test_the_facts_are_of_the_types_that_are_used() -> None:
    assert sorted(FACTS) == used_types(), (
        "`python -m tests.terraform.provider_names` writes them anew"
    )


def test_modules_take_the_versions_that_the_facts_are_of() -> None:
    """All but the one with an ephemeral resource that came after 5.88, and its example."""
    taken = {
        _told(path): found[1]
        for path in files()
        if (found := re.search(r'source += "hashicorp/aws"\n +version = "(.+?)"', path.read_text()))
    }
    newer = {"examples/console/main.tf", "modules/console-keys/versions.tf"}
    assert {name for name in taken if taken[name] == ">= 5.100, < 7.0"} == newer
    assert {taken[name] for name in taken.keys() - newer} == {">= 5.88, < 7.0"}
    assert len(taken) == len(list(SOURCE.rglob("versions.tf"))) + len(
        list(SOURCE.glob("examples/*"))
    )
    assert (VERSIONS[0], VERSIONS[-1].partition(".")[0]) == ("5.88.0", "6")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("provider = aws.other", ""),
        ("bucket = data.aws_partition.here.partition", ""),
        ("tags = {\n    acl = 1 # }\n  }", ""),
        ("bucket = <<-EOT\n    acl = {\n  EOT", ""),
        ('acl = "private"', "acl is deprecated"),
        ("versioning {\n  }", "versioning is deprecated"),
        ('dynamic "grant" {\n    content {\n    }\n  }', "grant is deprecated"),
        ('bucket = "${aws_s3_bucket.a[0].website_domain}"', "website_domain is deprecated"),
        ("bucket = join([for it in aws_s3_bucket.a : it.acl])", "acl is deprecated"),
        ('region = "us-west-2"', "region is not to be set"),
        ("arn = 1", "arn is not to be set"),
        ("bucket_region = 1", "bucket_region is not in each of 5.88.0, 5.100.0, 6.0.0, 6.25.0"),
    ],
)
def test_what_is_told_of_a_bucket(body: str, told: str) -> None:
    found = problems(f'resource "aws_s3_bucket" "a" {{\n  {body}\n}}\n')
    assert found == [f"resource aws_s3_bucket: {told}"] * bool(told)


def test_what_is_read_of_a_data_source_is_looked_at_too() -> None:
    assert problems("locals {\n  here = data.aws_partition.here.id\n}\n") == [
        "data aws_partition: id is deprecated"
    ]


def test_what_a_block_lacks_is_told() -> None:
    filter_ = "resource aws_cloudwatch_log_metric_filter"
    assert problems(
        'resource "aws_cloudwatch_log_metric_filter" "a" {\n  name = "a"\n  pattern = "b"\n'
        '  metric_transformation {\n    name = "c"\n    value = 1\n  }\n}\n'
    ) == [
        f"{filter_}: log_group_name is required",
        f"{filter_} metric_transformation: namespace is required",
    ]
