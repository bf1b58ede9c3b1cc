variable "environment" {
  description = "The environment's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.environment))
    error_message = "\"${var.environment}\" is not the name of an environment: expected small letters, digits and hyphens, such as prod."
  }
}

variable "account_id" {
  description = "The account that holds the environment, of 12 digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "\"${var.account_id}\" is not an AWS account id: expected 12 digits."
  }
}

variable "console_task_role_arns" {
  description = "ARNs of the roles in which the console's tasks run, all in one account: they may assume this role. Output task_role_arn of modules/console."
  type        = list(string)

  validation {
    condition     = length(var.console_task_role_arns) > 0 && alltrue([for arn in var.console_task_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles, at least one, such as arn:aws:iam::123456789012:role/miyabi-console-task; got \"${join(", ", var.console_task_role_arns)}\"."
  }

  validation {
    condition     = length(distinct([for arn in var.console_task_role_arns : try(split(":", arn)[4], "")])) <= 1
    error_message = "The console's tasks run in one account; got ${join(", ", var.console_task_role_arns)}."
  }
}

variable "prefix" {
  description = "What the names of the environment's secrets start with, slash included. The console reaches no other secret."
  type        = string

  validation {
    condition     = can(regex("^([A-Za-z0-9_+=.@-]+/)+$", var.prefix))
    error_message = "\"${var.prefix}\" is not a prefix: expected parts that each end in a slash, such as miyabi/prod/. Without the last one, miyabi/prod would also reach miyabi/production."
  }
}

variable "key_arn" {
  description = "ARN of the key that encrypts the secrets."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.key_arn))
    error_message = "\"${var.key_arn}\" is not the ARN of a key. An alias matches nothing in an IAM policy: expected arn:aws:kms:REGION:ACCOUNT:key/ID."
  }
}

variable "lambda_role_name" {
  description = "Name of the Lambda's execution role, for troubleshooting."
  type        = string
  default     = "miyabi-lambda-execution"
}

variable "lambda_function_name" {
  description = "Name of the Lambda function, for troubleshooting."
  type        = string
  default     = "miyabi-app"
}

variable "lambda_log_group_name" {
  description = "Name of the function's log group, where it is not Lambda's own. Set lambda_log_group in the console's environments file as well."
  type        = string
  default     = null
}

variable "manage" {
  description = "Whether the console may create, describe and delete secrets under the prefix: manage = true in its environments file. A deletion always has a recovery window."
  type        = bool
  default     = false
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

variable "trail_log_group_name" {
  description = "Log group of a CloudTrail trail that the console may query for reads of more than 90 days ago. Set trail_log_group in its environments file as well. Without it the console may query none."
  type        = string
  default     = null
}

variable "role_name" {
  description = "Name of the console's role in this account."
  type        = string
  default     = "miyabi-console"
}

variable "policy_name" {
  description = "Name of its policy."
  type        = string
  default     = "miyabi-console-access"
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
