# The root module, and the modules of an environment, with a provider that makes nothing. `terraform test` needs no credentials.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111", arn = "arn:aws:sts::111111111111:assumed-role/somebody/hana" }
  }
  mock_data "aws_service_principal" {
    defaults = { region = "us-west-2" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_session_context" {
    defaults = { issuer_arn = "arn:aws:iam::111111111111:role/somebody" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mocked" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::111111111111:policy/mocked" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:us-west-2:111111111111:key/00000000-0000-0000-0000-000000000000" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-west-2:111111111111:mocked" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-west-2:111111111111:log-group:mocked" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mocked" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-west-2:111111111111:secret:mocked-AbCdEf" }
  }
}

# What modules have to be given. The root needs nothing.
variables {
  environment            = "dev"
  account_id             = "111111111111"
  role_arn               = "arn:aws:iam::111111111111:role/miyabi-lambda-execution"
  console_task_role_arns = ["arn:aws:iam::123456789012:role/miyabi-console-task"]
  deployer_role_arns     = ["arn:aws:iam::111111111111:role/terraform"]
  console_role_arn       = "arn:aws:iam::111111111111:role/miyabi-console"
  prefix                 = "miyabi/dev/"
  key_arn                = "arn:aws:kms:us-west-2:111111111111:key/00000000-0000-0000-0000-000000000000"
}

run "an_environment_without_values" {
  command = plan
  assert {
    condition     = strcontains(join(" ", keys(module.miyabi_secrets.secret_arns)), "api-keys config")
    error_message = "The secrets are not those of the catalogue."
  }
}

run "the_name_of_an_environment" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "an_account_of_twelve_digits" {
  command = plan
  variables {
    account_id = "1111-1111-1111"
  }
  expect_failures = [var.account_id]
}

run "a_session_is_no_role" {
  command = plan
  variables {
    deployer_role_arns = ["arn:aws:sts::111111111111:assumed-role/terraform/hana"]
  }
  expect_failures = [var.deployer_role_arns]
}

run "nothing_has_to_be_said_but_a_sample_is_refused" {
  command = plan
  variables {
    environment                = "prod"
    account_id                 = null
    console_task_role_arns     = []
    deployer_role_arns         = []
    github_token               = "ghp_xxxxxxxxxxxxxxxxxxxxx"
    miyabi_access_token        = "your-secure-token"
    github_oauth_client_id     = "your-github-oauth-id"
    github_oauth_client_secret = "your-github-oauth-secret"
    github_oauth_callback_url  = "https://api.miyabi-world.com/auth/github/callback"
  }
  expect_failures = [var.github_token, var.miyabi_access_token, var.github_oauth_client_id, var.github_oauth_client_secret]
}

run "first_values_in_their_formats" {
  command = plan
  variables {
    github_token           = "ghp_too-short"
    miyabi_access_token    = "too short"
    oauth_issuer           = "http://api.miyabi-world.com"
    github_oauth_client_id = "two words"
    miyabi_root            = "tmp/miyabi"
  }
  expect_failures = [var.github_token, var.miyabi_access_token, var.oauth_issuer, var.github_oauth_client_id, var.miyabi_root]
}

run "other_credentials" {
  command = plan
  module {
    source = "./modules/miyabi-secrets"
  }
  variables {
    account_id = "222222222222"
  }
  expect_failures = [data.aws_caller_identity.current]
}

run "the_key_waits_a_month_and_turns_every_year" {
  command = plan
  module {
    source = "./modules/miyabi-secrets"
  }
  assert {
    condition     = aws_kms_key.secrets.enable_key_rotation && aws_kms_key.secrets.deletion_window_in_days == 30 && aws_kms_alias.secrets.name == "alias/miyabi-secrets"
    error_message = "The key is not as the guide has it."
  }
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.catalog : secret.recovery_window_in_days == 30])
    error_message = "A secret cannot be restored for 30 days."
  }
  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.first : !contains(version.version_stages, "AWSCURRENT")])
    error_message = "A version asks for AWSCURRENT: a later apply would overwrite what the console wrote."
  }
}

run "a_value_for_a_key_that_nobody_knows" {
  command = plan
  module {
    source = "./modules/miyabi-secrets"
  }
  variables {
    values = { api-keys = { GITHUB_TOKENS = "x" } }
  }
  expect_failures = [var.values]
}

