# The key that encrypts the secrets. Who may use it is written here alone: IAM policies of the account open no value.

data "aws_partition" "current" {}

# For the Region alone: of aws_region, provider 6 deprecates each attribute that 5 has for it.
data "aws_service_principal" "current" {
  service_name = "secretsmanager"
}

data "aws_caller_identity" "current" {
  lifecycle {
    postcondition {
      condition     = self.account_id == var.account_id
      error_message = "These credentials belong to account ${self.account_id}, but ${var.environment} is account ${var.account_id}. Nothing was changed: sign in to the right account, or correct account_id."
    }
  }
}

resource "aws_kms_key" "secrets" {
  description             = "Miyabi secrets, ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = var.key_deletion_window_in_days
  policy                  = jsonencode(local.key_policy)
  tags                    = local.tags
}

resource "aws_kms_alias" "secrets" {
  name          = var.kms_alias
  target_key_id = aws_kms_key.secrets.key_id
}

locals {
  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  through_secrets_manager = {
    "kms:ViaService"    = "secretsmanager.${local.region}.amazonaws.com"
    "kms:CallerAccount" = var.account_id
  }

  key_policy = {
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "AccountAdministersTheKey"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${var.account_id}:root" }
        # Without kms:CreateGrant: a grant would be a way around this policy.
        # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
        Action = [
          "kms:CancelKeyDeletion",
          "kms:CreateAlias",
          "kms:DeleteAlias",
          "kms:Describe*",
          "kms:Disable*",
          "kms:Enable*",
          "kms:Get*",
          "kms:List*",
          "kms:PutKeyPolicy",
          "kms:RevokeGrant",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
          "kms:Update*",
        ]
        Resource = "*"
      },
      {
        Sid       = "LambdaDecryptsThroughSecretsManager"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.lambda_execution.arn }
        Action    = ["kms:Decrypt"]
        Resource  = "*"
        Condition = { StringEquals = local.through_secrets_manager }
      },
      {
        Sid       = "ConsoleUsesTheKeyThroughSecretsManager"
        Effect    = "Allow"
        Principal = { AWS = var.console_role_arn }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = local.through_secrets_manager }
      },
      {
        # The provider names its versions terraform-…, so this opens nothing that the console or anybody else wrote.
        # The other context is that of Secrets Manager's own look at a key that a secret is to use.
        Sid       = "TerraformWritesTheFirstValues"
        Effect    = "Allow"
        Principal = { AWS = var.deployer_role_arns }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = local.through_secrets_manager
          StringLike   = { "kms:EncryptionContext:SecretVersionId" = ["terraform-*", "RequestToValidateKeyAccess"] }
        }
      },
      ], length(var.emergency_role_arns) == 0 ? [] : [{
        Sid       = "EmergencyRoleUsesTheKeyThroughSecretsManager"
        Effect    = "Allow"
        Principal = { AWS = var.emergency_role_arns }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = local.through_secrets_manager }
    }])
  }
}
