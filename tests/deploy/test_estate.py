"""The Miyabi estate, as a real local AWS holds it."""

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from deploy.demo.account import Account, add_extra_secrets
from deploy.demo.estate import read_catalog
from deploy.demo.policies import key_policy
from secrets_ui.domain.secrets.key_rules import is_placeholder
from tests.conftest import MakeEstate

if TYPE_CHECKING:
    pass

NAMES = ("dev", "staging", "prod")
LAMBDA_STATEMENT = "LambdaDecryptsThroughSecretsManager"

every_environment = pytest.mark.parametrize("name", NAMES)


def documents(account: Account) -> dict[str, dict[str, str]]:
    get, prefix = account.clients.secretsmanager.get_secret_value, account.environment.prefix
    return {
        name.removeprefix(prefix): json.loads(get(SecretId=name)["SecretString"])
        for name in account.secret_arns
    }


def via_service(account: Account, sid: str) -> str:
    """The kms:ViaService that the stored key policy asks for in one statement."""
    text = account.clients.kms.get_key_policy(KeyId=account.key_arn, PolicyName="default")["Policy"]
    [statement] = [item for item in json.loads(text)["Statement"] if item["Sid"] == sid]
    return str(statement["Condition"]["StringEquals"]["kms:ViaService"])


def policy_document(account: Account, name: str) -> list[dict[str, Any]]:
    iam, arn = account.clients.iam, f"arn:aws:iam::{account.environment.account}:policy/{name}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"][
        "Document"
    ]
    return list(document["Statement"])


@every_environment
def test_an_environment_is_in_its_own_account(demo_estate: dict[str, Account], name: str) -> None:
    account = demo_estate[name]
    names = {item["Name"] for item in account.clients.secretsmanager.list_secrets()["SecretList"]}
    assert names == {f"miyabi/{name}/api-keys", f"miyabi/{name}/config"}
    assert all(
        f":us-west-2:{account.environment.account}:" in arn for arn in account.secret_arns.values()
    )


@every_environment
def test_secrets_have_description_tags_and_the_customer_key(
    demo_estate: dict[str, Account], name: str
) -> None:
    account = demo_estate[name]
    for secret in account.secret_arns:
        answer = account.clients.secretsmanager.describe_secret(SecretId=secret)
        assert answer["Description"]
        assert answer["KmsKeyId"] == account.key_arn
        assert {tag["Key"]: tag["Value"] for tag in answer["Tags"]}["Environment"] == name


@every_environment
def test_the_key_is_enabled_rotates_and_stands_behind_the_alias(
    demo_estate: dict[str, Account], name: str
) -> None:
    account = demo_estate[name]
    key = account.clients.kms.describe_key(KeyId=account.environment.kms_alias)["KeyMetadata"]
    assert (key["Arn"], key["KeyState"], key["KeyManager"]) == (
        account.key_arn,
        "Enabled",
        "CUSTOMER",
    )
    assert account.clients.kms.get_key_rotation_status(KeyId=account.key_arn)["KeyRotationEnabled"]


