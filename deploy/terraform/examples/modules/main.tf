# The modules by themselves, in a configuration of your own: secrets and the console's role, without monitoring.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.88, < 7.0"
    }
  }
}

provider "aws" {
  region              = "us-west-2"
  allowed_account_ids = terraform.applying ? ["111111111111"] : null
}

variable "github_token" {
  description = "First value of GITHUB_TOKEN, as TF_VAR_github_token."
  type        = string
  default     = null
  ephemeral   = true
}

module "miyabi_secrets" {
  source = "../../modules/miyabi-secrets"

  environment        = "dev"
  account_id         = "111111111111"
  console_role_arn   = module.console_access.role_arn
  deployer_role_arns = ["arn:aws:iam::111111111111:role/terraform"]
  values             = { api-keys = { GITHUB_TOKEN = var.github_token } }
}

module "console_access" {
  source = "../../modules/console-access"

  environment            = "dev"
  account_id             = "111111111111"
  console_task_role_arns = ["arn:aws:iam::123456789012:role/miyabi-console-task"]
  prefix                 = module.miyabi_secrets.prefix
  key_arn                = module.miyabi_secrets.key_arn
}

output "lambda_role_arn" {
  description = "ARN of the role to give to the Lambda function."
  value       = module.miyabi_secrets.lambda_role_arn
}
