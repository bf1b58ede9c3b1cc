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

variable "prefix" {
  description = "What the names of the environment's secrets start with, slash included."
  type        = string

  validation {
    condition     = can(regex("^([A-Za-z0-9_+=.@-]+/)+$", var.prefix))
    error_message = "\"${var.prefix}\" is not a prefix: expected parts that each end in a slash, such as miyabi/prod/."
  }
}

variable "key_arn" {
  description = "ARN of the key that encrypts the secrets."
  type        = string
}

variable "emergency_role_arns" {
  description = "ARNs of the roles for emergencies (output role_arn of modules/emergency-access): whatever is done in one raises an alarm."
  type        = list(string)
  default     = []
}

variable "lambda_function_name" {
  description = "Name of the Lambda function, whose log group is made here so that it has a retention. If the function has run before, import the group."
  type        = string
  default     = "miyabi-app"
}

variable "trail_log_group_name" {
  description = "Log group of a CloudTrail trail that has this account's management events. Without it a trail is made here."
  type        = string
  default     = null
}

variable "retention_in_days" {
  description = "For how long logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_in_days)
    error_message = "CloudWatch Logs keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days; got ${var.retention_in_days}."
  }
}

variable "alarm_emails" {
  description = "Addresses that get the alarms. Each has to confirm once, by a mail from AWS."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "Expected mail addresses; got ${join(", ", var.alarm_emails)}."
  }
}

variable "alarm_period_in_seconds" {
  description = "An alarm goes off when something happened once in so long a time."
  type        = number
  default     = 300

  validation {
    condition     = var.alarm_period_in_seconds >= 60 && var.alarm_period_in_seconds % 60 == 0
    error_message = "Expected whole minutes, in seconds."
  }
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
