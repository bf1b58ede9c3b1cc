output "topic_arn" {
  description = "ARN of the topic that gets the alarms, for subscriptions other than mail."
  value       = aws_sns_topic.alarms.arn
}

output "metric_namespace" {
  description = "Namespace of the metrics, SecretAccess among them."
  value       = local.namespace
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = [for alarm in aws_cloudwatch_metric_alarm.trail : alarm.alarm_name]
}

output "metric_patterns" {
  description = "The filter pattern behind each metric, by name: to try on events of your own."
  value       = { for name, metric in local.metrics : name => metric.pattern }
}

output "trail_log_group_name" {
  description = "Log group that the metrics are taken from."
  value       = local.trail_log_group
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.secrets.dashboard_name
}
