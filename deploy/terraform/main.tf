# One Miyabi environment: its key, secrets and Lambda role, the console's way in, and what watches over them.
# Each environment has an account, a state and a tfvars file of its own.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The role behind the session that runs Terraform, where none is named.
data "aws_iam_session_context" "current" {
  count = length(var.deployer_role_arns) == 0 ? 1 : 0

  arn = data.aws_caller_identity.current.arn
}

locals {
  account_id             = coalesce(var.account_id, data.aws_caller_identity.current.account_id)
  deployer_role_arns     = coalescelist(var.deployer_role_arns, data.aws_iam_session_context.current[*].issuer_arn)
  console_task_role_arns = coalescelist(var.console_task_role_arns, ["arn:${data.aws_partition.current.partition}:iam::${local.account_id}:role/miyabi-console-task"])
}

module "miyabi_secrets" {
  source = "./modules/miyabi-secrets"

  environment                 = var.environment
  account_id                  = local.account_id
  console_role_arn            = module.console_access.role_arn
  deployer_role_arns          = local.deployer_role_arns
  emergency_role_arns         = [module.emergency_access.role_arn]
  lambda_role_name            = var.lambda_role_name
  kms_alias                   = var.kms_alias
  recovery_window_in_days     = var.recovery_window_in_days
  key_deletion_window_in_days = var.key_deletion_window_in_days
  tags                        = var.tags

  values = {
    api-keys = {
      GITHUB_TOKEN               = var.github_token
      MIYABI_ACCESS_TOKEN        = var.miyabi_access_token
      OAUTH_CLIENT_ID            = var.oauth_client_id
      OAUTH_CLIENT_SECRET        = var.oauth_client_secret
      OAUTH_ISSUER               = var.oauth_issuer
      GITHUB_OAUTH_CLIENT_ID     = var.github_oauth_client_id
      GITHUB_OAUTH_CLIENT_SECRET = var.github_oauth_client_secret
      GITHUB_OAUTH_CALLBACK_URL  = var.github_oauth_callback_url
    }
    config = {
      MIYABI_REPO_OWNER = var.miyabi_repo_owner
      MIYABI_REPO_NAME  = var.miyabi_repo_name
      BASE_URL          = var.base_url
      MIYABI_ROOT       = var.miyabi_root
    }
  }
}

module "console_access" {
  source = "./modules/console-access"

  environment            = var.environment
  account_id             = local.account_id
  console_task_role_arns = local.console_task_role_arns
  prefix                 = module.miyabi_secrets.prefix
  key_arn                = module.miyabi_secrets.key_arn
  lambda_role_name       = var.lambda_role_name
  lambda_function_name   = var.lambda_function_name
  function_in_vpc        = var.function_in_vpc
  refresh                = var.refresh
  who_can_read           = var.who_can_read
  trail_log_group_name   = var.older_reads ? module.monitoring.trail_log_group_name : null
  manage                 = var.manage
  tags                   = var.tags
}

module "emergency_access" {
  source = "./modules/emergency-access"

  environment  = var.environment
  account_id   = local.account_id
  trusted_arns = var.emergency_trusted_arns
  prefix       = module.miyabi_secrets.prefix
  key_arn      = module.miyabi_secrets.key_arn
  tags         = var.tags
}

module "function" {
  source = "./modules/function"
  count  = var.make_function ? 1 : 0

  environment   = var.environment
  role_arn      = module.miyabi_secrets.lambda_role_arn
  function_name = var.lambda_function_name
  package_file  = var.package_file
  layer_file    = var.layer_file
  tags          = var.tags

  depends_on = [module.monitoring] # its log group: a function that runs first makes one without a retention
}

module "monitoring" {
  source = "./modules/monitoring"

  environment          = var.environment
  account_id           = local.account_id
  prefix               = module.miyabi_secrets.prefix
  key_arn              = module.miyabi_secrets.key_arn
  emergency_role_arns  = [module.emergency_access.role_arn]
  lambda_function_name = var.lambda_function_name
  trail_log_group_name = var.trail_log_group_name
  retention_in_days    = var.retention_in_days
  alarm_emails         = var.alarm_emails
  tags                 = var.tags
}
