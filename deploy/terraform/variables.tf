# Where.

variable "environment" {
  description = "The environment: dev, staging or prod."
  type        = string
  default     = "prod"

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "\"${var.environment}\" is not an environment: expected dev, staging or prod."
  }
}

variable "account_id" {
  description = "The account that holds the environment, of 12 digits. Credentials for another account are refused before anything is made. Without it, the account of the credentials."
  type        = string
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "\"${coalesce(var.account_id, "-")}\" is not an AWS account id: expected 12 digits."
  }
}

variable "region" {
  description = "The Region of the environment."
  type        = string
  default     = "us-west-2"

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "\"${var.region}\" is not a Region: expected one such as us-west-2."
  }
}

# Who.

variable "console_task_role_arns" {
  description = "ARNs of the roles in which the console's tasks run: output task_role_arn of modules/console. Without any, miyabi-console-task of this account, which may be made later."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.console_task_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles, such as arn:aws:iam::123456789012:role/miyabi-console-task; got \"${join(", ", var.console_task_role_arns)}\"."
  }
}

variable "deployer_role_arns" {
  description = "ARNs of the roles that run Terraform here. They may encrypt and decrypt the versions that Terraform makes, and no others. Without any, the role that runs it: name them where it is not always the same."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.deployer_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles, such as arn:aws:iam::123456789012:role/terraform; got \"${join(", ", var.deployer_role_arns)}\". The ARN of a session (assumed-role) will not do."
  }
}

variable "function_in_vpc" {
  description = "Whether the Lambda function is connected to a VPC. The console may then describe the endpoints, route tables, subnets and security groups of the account, for troubleshooting: EC2 knows no narrower right."
  type        = bool
  default     = false
}

variable "refresh" {
  description = "Whether the console may have the Lambda function start fresh instances, by changing one variable of it. Set refresh in its environments file as well."
  type        = bool
  default     = false
}

variable "who_can_read" {
  description = "Whether the console may list the account's roles and users, and read its organization's control policies, to say who can read a secret. Set who_can_read in its environments file as well."
  type        = bool
  default     = false
}

variable "older_reads" {
  description = "Whether the console may query the trail's log group for reads of more than 90 days ago. AWS bills a query by what it scans. Set trail_log_group in its environments file as well."
  type        = bool
  default     = false
}

variable "emergency_trusted_arns" {
  description = "ARNs of the roles or users that may assume miyabi-emergency, the role in which people work on the secrets without the console. Without any, the account's administrators."
  type        = list(string)
  default     = []
}

# The function.

variable "make_function" {
  description = "Whether to make the function, miyabi-app. false where it is there already, made by other means."
  type        = bool
  default     = true
}

variable "package_file" {
  description = "Zip of the application with lambda_handler.py, for the first deployment. Without it a placeholder answers 503. Later apply commands leave the code alone."
  type        = string
  default     = null
}

variable "layer_file" {
  description = "Zip of the layer that holds the loader, core.secrets: `make layer` writes miyabi-core.zip. Without it the function has no layer."
  type        = string
  default     = null
}

# Names and windows: the defaults are those of the console's environments file.

variable "lambda_role_name" {
  description = "Name of the Lambda's execution role."
  type        = string
  default     = "miyabi-lambda-execution"
}

variable "lambda_function_name" {
  description = "Name of the Lambda function, for its log group and for troubleshooting."
  type        = string
  default     = "miyabi-app"
}

variable "kms_alias" {
  description = "Alias of the key that encrypts the secrets."
  type        = string
  default     = "alias/miyabi-secrets"
}

variable "manage" {
  description = "Whether the console may create, describe and delete secrets here."
  type        = bool
  default     = false
}

variable "recovery_window_in_days" {
  description = "For how many days a deleted secret can be restored."
  type        = number
  default     = 30
}

variable "key_deletion_window_in_days" {
  description = "For how many days the deletion of the key can be taken back. While it waits, nothing can be decrypted with it."
  type        = number
  default     = 30
}

# Watching.

variable "trail_log_group_name" {
  description = "Log group of a CloudTrail trail that has this account's management events. Without it a trail is made here."
  type        = string
  default     = null
}

variable "retention_in_days" {
  description = "For how long logs are kept."
  type        = number
  default     = 365
}

variable "alarm_emails" {
  description = "Addresses that get the alarms. Each has to confirm once, by a mail from AWS."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
