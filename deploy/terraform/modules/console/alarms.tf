# Alarms go to a topic of yours. Each says in its description what to do.

resource "aws_cloudwatch_log_metric_filter" "open_intents" {
  name           = "${var.name}-OpenIntents"
  log_group_name = aws_cloudwatch_log_group.console.name
  pattern        = "\"stays open\"" # what settle_audit, which runs beside the console, says of each every minute

  metric_transformation {
    namespace     = "Miyabi/Console"
    name          = "OpenIntents"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "open_intents" {
  alarm_name          = "${var.name}-open-intents"
  alarm_description   = "A change was announced and its outcome is not on record: AWS could not be asked what became of it. See docs/operations.md, Open intents."
  namespace           = "Miyabi/Console"
  metric_name         = "OpenIntents"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "not_ready" {
  alarm_name          = "${var.name}-not-ready"
  alarm_description   = "A task does not answer /readyz: it cannot reach the audit log, so it can do nothing. See docs/operations.md, When the audit log blocks."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "UnHealthyHostCount"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  dimensions          = local.targets
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "too_few" {
  alarm_name          = "${var.name}-too-few-tasks"
  alarm_description   = "Fewer tasks answer /readyz than should run."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = var.desired_count
  treat_missing_data  = "breaching"
  dimensions          = local.targets
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "database_storage" {
  alarm_name          = "${var.name}-database-storage"
  alarm_description   = "Less than 2 GiB are left for the audit log. When it is full, the console stops: nothing is done that cannot be recorded."
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 2 * 1024 * 1024 * 1024
  dimensions          = { DBInstanceIdentifier = aws_db_instance.console.identifier }
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
  tags                = local.tags
}

locals {
  targets = {
    LoadBalancer = aws_lb.console.arn_suffix
    TargetGroup  = aws_lb_target_group.console.arn_suffix
  }
}
