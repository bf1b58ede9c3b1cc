# First values, each given as TF_VAR_… or in a git-ignored tfvars file. They are ephemeral: no plan and no state ever holds one.
# Without a value the key starts as a placeholder, which the console marks. Later changes are the console's.

locals {
  # What a guide prints in the place of a value, such as ghp_xxx or your-secure-token: the patterns by which the console knows placeholders.
  samples = jsondecode(file("${path.module}/../catalog.json")).placeholders
}

variable "github_token" {
  description = "GITHUB_TOKEN: GitHub personal access token with which Miyabi reads and writes issues and pull requests."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.github_token == null || can(regex("^(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})$", var.github_token))
    error_message = "The value of github_token is not a GitHub token: expected ghp_, gho_, ghu_, ghs_ or ghr_ and 36 letters or digits, or github_pat_…."
  }

  validation {
    condition     = var.github_token == null || !anytrue([for sample in local.samples : can(regex(sample, var.github_token))])
    error_message = "The value of github_token is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "miyabi_access_token" {
  description = "MIYABI_ACCESS_TOKEN: Bearer token that callers of the Miyabi API present."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.miyabi_access_token == null || can(regex("^\\S{32,}$", var.miyabi_access_token))
    error_message = "The value of miyabi_access_token is not a token: expected 32 characters or more, without blanks."
  }

  validation {
    condition     = var.miyabi_access_token == null || !anytrue([for sample in local.samples : can(regex(sample, var.miyabi_access_token))])
    error_message = "The value of miyabi_access_token is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "oauth_client_id" {
  description = "OAUTH_CLIENT_ID: OAuth 2.1 client id of the Miyabi MCP client."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.oauth_client_id == null || can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.oauth_client_id))
    error_message = "The value of oauth_client_id is not an identifier: expected letters, digits, dots, hyphens and underscores."
  }

  validation {
    condition     = var.oauth_client_id == null || !anytrue([for sample in local.samples : can(regex(sample, var.oauth_client_id))])
    error_message = "The value of oauth_client_id is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "oauth_client_secret" {
  description = "OAUTH_CLIENT_SECRET: OAuth 2.1 client secret of the Miyabi MCP client."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.oauth_client_secret == null || can(regex("^\\S{32,}$", var.oauth_client_secret))
    error_message = "The value of oauth_client_secret is not a token: expected 32 characters or more, without blanks."
  }

  validation {
    condition     = var.oauth_client_secret == null || !anytrue([for sample in local.samples : can(regex(sample, var.oauth_client_secret))])
    error_message = "The value of oauth_client_secret is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "oauth_issuer" {
  description = "OAUTH_ISSUER: OAuth 2.1 issuer; a token of one environment must not be good in another, so each has its own."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.oauth_issuer == null || can(regex("^https://[^\\s/\\\\]+\\S*$", var.oauth_issuer))
    error_message = "The value of oauth_issuer is not an https URL: expected https://host/…."
  }

  validation {
    condition     = var.oauth_issuer == null || !anytrue([for sample in local.samples : can(regex(sample, var.oauth_issuer))])
    error_message = "The value of oauth_issuer is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "github_oauth_client_id" {
  description = "GITHUB_OAUTH_CLIENT_ID: Client id of the GitHub OAuth App; an app has one callback URL, so each environment has its own app."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.github_oauth_client_id == null || can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.github_oauth_client_id))
    error_message = "The value of github_oauth_client_id is not an identifier: expected letters, digits, dots, hyphens and underscores."
  }

  validation {
    condition     = var.github_oauth_client_id == null || !anytrue([for sample in local.samples : can(regex(sample, var.github_oauth_client_id))])
    error_message = "The value of github_oauth_client_id is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "github_oauth_client_secret" {
  description = "GITHUB_OAUTH_CLIENT_SECRET: Client secret of the GitHub OAuth App."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.github_oauth_client_secret == null || can(regex("^\\S{40,}$", var.github_oauth_client_secret))
    error_message = "The value of github_oauth_client_secret is not a token: expected 40 characters or more, without blanks."
  }

  validation {
    condition     = var.github_oauth_client_secret == null || !anytrue([for sample in local.samples : can(regex(sample, var.github_oauth_client_secret))])
    error_message = "The value of github_oauth_client_secret is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "github_oauth_callback_url" {
  description = "GITHUB_OAUTH_CALLBACK_URL: Where GitHub sends people back after they signed in."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.github_oauth_callback_url == null || can(regex("^https://[^\\s/\\\\]+\\S*$", var.github_oauth_callback_url))
    error_message = "The value of github_oauth_callback_url is not an https URL: expected https://host/…."
  }

  validation {
    condition     = var.github_oauth_callback_url == null || !anytrue([for sample in local.samples : can(regex(sample, var.github_oauth_callback_url))])
    error_message = "The value of github_oauth_callback_url is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "miyabi_repo_owner" {
  description = "MIYABI_REPO_OWNER: GitHub organisation or user that owns the repository."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.miyabi_repo_owner == null || can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.miyabi_repo_owner))
    error_message = "The value of miyabi_repo_owner is not an identifier: expected letters, digits, dots, hyphens and underscores."
  }

  validation {
    condition     = var.miyabi_repo_owner == null || !anytrue([for sample in local.samples : can(regex(sample, var.miyabi_repo_owner))])
    error_message = "The value of miyabi_repo_owner is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "miyabi_repo_name" {
  description = "MIYABI_REPO_NAME: GitHub repository on which Miyabi works; dev may work on a copy."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.miyabi_repo_name == null || can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.miyabi_repo_name))
    error_message = "The value of miyabi_repo_name is not an identifier: expected letters, digits, dots, hyphens and underscores."
  }

  validation {
    condition     = var.miyabi_repo_name == null || !anytrue([for sample in local.samples : can(regex(sample, var.miyabi_repo_name))])
    error_message = "The value of miyabi_repo_name is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "base_url" {
  description = "BASE_URL: Public address of the Miyabi API."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.base_url == null || can(regex("^https://[^\\s/\\\\]+\\S*$", var.base_url))
    error_message = "The value of base_url is not an https URL: expected https://host/…."
  }

  validation {
    condition     = var.base_url == null || !anytrue([for sample in local.samples : can(regex(sample, var.base_url))])
    error_message = "The value of base_url is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}

variable "miyabi_root" {
  description = "MIYABI_ROOT: Folder in which Miyabi keeps its working files; the function falls back to /tmp/miyabi."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.miyabi_root == null || can(regex("^/\\S*$", var.miyabi_root))
    error_message = "The value of miyabi_root is not an absolute path: expected one such as /tmp/miyabi."
  }

  validation {
    condition     = var.miyabi_root == null || !anytrue([for sample in local.samples : can(regex(sample, var.miyabi_root))])
    error_message = "The value of miyabi_root is a sample, as a guide prints it: give a value of your own, or none and set it in the console."
  }
}
