output "prefix" {
  description = "What the names of the environment's secrets start with."
  value       = local.prefix
}

output "secret_arns" {
  description = "ARNs of the secrets, by their short names."
  value       = { for name, secret in aws_secretsmanager_secret.catalog : name => secret.arn }
}

output "key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.secrets.arn
}

output "kms_alias" {
  description = "Alias of the key."
  value       = aws_kms_alias.secrets.name
}

output "lambda_role_arn" {
  description = "ARN of the role to give to the Lambda function."
  value       = aws_iam_role.lambda_execution.arn
}

output "lambda_role_name" {
  description = "Name of that role."
  value       = aws_iam_role.lambda_execution.name
}