@every_environment
def test_the_function_runs_as_the_role_with_its_three_policies(
    demo_estate: dict[str, Account], name: str
) -> None:
    account = demo_estate[name]
    function = account.clients.lambda_.get_function_configuration(FunctionName="miyabi-app")
    assert function["Role"] == account.lambda_role_arn
    attached = account.clients.iam.list_attached_role_policies(RoleName="miyabi-lambda-execution")[
        "AttachedPolicies"
    ]
    assert {policy["PolicyName"] for policy in attached} == {
        "AWSLambdaBasicExecutionRole",
        "miyabi-lambda-secrets-access",
        "miyabi-lambda-github-access",
    }
    trust: Any = account.clients.iam.get_role(RoleName="miyabi-lambda-execution")["Role"][
        "AssumeRolePolicyDocument"
    ]
    assert trust["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}


@every_environment
def test_the_lambda_role_reads_these_secrets_alone_and_decrypts_with_the_key_itself(
    demo_estate: dict[str, Account], name: str
) -> None:
    account = demo_estate[name]
    read, decrypt = policy_document(account, "miyabi-lambda-secrets-access")
    assert read["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    # Exactly the six characters that end an ARN: `-*` would reach …/api-keys-of-others too.
    assert {arn[:-6] + "??????" for arn in account.secret_arns.values()} == set(read["Resource"])
    assert (decrypt["Action"], decrypt["Resource"]) == (["kms:Decrypt"], account.key_arn)


def test_the_consoles_policy_has_no_wildcard_action_and_changes_no_policy(
    demo_estate: dict[str, Account],
) -> None:
    actions = [
        action
        for statement in policy_document(demo_estate["prod"], "miyabi-console-access")
        for action in statement["Action"]
    ]
    assert actions
    assert not [action for action in actions if "*" in action]
    writes = {
        action
        for action in actions
        if action.split(":")[1].startswith(("Put", "Update", "Create", "Delete", "Attach"))
    }
    assert writes == {"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"}


@every_environment
def test_the_account_administers_the_key_and_cannot_decrypt_with_it(
    demo_estate: dict[str, Account], name: str
) -> None:
    administration, *users = key_policy(demo_estate[name].environment)["Statement"]
    assert administration["Principal"]["AWS"].endswith(":root")
    forbidden = {
        "kms:*",
        "kms:Decrypt",
        "kms:CreateGrant",
        "kms:GenerateDataKey",
        "kms:ReEncrypt*",
        "kms:Create*",
    }
    assert forbidden.isdisjoint(administration["Action"])
    assert all("kms:ViaService" in user["Condition"]["StringEquals"] for user in users)


def test_the_first_versions_are_terraforms_and_no_uuids(demo_estate: dict[str, Account]) -> None:
    account = demo_estate["dev"]
    [version] = account.clients.secretsmanager.list_secret_version_ids(
        SecretId="miyabi/dev/config"
    )["Versions"]
    assert version["VersionId"].startswith("terraform-")
    assert 32 <= len(version["VersionId"]) <= 64


def test_dev_holds_placeholders_and_lacks_a_key(demo_estate: dict[str, Account]) -> None:
    specs, document = (
        read_catalog().secrets["api-keys"].keys,
        documents(demo_estate["dev"])["api-keys"],
    )
    assert [key for key, value in document.items() if is_placeholder(value, specs[key])] == [
        "GITHUB_TOKEN",
        "MIYABI_ACCESS_TOKEN",
    ]
    assert set(specs) - set(document) == {"GITHUB_OAUTH_CALLBACK_URL"}


def test_only_staging_names_the_wrong_region_and_only_for_the_lambda_role(
    demo_estate: dict[str, Account],
) -> None:
    assert {name: via_service(demo_estate[name], LAMBDA_STATEMENT) for name in NAMES} == {
        "dev": "secretsmanager.us-west-2.amazonaws.com",
        "staging": "secretsmanager.us-east-1.amazonaws.com",
        "prod": "secretsmanager.us-west-2.amazonaws.com",
    }
    console = "ConsoleUsesTheKeyThroughSecretsManager"
    assert via_service(demo_estate["staging"], console) == "secretsmanager.us-west-2.amazonaws.com"


def test_prod_shares_one_token_with_staging(demo_estate: dict[str, Account]) -> None:
    staging, prod = documents(demo_estate["staging"]), documents(demo_estate["prod"])
    specs = read_catalog().secrets
    shared = [
        key
        for secret, document in prod.items()
        for key, value in document.items()
        if value == staging[secret][key]
        and specs[secret].keys[key].between_environments == "must_differ"
    ]
    assert shared == ["MIYABI_ACCESS_TOKEN"]


def test_the_current_version_of_prods_api_keys_came_from_a_command_line(
    demo_estate: dict[str, Account],
) -> None:
    secret = demo_estate["prod"].clients.secretsmanager.describe_secret(
        SecretId="miyabi/prod/api-keys"
    )
    stages = {
        stage: version for version, held in secret["VersionIdsToStages"].items() for stage in held
    }
    assert str(uuid.UUID(stages["AWSCURRENT"])) == stages["AWSCURRENT"]
    assert stages["AWSPREVIOUS"].startswith("terraform-")


def test_a_clean_estate_has_none_of_these_flaws(make_estate: MakeEstate) -> None:
    built, specs = make_estate(clean=True), read_catalog().secrets
    assert {via_service(built[name], LAMBDA_STATEMENT) for name in NAMES} == {
        "secretsmanager.us-west-2.amazonaws.com"
    }
    values = {name: documents(built[name]) for name in NAMES}
    for name in NAMES:
        assert {secret: list(document) for secret, document in values[name].items()} == {
            secret: list(spec.keys) for secret, spec in specs.items()
        }
    tokens = [values[name]["api-keys"]["MIYABI_ACCESS_TOKEN"] for name in NAMES]
    assert len(set(tokens)) == 3
    assert not [
        token
        for token in tokens
        if is_placeholder(token, specs["api-keys"].keys["MIYABI_ACCESS_TOKEN"])
    ]


def test_one_environment_can_be_built_alone_with_more_secrets_than_a_page_holds(
    make_estate: MakeEstate,
) -> None:
    account = make_estate(only=("dev",), extra_secrets=3)["dev"]
    pages = account.clients.secretsmanager.get_paginator("list_secrets").paginate(
        PaginationConfig={"PageSize": 2}
    )
    names = [[item["Name"] for item in page["SecretList"]] for page in pages]
    assert [len(page) for page in names] == [2, 2, 1]
    assert {"miyabi/dev/service-0001", "miyabi/dev/service-0003"} <= {
        name for page in names for name in page
    }


def test_no_extra_secret_is_made_unless_it_is_asked_for(demo_estate: dict[str, Account]) -> None:
    add_extra_secrets(demo_estate["dev"], 0)
    assert len(demo_estate["dev"].clients.secretsmanager.list_secrets()["SecretList"]) == 2