run "a_value_in_a_wrong_format" {
  command = plan
  module {
    source = "./modules/miyabi-secrets"
  }
  variables {
    values = { config = { BASE_URL = "api.miyabi-world.com" } }
  }
  expect_failures = [var.values]
}

run "a_catalogue_with_a_wrong_key" {
  command = plan
  module {
    source = "./modules/miyabi-secrets"
  }
  variables {
    catalog_file = "tests/catalogs/wrong-key.json"
  }
  expect_failures = [aws_secretsmanager_secret.catalog]
}

run "a_catalogue_with_a_wrong_format" {
  command = plan
  module {
    source = "./modules/miyabi-secrets"
  }
  variables {
    catalog_file = "tests/catalogs/wrong-format.json"
  }
  expect_failures = [aws_secretsmanager_secret.catalog]
}

run "an_alias_is_no_key_and_a_prefix_ends_in_a_slash" {
  command = plan
  module {
    source = "./modules/console-access"
  }
  variables {
    key_arn = "arn:aws:kms:us-west-2:111111111111:alias/miyabi-secrets"
    prefix  = "miyabi/dev"
  }
  expect_failures = [var.key_arn, var.prefix]
}

run "secrets_are_created_and_deleted_only_where_that_is_asked_for" {
  command = plan
  module {
    source = "./modules/console-access"
  }
  variables {
    key_arn = "arn:aws:kms:us-west-2:111111111111:key/11111111-2222-3333-4444-555555555555"
    prefix  = "miyabi/dev/"
  }
  assert {
    condition     = length(setintersection(["ManageSecrets", "DescribeSecretsAnew", "DeleteSecretsWithARecoveryWindow"], local.policy.Statement[*].Sid)) == 0
    error_message = "The console may create or delete secrets, and nobody asked for that."
  }
}

run "a_trail_that_is_there_is_used" {
  command = plan
  module {
    source = "./modules/monitoring"
  }
  variables {
    trail_log_group_name = "organisation"
  }
  assert {
    condition     = length(aws_cloudtrail.secrets) == 0 && alltrue([for filter in aws_cloudwatch_log_metric_filter.trail : filter.log_group_name == "organisation"])
    error_message = "The filters do not look at the trail that was named."
  }
}

run "a_trail_is_made_where_there_is_none" {
  command = plan
  module {
    source = "./modules/monitoring"
  }
  assert {
    condition     = length(aws_cloudtrail.secrets) == 1 && aws_cloudtrail.secrets[0].enable_log_file_validation && aws_cloudtrail.secrets[0].is_multi_region_trail
    error_message = "There is no trail, so nothing is counted."
  }
  assert {
    condition     = alltrue([for filter in aws_cloudwatch_log_metric_filter.trail : length(filter.pattern) <= 1024])
    error_message = "CloudWatch Logs takes patterns of 1024 characters."
  }
}

run "the_function_is_the_guide_s_and_its_code_is_its_own" {
  command = plan
  module {
    source = "./modules/function"
  }
  assert {
    condition     = aws_lambda_function.app.function_name == "miyabi-app" && aws_lambda_function.app.role == "arn:aws:iam::111111111111:role/miyabi-lambda-execution"
    error_message = "The function is not the guide's."
  }
  assert {
    condition     = aws_lambda_function.app.environment[0].variables == tomap({ MIYABI_ENVIRONMENT = "dev" }) && length(aws_lambda_layer_version.core) == 0
    error_message = "The function gets more than it was given."
  }
}

run "a_layer_that_is_not_there_and_a_python_that_the_loader_does_not_know" {
  command = plan
  module {
    source = "./modules/function"
  }
  variables {
    layer_file   = "no-such.zip"
    package_file = "no-such.zip"
    runtime      = "python3.10"
  }
  expect_failures = [var.layer_file, var.package_file, var.runtime]
}

run "only_roles_and_users_are_trusted_in_an_emergency" {
  command = plan
  module {
    source = "./modules/emergency-access"
  }
  variables {
    trusted_arns = ["*"]
  }
  expect_failures = [var.trusted_arns]
}
