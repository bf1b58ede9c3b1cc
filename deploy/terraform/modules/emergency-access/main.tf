# The role in which people work on the secrets when the console cannot be used. What it may do is what the documented commands call.

data "aws_partition" "current" {}

# For the Region alone: of aws_region, provider 6 deprecates each attribute that 5 has for it.
data "aws_service_principal" "current" {
  service_name = "secretsmanager"
}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_service_principal.current.region
  tags      = merge(var.tags, { Project = "miyabi", Environment = var.environment, ManagedBy = "terraform" })
  account   = "arn:${local.partition}:iam::${var.account_id}:root"
}

resource "aws_iam_role" "emergency" {
  name                 = var.role_name
  description          = "Miyabi secrets of ${var.environment} without the console, in an emergency. Each use raises an alarm"
  max_session_duration = 3600
  tags                 = local.tags

  # The account as the principal leaves it to IAM: those who may assume any role there, its administrators, may assume this one.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "People"
      Effect    = "Allow"
      Principal = { AWS = length(var.trusted_arns) == 0 ? [local.account] : var.trusted_arns }
      Action    = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    }]
  })
}

resource "aws_iam_policy" "emergency_access" {
  name        = "${var.role_name}-access"
  description = "Read and write the secrets of ${var.environment} with their key"
  tags        = local.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # UpdateSecret gives a secret back its key; restoring, labels and the key itself need no decryption, so administrators do that.
        Sid      = "ReadAndWriteValues"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret"]
        Resource = "arn:${local.partition}:secretsmanager:${local.region}:${var.account_id}:secret:${var.prefix}*"
      },
      {
        Sid      = "UseTheKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.key_arn
        Condition = {
          StringEquals = {
            "kms:ViaService"    = "secretsmanager.${local.region}.amazonaws.com"
            "kms:CallerAccount" = var.account_id
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "emergency_access" {
  role       = aws_iam_role.emergency.name
  policy_arn = aws_iam_policy.emergency_access.arn
}
