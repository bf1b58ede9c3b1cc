# What the catalogue says, and what it must not say.

locals {
  catalog_file = coalesce(var.catalog_file, "${path.module}/../../../catalog.json")
  catalog      = jsondecode(file(local.catalog_file))
  prefix       = "${local.catalog.project}/${var.environment}/"

  known_keys = flatten([
    for secret, spec in local.catalog.secrets : [for key, _ in spec.keys : "${secret}: ${key}"]
  ])
  expected_formats = flatten([
    for secret, spec in local.catalog.secrets : [
      for key, entry in spec.keys : "${key}: ${local.formats[entry.format].expected}"
      if can(local.formats[entry.format])
    ]
  ])

  # The formats of the console (its key rules say the same, and check a GitHub token's checksum besides).
  # A placeholder is one that the console recognises: it stays marked as such until somebody sets a value.
  formats = {
    github_token = {
      pattern     = "^(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})$"
      expected    = "a GitHub token (ghp_, gho_, ghu_, ghs_ or ghr_ and 36 letters or digits, or github_pat_…)"
      placeholder = "ghp_xxxxxxxxxxxxxxxxxxxxx"
    }
    token = {
      pattern     = "^\\S{32,}$"
      expected    = "32 characters or more, without blanks"
      placeholder = "placeholder-set-it-in-the-console"
    }
    url = {
      pattern     = "^https?://[^\\s/\\\\]+\\S*$"
      expected    = "a URL"
      placeholder = "https://placeholder.invalid/"
    }
    https_url = {
      pattern     = "^https://[^\\s/\\\\]+\\S*$"
      expected    = "an https URL"
      placeholder = "https://placeholder.invalid/"
    }
    identifier = {
      pattern     = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
      expected    = "letters, digits, dots, hyphens and underscores"
      placeholder = "placeholder-set-it-in-the-console"
    }
    path = {
      pattern     = "^/\\S*$"
      expected    = "an absolute path"
      placeholder = "placeholder-set-it-in-the-console"
    }
    free_text = {
      pattern     = "(?s)^.+$"
      expected    = "some text"
      placeholder = "placeholder-set-it-in-the-console"
    }
  }

  # The rule of secrets_ui/domain/secrets/loading.py, which the loader follows; a test holds the two together.
  reserved = [
    "PATH", "_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_CA_BUNDLE", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN",
    "SSLKEYLOGFILE",
  ]
  reserved_starts = [
    "AWS_LAMBDA", "AWS_ENDPOINT_URL", "AWS_CONTAINER", "AWS_WEB_IDENTITY", "LD_", "PYTHON",
    "SSL_CERT_", "MIYABI_SECRETS_",
  ]
  wrong_keys = flatten([
    for secret, spec in local.catalog.secrets : [
      for key, _ in spec.keys : "secrets.${secret}.keys.${key}" if !can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key))
    ]
  ])
  reserved_keys = flatten([
    for secret, spec in local.catalog.secrets : [
      for key, _ in spec.keys : "secrets.${secret}.keys.${key}"
      if contains(local.reserved, key) || anytrue([for start in local.reserved_starts : startswith(key, start)])
    ]
  ])
  wrong_formats = flatten([
    for secret, spec in local.catalog.secrets : [
      for key, entry in spec.keys : "secrets.${secret}.keys.${key} asks for \"${entry.format}\""
      if !contains(keys(local.formats), entry.format)
    ]
  ])
}
