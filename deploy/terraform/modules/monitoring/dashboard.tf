resource "aws_cloudwatch_dashboard" "secrets" {
  dashboard_name = "${local.name}-secrets"
  dashboard_body = jsonencode({
    widgets = [
      {
        type = "alarm", x = 0, y = 0, width = 24, height = 3
        properties = {
          title  = "Alarms of ${var.environment}"
          alarms = [for alarm in aws_cloudwatch_metric_alarm.trail : alarm.arn]
        }
      },
      {
        type = "metric", x = 0, y = 3, width = 12, height = 6
        properties = {
          title   = "Reads of secrets, an hour"
          region  = local.region
          view    = "timeSeries"
          stat    = "Sum"
          period  = 3600
          metrics = [[local.namespace, "SecretAccess"]]
        }
      },
      {
        type = "metric", x = 12, y = 3, width = 12, height = 6
        properties = {
          title   = "What went wrong, in 5 minutes"
          region  = local.region
          view    = "timeSeries"
          stat    = "Sum"
          period  = 300
          metrics = [for name, metric in local.metrics : [local.namespace, name] if metric.alarm != ""]
        }
      },
      {
        # AWS's own: all of the account and Region, an hour behind.
        type = "metric", x = 0, y = 9, width = 12, height = 6
        properties = {
          title  = "Calls to Secrets Manager, the whole account"
          region = local.region
          view   = "timeSeries"
          stat   = "Sum"
          period = 3600
          metrics = [
            for operation in ["GetSecretValue", "BatchGetSecretValue", "PutSecretValue", "DescribeSecret", "ListSecrets"] :
            ["AWS/Usage", "CallCount", "Type", "API", "Service", "Secrets Manager", "Resource", operation, "Class", "None", { label = operation }]
          ]
        }
      },
      {
        type = "metric", x = 12, y = 9, width = 6, height = 6
        properties = {
          title   = "Secrets in the account"
          region  = local.region
          view    = "singleValue"
          stat    = "Maximum"
          period  = 3600
          metrics = [["AWS/SecretsManager", "ResourceCount"]]
        }
      },
      {
        type = "metric", x = 18, y = 9, width = 6, height = 6
        properties = {
          title  = "The Lambda"
          region = local.region
          view   = "timeSeries"
          stat   = "Sum"
          period = 300
          metrics = [
            for metric in ["Invocations", "Errors", "Throttles"] : ["AWS/Lambda", metric, "FunctionName", var.lambda_function_name]
          ]
        }
      },
    ]
  })
}
