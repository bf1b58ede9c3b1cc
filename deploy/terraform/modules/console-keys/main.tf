# The console's own keys and passwords. Secrets Manager makes them up; Terraform hands them on and keeps none.

resource "aws_secretsmanager_secret" "keys" {
  name                    = "${var.name}/keys"
  description             = "Keys of the console and passwords of its database, as they were made up: for a restore, read by nobody in between"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 30
  tags                    = merge(var.tags, { Project = "miyabi", ManagedBy = "terraform" })
}

ephemeral "aws_secretsmanager_random_password" "made" {
  for_each = toset(["SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY", "owner", "console"])

  password_length     = 64
  exclude_punctuation = true # so that a password can stand in a URL
}

# Written once, and read back from here: a second try after a failed first one has the same passwords as the database.
resource "aws_secretsmanager_secret_version" "keys" {
  secret_id = aws_secretsmanager_secret.keys.id
  secret_string_wo = jsonencode({
    for name, made in ephemeral.aws_secretsmanager_random_password.made : name => made.random_password
  })
  secret_string_wo_version = 1
  version_stages           = ["terraform"]

  lifecycle {
    ignore_changes = [version_stages]
  }
}

ephemeral "aws_secretsmanager_secret_version" "keys" {
  secret_id  = aws_secretsmanager_secret.keys.id
  version_id = aws_secretsmanager_secret_version.keys.version_id
}
