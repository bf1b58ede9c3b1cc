variable "environment" {
  description = "The environment's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.environment))
    error_message = "\"${var.environment}\" is not the name of an environment: expected small letters, digits and hyphens, such as prod."
  }
}

variable "role_arn" {
  description = "ARN of the role in which the function runs: output lambda_role_arn of modules/miyabi-secrets."
  type        = string
}

variable "function_name" {
  description = "Name of the function."
  type        = string
  default     = "miyabi-app"
}

variable "package_file" {
  description = "Zip of the application with lambda_handler.py, for the first deployment. Without it a placeholder answers 503. Later apply commands leave the code alone."
  type        = string
  default     = null

  validation {
    condition     = var.package_file == null || try(fileexists(var.package_file), false)
    error_message = "There is no file ${coalesce(var.package_file, "-")}: expected the path of a zip."
  }
}

variable "layer_file" {
  description = "Zip of the layer that holds the loader, core.secrets: `make layer` writes miyabi-core.zip. Without it the function has no layer."
  type        = string
  default     = null

  validation {
    condition     = var.layer_file == null || try(fileexists(var.layer_file), false)
    error_message = "There is no file ${coalesce(var.layer_file, "-")}: expected the zip that `make layer` writes."
  }
}

variable "runtime" {
  description = "Lambda's runtime: Python 3.11 or later."
  type        = string
  default     = "python3.13"

  validation {
    condition     = can(regex("^python3\\.(1[1-9]|[2-9][0-9])$", var.runtime))
    error_message = "\"${var.runtime}\" is not a runtime for the loader: expected python3.11 or later."
  }
}

variable "memory_in_mib" {
  description = "Memory of the function, in MiB."
  type        = number
  default     = 512
}

variable "timeout_in_seconds" {
  description = "For how long a call may take. The loader gives up after 8 seconds."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}
