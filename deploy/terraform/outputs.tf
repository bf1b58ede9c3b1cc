output "secret_arns" {
  description = "ARNs of the secrets, by their short names."
  value       = module.miyabi_secrets.secret_arns
}

output "key_arn" {
  description = "ARN of the key that encrypts them."
  value       = module.miyabi_secrets.key_arn
}

output "lambda_role_arn" {
  description = "ARN of the role to give to the Lambda function."
  value       = module.miyabi_secrets.lambda_role_arn
}

output "console_role_arn" {
  description = "ARN of the role that the console assumes here."
  value       = module.console_access.role_arn
}

output "emergency_role_arn" {
  description = "ARN of the role for emergencies, for a profile of the AWS CLI."
  value       = module.emergency_access.role_arn
}

output "console_environment" {
  description = "The environment's table for the console's environments file. Its rules are yours to set there."
  value       = <<-EOT
    [environments.${var.environment}]
    region = "${var.region}"
    account = "${local.account_id}"
    assume_role = "${module.console_access.role_arn}"
    prefix = "${module.miyabi_secrets.prefix}"
    lambda_role = "${module.miyabi_secrets.lambda_role_name}"
    lambda_function = "${var.lambda_function_name}"
    kms_alias = "${module.miyabi_secrets.kms_alias}"
    refresh = ${var.refresh}
    who_can_read = ${var.who_can_read}
    trail_log_group = "${var.older_reads ? module.monitoring.trail_log_group_name : ""}"
    manage = ${var.manage}
  EOT
}

output "alarm_topic_arn" {
  description = "ARN of the topic that gets the alarms, for subscriptions other than mail."
  value       = module.monitoring.topic_arn
}

output "metric_patterns" {
  description = "The filter pattern behind each metric, by name."
  value       = module.monitoring.metric_patterns
}
