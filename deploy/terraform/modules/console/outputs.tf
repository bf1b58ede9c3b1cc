output "task_role_arn" {
  description = "ARN of the role in which the console's tasks run: console_task_role_arns of each environment."
  value       = aws_iam_role.task.arn
}

output "load_balancer_dns_name" {
  description = "Where a DNS record for host_name should point."
  value       = aws_lb.console.dns_name
}

output "load_balancer_zone_id" {
  description = "Zone of the load balancer, for an alias record."
  value       = aws_lb.console.zone_id
}

output "log_group_name" {
  description = "The console's log group. Its audit lines are the checkpoints of the audit log."
  value       = aws_cloudwatch_log_group.console.name
}

output "migrate_command" {
  description = "Runs the migrations once. Wait until the task has stopped with exit code 0 before the service gets a new image."
  value = join(" ", [
    "aws ecs run-task",
    "--region ${local.region}",
    "--cluster ${aws_ecs_cluster.console.name}",
    "--task-definition ${aws_ecs_task_definition.migrations.family}",
    "--launch-type FARGATE",
    "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", var.private_subnet_ids)}],securityGroups=[${aws_security_group.tasks.id}],assignPublicIp=DISABLED}'",
  ])
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the console's logs, database and settings, for modules/console-keys."
  value       = aws_kms_key.console.arn
}

output "checkpoint_bucket" {
  description = "Bucket for checkpoints of the audit log; null without checkpoint_retention_in_days."
  value       = one(aws_s3_bucket.checkpoints[*].id)
}
