# Who reads the secrets of one environment, who was refused, and an alarm to a topic where somebody should look.

data "aws_partition" "current" {}

# For the Region alone: of aws_region, provider 6 deprecates each attribute that 5 has for it.
data "aws_service_principal" "current" {
  service_name = "secretsmanager"
}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_service_principal.current.region
  name      = "miyabi-${var.environment}"
  # A namespace of our own: metric filters may not write to AWS's, and AWS publishes no metric of reads in AWS/SecretsManager.
  namespace = "Miyabi/Secrets/${var.environment}"
  tags      = merge(var.tags, { Project = "miyabi", Environment = var.environment, ManagedBy = "terraform" })

  trail_log_group = var.trail_log_group_name == null ? aws_cloudwatch_log_group.trail[0].name : var.trail_log_group_name
}

resource "aws_cloudwatch_log_group" "lambda" {
  name              = "/aws/lambda/${var.lambda_function_name}"
  retention_in_days = var.retention_in_days
  kms_key_id        = aws_kms_key.monitoring.arn
  tags              = local.tags
}

# Log groups and the topic have a key of their own: whoever may read logs may not decrypt secrets.
resource "aws_kms_key" "monitoring" {
  description             = "Logs and alarms of the Miyabi secrets, ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = local.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministersTheKey"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        Sid       = "LogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${var.account_id}:log-group:*" }
        }
      },
      {
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html; the key that AWS manages for SNS does not let alarms in
        Sid       = "AlarmsToTheTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
        Sid       = "Trail"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
    ]
  })
}

resource "aws_kms_alias" "monitoring" {
  name          = "alias/${local.name}-monitoring"
  target_key_id = aws_kms_key.monitoring.key_id
}

resource "aws_sns_topic" "alarms" {
  name              = "${local.name}-alarms"
  kms_master_key_id = aws_kms_key.monitoring.arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AlarmsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.alarm_emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}
