# What CloudTrail tells of the secrets, as metrics, with an alarm for each that should be nought.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

locals {
  # CloudTrail often leaves out what a refused call asked for, so the error's text is looked at as well.
  about_our_secrets = "(($.requestParameters.secretId = \"*${var.prefix}*\") || ($.errorMessage = \"*${var.prefix}*\"))"
  about_our_key     = "(($.resources[0].ARN = \"${var.key_arn}\") || ($.requestParameters.keyId = \"${var.key_arn}\") || ($.errorMessage = \"*${var.key_arn}*\"))"
  read              = "($.eventSource = \"secretsmanager.amazonaws.com\") && ($.eventName = \"GetSecretValue\")"
  marked            = "(($.errorMessage = \"*marked for deletion*\") || ($.errorMessage = \"*marked deleted*\") || ($.errorMessage = \"*was deleted*\"))"

  # All that is done in the emergency role, and each try to assume it.
  in_the_emergency_role = join(" || ", [
    for arn in var.emergency_role_arns :
    "($.userIdentity.sessionContext.sessionIssuer.arn = \"${arn}\") || (($.eventName = \"AssumeRole\") && ($.requestParameters.roleArn = \"${arn}\"))"
  ])

  metrics = merge(local.metrics_of_secrets, {
    for name, metric in local.metrics_of_emergencies : name => metric if length(var.emergency_role_arns) > 0
  })

  metrics_of_emergencies = {
    EmergencyAccess = {
      pattern = "{ ${local.in_the_emergency_role} }"
      alarm   = "Somebody used, or tried to use, the emergency role of ${var.environment}. CloudTrail tells who, and what was done: somebody should know why."
    }
  }

  metrics_of_secrets = {
    SecretAccess = {
      # BatchGetSecretValue leaves one such event for each secret that it returns.
      pattern = "{ ${local.read} && ($.errorCode NOT EXISTS) && ${local.about_our_secrets} }"
      alarm   = ""
    }
    FailedSecretRetrievals = {
      pattern = "{ ${local.read} && ($.errorCode EXISTS) && ${local.about_our_secrets} }"
      alarm   = "Somebody, or the Lambda, could not read a secret of ${var.environment}. The console's troubleshooting tells why."
    }
    KmsDecryptErrors = {
      pattern = "{ ($.eventSource = \"kms.amazonaws.com\") && (($.eventName = \"Decrypt\") || ($.eventName = \"GenerateDataKey\")) && ($.errorCode EXISTS) && ${local.about_our_key} }"
      alarm   = "The key of ${var.environment} could not be used: it is disabled or about to be deleted, or its policy refuses."
    }
    UnauthorizedAttempts = {
      pattern = "{ (($.eventSource = \"secretsmanager.amazonaws.com\") || ($.eventSource = \"kms.amazonaws.com\")) && ($.errorCode = \"AccessDenied*\") && (${local.about_our_secrets} || ${local.about_our_key}) }"
      alarm   = "AWS refused a call about a secret of ${var.environment}, or about its key. CloudTrail tells who called."
    }
    DeletedSecretReads = {
      # https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring_cloudwatch_deleted-secrets.html
      pattern = "{ ${local.read} && ($.errorCode = \"InvalidRequestException\") && ${local.marked} && ${local.about_our_secrets} }"
      alarm   = "A secret of ${var.environment} that is scheduled for deletion is still read: restore it while there is time."
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "trail" {
  for_each = local.metrics

  name           = "${local.name}-${each.key}"
  log_group_name = local.trail_log_group
  pattern        = each.value.pattern

  metric_transformation {
    namespace     = local.namespace
    name          = each.key
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "trail" {
  for_each = { for name, metric in local.metrics : name => metric if metric.alarm != "" }

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.alarm
  namespace           = local.namespace
  metric_name         = each.key
  statistic           = "Sum"
  period              = var.alarm_period_in_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching" # CloudTrail tells of calls, not of their absence
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = local.tags

  depends_on = [aws_cloudwatch_log_metric_filter.trail]
}
