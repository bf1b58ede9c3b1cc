"""The troubleshooting checks, one a file. Each is pure: it takes evidence, returns a finding.

CHECKS lists them in the order in which a request meets them. The traps that spoil a policy
come before the two decisions by policies.
"""

import logging
from collections.abc import Mapping
from types import ModuleType

from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding
from . import (
    alias_points_at_the_key,
    batch_get_secret_value_is_allowed,
    boundary_allows,
    console_may_write,
    console_reaches_aws,
    control_policies_allow,
    decrypt_is_allowed,
    describe_secret_is_allowed,
    endpoint_policy_allows,
    function_reaches_secrets_manager,
    function_runs_as_role,
    get_secret_value_is_allowed,
    key_is_the_expected_one,
    key_is_usable,
    key_rotates,
    lambda_may_assume_role,
    no_left_over_principals,
    no_recent_denials,
    no_version_stage_condition,
    policies_are_attached,
    policies_name_real_actions,
    policies_name_the_key_by_arn,
    policies_name_the_secret_with_its_suffix,
    policies_name_this_region,
    principals_are_not_too_open,
    role_exists,
    secret_exists,
    secret_has_current_version,
    secret_holds_its_keys,
    secret_is_not_deleted,
    secret_policy_allows,
    simulator_agrees,
    versions_share_the_key,
)

log = logging.getLogger(__name__)

CHECKS: tuple[ModuleType, ...] = (
    console_reaches_aws,
    function_runs_as_role,
    role_exists,
    lambda_may_assume_role,
    function_reaches_secrets_manager,
    policies_are_attached,
    policies_name_real_actions,
    policies_name_the_secret_with_its_suffix,
    policies_name_this_region,
    policies_name_the_key_by_arn,
    no_version_stage_condition,
    no_left_over_principals,
    get_secret_value_is_allowed,
    describe_secret_is_allowed,
    batch_get_secret_value_is_allowed,
    boundary_allows,
    control_policies_allow,
    endpoint_policy_allows,
    secret_exists,
    secret_is_not_deleted,
    secret_has_current_version,
    secret_holds_its_keys,
    secret_policy_allows,
    key_is_the_expected_one,
    alias_points_at_the_key,
    key_is_usable,
    key_rotates,
    decrypt_is_allowed,
    versions_share_the_key,
    principals_are_not_too_open,
    simulator_agrees,
    no_recent_denials,
    console_may_write,
)
TITLES: Mapping[str, str] = {module.__name__.rpartition(".")[2]: module.TITLE for module in CHECKS}
CHECK_IDS = tuple(TITLES)


def run_checks(evidence: AccessEvidence) -> tuple[Finding, ...]:
    """Run every check, in order. One that raises becomes unknown; the others continue."""
    first = console_reaches_aws.check(evidence)
    if not console_reaches_aws.reaches_aws(evidence) or console_reaches_aws.is_in_another_account(
        evidence
    ):
        return (first, *(_skipped(module) for module in CHECKS[1:]))
    return tuple(_run(module, evidence) for module in CHECKS)


def _run(module: ModuleType, evidence: AccessEvidence) -> Finding:
    try:
        finding: Finding = module.check(evidence)
        return finding
    # One check's mistake must not cost the others.
    except Exception as error:
        log.exception("check failed")
        text = (
            f"This check could not be done: {type(error).__name__}. "
            "The log of this console tells more."
        )
        return module.report.unknown(text)  # type: ignore[no-any-return]


def _skipped(module: ModuleType) -> Finding:
    finding: Finding = module.report.skipped(
        "Not checked: this console does not see this account, for what console_reaches_aws says."
    )
    return finding
