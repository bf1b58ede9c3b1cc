variable "environment" {
  description = "The environment: one of those that the catalogue names, so dev, staging or prod."
  type        = string

  validation {
    condition     = contains(local.catalog.environments, var.environment)
    error_message = "There is no environment \"${var.environment}\": expected one of ${join(", ", local.catalog.environments)}."
  }
}

variable "account_id" {
  description = "The account that holds the environment, of 12 digits. Credentials for another account are refused before anything is made."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "\"${var.account_id}\" is not an AWS account id: expected 12 digits."
  }
}

variable "console_role_arn" {
  description = "ARN of the role in which the console acts in this account: it reads and writes values with the key."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", var.console_role_arn))
    error_message = "\"${var.console_role_arn}\" is not the ARN of a role: expected arn:aws:iam::123456789012:role/NAME."
  }
}

variable "deployer_role_arns" {
  description = "ARNs of the roles that run Terraform here. They may encrypt and decrypt the versions that Terraform makes, and no others."
  type        = list(string)

  validation {
    condition     = length(var.deployer_role_arns) > 0
    error_message = "No role is named: whoever runs Terraform needs the key to write the first values. Expected the ARN of at least one role."
  }

  validation {
    condition     = alltrue([for arn in var.deployer_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles, such as arn:aws:iam::123456789012:role/NAME; got ${join(", ", var.deployer_role_arns)}. A session's ARN (assumed-role) will not do."
  }
}

variable "emergency_role_arns" {
  description = "ARNs of the roles in which people read and write values without the console, in an emergency: output role_arn of modules/emergency-access."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.emergency_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles, such as arn:aws:iam::123456789012:role/NAME; got ${join(", ", var.emergency_role_arns)}. A session's ARN (assumed-role) will not do."
  }
}

variable "catalog_file" {
  description = "The catalogue of secrets and keys that the console reads too. The default is deploy/catalog.json of this repository."
  type        = string
  default     = null

  validation {
    condition     = var.catalog_file == null || try(fileexists(var.catalog_file), false)
    error_message = "There is no file ${coalesce(var.catalog_file, "-")}: expected the path of a catalogue in JSON."
  }
}

variable "values" {
  description = "First values, by secret and key, such as { api-keys = { GITHUB_TOKEN = … } }. Never kept in plan or state. What is left out starts as a placeholder."
  type        = map(map(string))
  default     = {}
  ephemeral   = true
  nullable    = false

  validation {
    condition = alltrue(flatten([
      for secret, given in var.values : [for key, value in given : can(local.catalog.secrets[secret].keys[key])]
    ]))
    error_message = "A value is given for a key that the catalogue does not know. It knows ${join(", ", local.known_keys)}."
  }

  validation {
    condition = alltrue(flatten([
      for secret, given in var.values : [
        for key, value in given : value == null || can(regex(local.formats[local.catalog.secrets[secret].keys[key].format].pattern, value))
        if can(local.catalog.secrets[secret].keys[key].format)
      ]
    ]))
    error_message = "A value is not in the format that the catalogue asks for. Expected: ${join("; ", local.expected_formats)}."
  }
}

variable "lambda_role_name" {
  description = "Name of the Lambda's execution role."
  type        = string
  default     = "miyabi-lambda-execution"

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.lambda_role_name))
    error_message = "\"${var.lambda_role_name}\" is not the name of a role: expected up to 64 letters, digits and _+=,.@-, and no path."
  }
}

variable "kms_alias" {
  description = "Alias of the key that encrypts the secrets."
  type        = string
  default     = "alias/miyabi-secrets"

  validation {
    condition     = can(regex("^alias/[A-Za-z0-9/_-]{1,250}$", var.kms_alias)) && !startswith(var.kms_alias, "alias/aws/")
    error_message = "\"${var.kms_alias}\" is not an alias of yours: expected alias/NAME, and AWS keeps alias/aws/ for itself."
  }
}

variable "recovery_window_in_days" {
  description = "For how many days a deleted secret can be restored."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_in_days >= 7 && var.recovery_window_in_days <= 30
    error_message = "Expected 7 to 30 days. Deletion without a window (0) cannot be undone, so it is not offered here."
  }
}

variable "key_deletion_window_in_days" {
  description = "For how many days the deletion of the key can be taken back. While it waits, nothing can be decrypted with it."
  type        = number
  default     = 30

  validation {
    condition     = var.key_deletion_window_in_days >= 7 && var.key_deletion_window_in_days <= 30
    error_message = "Expected 7 to 30 days."
  }
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
