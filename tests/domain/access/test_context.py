"""The request context of a running Lambda: what is known, what is present, and what is unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from secrets_ui.checks.access import CHECKS
from secrets_ui.domain.access.context import lambda_caller
from secrets_ui.domain.access.evidence import AccessEvidence, Known
from secrets_ui.domain.access.expected_policies import expected_arns, role_arn
from secrets_ui.domain.access.path import ask_decrypt, ask_read
from secrets_ui.domain.access.policies import list_policies
from tests.checks.building import MISSING, READ, READER, evidence, known


def in_china() -> AccessEvidence:
    """A clean account in Beijing, where nothing is named in the partition aws."""
    clean = evidence()
    region = replace(clean.environment, region="cn-north-1")

    def moved(found: Any) -> Any:
        return json.loads(
            json.dumps(found).replace("arn:aws:", "arn:aws-cn:").replace("us-west-2", "cn-north-1")
        )

    documents = {
        moved(arn): replace(found, value=replace(found.value, text=moved(found.value.text)))
        for arn, found in READER.documents.items()
        if isinstance(found, Known)
    }
    assert isinstance(clean.secret, Known)
    assert isinstance(clean.key, Known)
    assert isinstance(clean.key_policy, Known)
    key = known(replace(clean.key.value, arn=moved(clean.key.value.arn)))
    secret = replace(
        clean.secret.value,
        arn=moved(clean.secret.value.arn),
        kms_key_id=key.value.arn,
        primary_region="cn-north-1",
    )
    return replace(
        clean,
        environment=region,
        role=MISSING,
        documents=documents,
        attached=known(tuple(documents)),
        secret=known(secret),
        versions=known(()),
        key=key,
        alias=key,
        key_policy=known(moved(clean.key_policy.value)),
    )


def test_in_another_partition_the_lambda_can_read() -> None:
    given = in_china()
    assert lambda_caller(given).arn.startswith("arn:aws-cn:sts::111111111111:assumed-role/")
    assert ask_read(given, READ).is_allowed
    assert ask_decrypt(given).is_allowed


def test_in_another_partition_no_arn_is_of_the_first() -> None:
    given = replace(in_china(), documents={}, attached=known(()), key_policy=known("{}"))
    texts = [policy.text for policy in list_policies(given) if "console" not in policy.location]
    findings = [module.check(given) for module in CHECKS]
    remedies = [
        f"{found.remedy.terraform} {found.remedy.cli} {found.text}"
        for found in findings
        if found.remedy and found.check != "console_may_write"
    ]
    assert remedies
    arns = [*expected_arns(given.environment), role_arn(given.environment)]
    assert not [text for text in [*texts, *remedies, *arns] if "arn:aws:" in text]
    assert any("arn:aws-cn:" in text for text in remedies)
