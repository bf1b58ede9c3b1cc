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

variable "trusted_arns" {
  description = "ARNs of the roles or users that may assume the role. Without any, those whom the account's IAM policies let assume it: its administrators."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.trusted_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles or users, such as arn:aws:iam::123456789012:role/on-call; got ${join(", ", var.trusted_arns)}."
  }
}

variable "prefix" {
  description = "What the names of the environment's secrets start with, slash included. The role reaches no other secret."
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

variable "role_name" {
  description = "Name of the role, and the start of its policy's name."
  type        = string
  default     = "miyabi-emergency"
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
