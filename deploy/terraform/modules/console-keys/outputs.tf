output "made" {
  description = "SECRET_KEY, AUDIT_KEY, FINGERPRINT_KEY, SECOND_FACTOR_KEY, and the passwords of the database's owner and of its user console."
  value       = jsondecode(ephemeral.aws_secretsmanager_secret_version.keys.secret_string)
  ephemeral   = true
}
