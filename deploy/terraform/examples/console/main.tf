# The console in an account of its own, over three environments. Apply it twice: first with the roles' names as they will be, then,
# when the environments have been applied with its output task_role_arn, nothing is left to change.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region              = "us-west-2"
  allowed_account_ids = terraform.applying ? [var.account_id] : null
}

variable "account_id" {
  description = "The account in which the console runs."
  type        = string
}

variable "image" {
  description = "The console's image, by digest."
  type        = string
}

variable "database_ca_pem" {
  description = "Certificate authorities of RDS in the Region: https://truststore.pki.rds.amazonaws.com/us-west-2/us-west-2-bundle.pem."
  type        = string
}

variable "environments" {
  description = "Account of each environment."
  type        = map(string)
  default = {
    dev     = "111111111111"
    staging = "222222222222"
    prod    = "333333333333"
  }
}

locals {
  role_arns = { for name, account in var.environments : name => "arn:aws:iam::${account}:role/miyabi-console" }
}

module "keys" {
  source = "../../modules/console-keys"

  kms_key_arn = module.console.kms_key_arn
}

module "console" {
  source = "../../modules/console"

  account_id            = var.account_id
  image                 = var.image
  keys                  = module.keys.made
  host_name             = "console.miyabi-world.com"
  certificate_arn       = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  vpc_id                = "vpc-00000000000000000"
  private_subnet_ids    = ["subnet-00000000000000001", "subnet-00000000000000002"]
  allowed_cidr_blocks   = ["10.20.0.0/16"]
  alarm_topic_arn       = "arn:aws:sns:us-west-2:123456789012:operations"
  database_ca_pem       = var.database_ca_pem
  environment_role_arns = values(local.role_arns)
  environments_toml = join("\n", [
    for name in ["dev", "staging", "prod"] : <<-EOT
      [environments.${name}]
      region = "us-west-2"
      account = "${var.environments[name]}"
      assume_role = "${local.role_arns[name]}"
      prefix = "miyabi/${name}/"

      [environments.${name}.rules]
      reason_required = ${name != "dev"}
      type_the_name = ${name == "prod"}
      second_person = false
    EOT
  ])
}

output "task_role_arn" {
  description = "For console_task_role_arns of each environment."
  value       = module.console.task_role_arn
}

output "migrate_command" {
  description = "Runs the migrations."
  value       = module.console.migrate_command
}
