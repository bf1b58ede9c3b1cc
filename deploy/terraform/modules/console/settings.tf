# What the tasks get, each from a secret of its own. Terraform keeps none of it.

locals {
  keys = var.keys
  # The certificate has to lead to RDS's own authorities, and to bear the host's name.
  database = "${aws_db_instance.console.endpoint}/${aws_db_instance.console.db_name}?sslmode=verify-full&sslrootcert=${local.database_ca_file}"
}

resource "aws_secretsmanager_secret" "task" {
  for_each = {
    console    = "What the console's tasks get: its keys, and the database as a user who may add to the audit log and not change it"
    migrations = "What the one-off task gets: the same keys, and the database as its owner"
  }

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = aws_kms_key.console.arn
  recovery_window_in_days = 30
  tags                    = local.tags
}

resource "aws_secretsmanager_secret_version" "console" {
  secret_id = aws_secretsmanager_secret.task["console"].id
  secret_string_wo = jsonencode({
    SECRET_KEY        = local.keys["SECRET_KEY"]
    AUDIT_KEY         = local.keys["AUDIT_KEY"]
    FINGERPRINT_KEY   = local.keys["FINGERPRINT_KEY"]
    SECOND_FACTOR_KEY = local.keys["SECOND_FACTOR_KEY"]
    DATABASE_URL      = "postgres://${local.console_user}:${local.keys["console"]}@${local.database}"
  })
  secret_string_wo_version = 1
  version_stages           = ["terraform"]

  lifecycle {
    ignore_changes = [version_stages]
  }
}

resource "aws_secretsmanager_secret_version" "migrations" {
  secret_id = aws_secretsmanager_secret.task["migrations"].id
  secret_string_wo = jsonencode({
    SECRET_KEY        = local.keys["SECRET_KEY"]
    AUDIT_KEY         = local.keys["AUDIT_KEY"]
    FINGERPRINT_KEY   = local.keys["FINGERPRINT_KEY"]
    SECOND_FACTOR_KEY = local.keys["SECOND_FACTOR_KEY"]
    DATABASE_URL      = "postgres://${local.owner_user}:${local.keys["owner"]}@${local.database}"
    CONSOLE_PASSWORD  = local.keys["console"]
  })
  secret_string_wo_version = 1
  version_stages           = ["terraform"]

  lifecycle {
    ignore_changes = [version_stages]
  }
}
