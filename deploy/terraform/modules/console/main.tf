# The console for an operations team: two tasks on ECS Fargate behind an internal load balancer that ends TLS, and PostgreSQL on RDS.

data "aws_partition" "current" {}

# For the Region alone: of aws_region, provider 6 deprecates each attribute that 5 has for it.
data "aws_service_principal" "current" {
  service_name = "secretsmanager"
}

data "aws_caller_identity" "current" {
  lifecycle {
    postcondition {
      condition     = self.account_id == var.account_id
      error_message = "These credentials belong to account ${self.account_id}, but the console is to run in account ${var.account_id}. Nothing was changed: sign in to the right account, or correct account_id."
    }
  }
}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_service_principal.current.region
  tags      = merge(var.tags, { Project = "miyabi", ManagedBy = "terraform" })
  port      = 8000
}

# Logs, the database, its backups and the console's own secrets share a key. It opens none of the environments' secrets.
resource "aws_kms_key" "console" {
  description             = "The Miyabi secrets console: logs, database, own settings"
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
        Sid       = "LogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${var.account_id}:log-group:*" }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "console" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.console.key_id
}

resource "aws_cloudwatch_log_group" "console" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.retention_in_days
  kms_key_id        = aws_kms_key.console.arn
  tags              = local.tags
}
