variable "account_id" {
  description = "The account in which the console runs, of 12 digits. Better one of its own than an environment's."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "\"${var.account_id}\" is not an AWS account id: expected 12 digits."
  }
}

variable "name" {
  description = "Name of the console's resources."
  type        = string
  default     = "miyabi-console"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,27}[a-z0-9]$", var.name))
    error_message = "\"${var.name}\" does not fit all resources: expected 2 to 29 small letters, digits and hyphens, such as miyabi-console."
  }
}

variable "host_name" {
  description = "Host name under which people reach the console, such as console.miyabi-world.com."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.host_name))
    error_message = "\"${var.host_name}\" is not a host name: expected one such as console.miyabi-world.com, without a scheme and without wildcards."
  }
}

variable "certificate_arn" {
  description = "ARN of the certificate for host_name, in AWS Certificate Manager and in this Region."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "\"${var.certificate_arn}\" is not the ARN of a certificate in AWS Certificate Manager."
  }
}

variable "image" {
  description = "The console's image, by digest: an image that changes under its tag is not the one that was tried."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "\"${var.image}\" names no digest: expected REPOSITORY@sha256: and 64 hex characters."
  }
}

variable "database_ca_pem" {
  description = "Certificate authorities of RDS in this Region, as PEM: https://truststore.pki.rds.amazonaws.com/REGION/REGION-bundle.pem. The console speaks to no database whose certificate leads elsewhere."
  type        = string

  validation {
    condition     = strcontains(var.database_ca_pem, "-----BEGIN CERTIFICATE-----") && length(var.database_ca_pem) <= 24576
    error_message = "Expected the bundle of one Region, certificates in PEM of at most 24 KiB in all, since a task definition holds it: the global bundle is too large."
  }
}

variable "environments_toml" {
  description = "The console's environments file: the outputs console_environment of the environments, with their rules."
  type        = string

  validation {
    condition     = can(regex("(?m)^\\[environments\\.[a-z][a-z0-9-]*\\]", var.environments_toml))
    error_message = "There is no environment in it: expected a table [environments.NAME] for each."
  }
}

variable "environment_role_arns" {
  description = "ARNs of the console's roles in the environments' accounts: their outputs console_role_arn."
  type        = list(string)

  validation {
    condition     = length(var.environment_role_arns) > 0 && alltrue([for arn in var.environment_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$", arn))])
    error_message = "Expected ARNs of roles without wildcards, at least one; got \"${join(", ", var.environment_role_arns)}\"."
  }

  validation {
    condition     = alltrue([for arn in var.environment_role_arns : strcontains(var.environments_toml, "\"${arn}\"")])
    error_message = "environments_toml does not name each of ${join(", ", var.environment_role_arns)} as an assume_role."
  }
}

variable "keys" {
  description = "The console's keys and its database's passwords: output made of modules/console-keys. Never kept in plan or state."
  type = object({
    SECRET_KEY        = string
    AUDIT_KEY         = string
    FINGERPRINT_KEY   = string
    SECOND_FACTOR_KEY = string
    owner             = string
    console           = string
  })
  ephemeral = true
}

variable "vpc_id" {
  description = "The VPC in which all of it lies."
  type        = string
}

variable "private_subnet_ids" {
  description = "Private subnets in two Availability Zones or more, with a way to AWS's APIs (NAT gateway or interface endpoints)."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "Two tasks and a database with a standby want two Availability Zones: expected at least two subnets, got ${length(var.private_subnet_ids)}."
  }
}

variable "allowed_cidr_blocks" {
  description = "Networks from which people reach the console, such as that of the VPN."
  type        = list(string)

  validation {
    condition     = length(var.allowed_cidr_blocks) > 0 && alltrue([for block in var.allowed_cidr_blocks : can(cidrnetmask(block)) && !endswith(block, "/0")])
    error_message = "Expected networks such as 10.20.0.0/16, and not the whole world; got \"${join(", ", var.allowed_cidr_blocks)}\"."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that gets the alarms."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alarm_topic_arn))
    error_message = "\"${var.alarm_topic_arn}\" is not the ARN of an SNS topic."
  }
}

variable "desired_count" {
  description = "How many tasks run."
  type        = number
  default     = 2

  validation {
    condition     = var.desired_count >= 2
    error_message = "One task is none while it is replaced: expected 2 or more."
  }
}

variable "task_cpu" {
  description = "CPU units of a task; 1024 is one core."
  type        = number
  default     = 1024
}

variable "task_memory" {
  description = "Memory of a task in MiB."
  type        = number
  default     = 2048
}

variable "web_concurrency" {
  description = "Worker processes of a task, each with 19 threads."
  type        = number
  default     = 2
}

variable "postgres_version" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "16"

  validation {
    condition     = contains(["14", "15", "16", "17"], var.postgres_version)
    error_message = "Expected a major version that Django 5.2 and RDS both know: 14, 15, 16 or 17."
  }
}

variable "database_instance_class" {
  description = "Instance class of the database."
  type        = string
  default     = "db.t4g.medium"
}

variable "database_storage_in_gib" {
  description = "Storage of the database; it grows by itself to five times as much."
  type        = number
  default     = 20

  validation {
    condition     = var.database_storage_in_gib >= 20
    error_message = "gp3 starts at 20 GiB."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database, which holds the audit log, and the load balancer."
  type        = bool
  default     = true
}

variable "settings" {
  description = "Further settings of the console, such as OIDC_ISSUER and OIDC_CLIENT_ID: .env.example lists them. Not for what is secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, _ in var.settings : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !can(regex("_(SECRET|TOKEN|PASSWORD|KEY|KEYS_BEFORE)$", name))])
    error_message = "Expected names of settings in capital letters, and none that is secret, which belongs in secret_settings; got ${join(", ", keys(var.settings))}."
  }
}

variable "secret_settings" {
  description = "Further settings that are secret, such as OIDC_CLIENT_SECRET or STATUS_TOKEN: for each the ARN of the secret in this account that holds it, as plain text."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for _, arn in var.secret_settings : can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", arn))])
    error_message = "Expected the ARN of a secret for each; got ${join(", ", values(var.secret_settings))}."
  }
}

variable "access_log_bucket" {
  description = "Bucket for the load balancer's access logs. Without it there are none; the console writes its own."
  type        = string
  default     = null
}

variable "retention_in_days" {
  description = "For how long logs are kept. The audit log's checkpoints are among them."
  type        = number
  default     = 365

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_in_days)
    error_message = "The checkpoints of the audit log are in these logs, so they are kept for a year or more: expected 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "checkpoint_retention_in_days" {
  description = "For how long a checkpoint of the audit log can be deleted by nobody, in a bucket that is made for them (S3 Object Lock, compliance mode). Without it no bucket is made."
  type        = number
  default     = null

  validation {
    condition     = var.checkpoint_retention_in_days == null ? true : var.checkpoint_retention_in_days >= 1 && var.checkpoint_retention_in_days <= 36500 && floor(var.checkpoint_retention_in_days) == var.checkpoint_retention_in_days
    error_message = "Expected 1 to 36500 whole days. It can be raised later, and not lowered for what is there."
  }
}

variable "tags" {
  description = "Tags for everything, beside Project and ManagedBy."
  type        = map(string)
  default     = {}
}
