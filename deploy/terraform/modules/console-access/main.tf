# The role in which the console acts in one environment's account. What it may do is what the console's gateways call, call by call.

data "aws_partition" "current" {}

# For the Region alone: of aws_region, provider 6 deprecates each attribute that 5 has for it.
data "aws_service_principal" "current" {
  service_name = "secretsmanager"
}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_service_principal.current.region
  tags      = merge(var.tags, { Project = "miyabi", Environment = var.environment, ManagedBy = "terraform" })

  console_account = split(":", var.console_task_role_arns[0])[4]
  lambda_function = "arn:${local.partition}:lambda:${local.region}:${var.account_id}:function:${var.lambda_function_name}"
  log_group       = coalesce(var.lambda_log_group_name, "/aws/lambda/${var.lambda_function_name}")
  see_a_role      = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"]
}

resource "aws_iam_role" "console" {
  name        = var.role_name
  description = "The Miyabi secrets console, in ${var.environment}"
  tags        = local.tags

  # By a condition instead of as the principal: the task role may be made later, and made again, without this role being touched.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ConsoleTasks"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.console_account}:root" }
      Action    = ["sts:AssumeRole", "sts:SetSourceIdentity"] # the session carries the person
      Condition = { ArnEquals = { "aws:PrincipalArn" = var.console_task_role_arns } }
    }]
  })
}

resource "aws_iam_policy" "console_access" {
  name        = var.policy_name
  description = "See and edit the secrets of ${var.environment}, and see what decides who reads them"
  tags        = local.tags
  policy      = jsonencode(local.policy)
}

resource "aws_iam_role_policy_attachment" "console_access" {
  role       = aws_iam_role.console.name
  policy_arn = aws_iam_policy.console_access.arn
}

locals {
  policy = {
    Version = "2012-10-17"
    Statement = concat([
      {
        # These take no resource: AWS offers none to name.
        Sid      = "SeeSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:ListSecrets", "cloudtrail:LookupEvents"]
        Resource = "*"
      },
      {
        # GetMetricData knows no resource, and DescribeAlarms lists by a prefix, which no policy can name.
        Sid      = "SeeReadsAndAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"]
        Resource = "*"
      },
      {
        Sid    = "EditSecrets"
        Effect = "Allow"
        Action = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetResourcePolicy",
          "secretsmanager:GetSecretValue",
          "secretsmanager:ListSecretVersionIds",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = local.secrets
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
      {
        # Any key of the account: which one encrypts a secret is what troubleshooting finds out.
        Sid      = "SeeKeys"
        Effect   = "Allow"
        Action   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants"]
        Resource = "arn:${local.partition}:kms:${local.region}:${var.account_id}:key/*"
      },
      {
        Sid      = "SeeTheLambdaRole"
        Effect   = "Allow"
        Action   = concat(local.see_a_role, ["iam:SimulatePrincipalPolicy"])
        Resource = "arn:${local.partition}:iam::${var.account_id}:role/${var.lambda_role_name}"
      },
      {
        Sid      = "SeeItsOwnRole" # to say whether it may write
        Effect   = "Allow"
        Action   = local.see_a_role
        Resource = aws_iam_role.console.arn
      },
      {
        Sid      = "SeePolicies"
        Effect   = "Allow"
        Action   = ["iam:GetPolicy", "iam:GetPolicyVersion"]
        Resource = ["arn:${local.partition}:iam::aws:policy/*", "arn:${local.partition}:iam::${var.account_id}:policy/*"]
      },
      {
        Sid      = "SeeTheFunction"
        Effect   = "Allow"
        Action   = ["lambda:GetFunctionConfiguration"]
        Resource = local.lambda_function
      },
      {
        # What the loader told in it, to say whether a version has arrived. An ARN of a log group ends so in a policy: what stands after it names streams.
        Sid      = "ReadTheFunctionsLog"
        Effect   = "Allow"
        Action   = ["logs:FilterLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.region}:${var.account_id}:log-group:${local.log_group}:*"
      },
      ], var.function_in_vpc ? [{
        Sid    = "SeeTheFunctionsVpc" # to say whether the function reaches Secrets Manager, and what the VPC endpoint's policy allows
        Effect = "Allow"
        Action = [
          "ec2:DescribeRouteTables",
          "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets",
          "ec2:DescribeVpcEndpoints",
        ]
        Resource = "*" # EC2 knows no resource for what describes
        }] : [], var.refresh ? [{
        # One variable of the function is changed. AWS knows no narrower right than to its whole configuration.
        Sid    = "StartFreshInstances"
        Effect = "Allow"
        Action = [
          "lambda:ListAliases",
          "lambda:ListProvisionedConcurrencyConfigs",
          "lambda:ListVersionsByFunction",
          "lambda:UpdateFunctionConfiguration",
        ]
        Resource = local.lambda_function
        }] : [], var.who_can_read ? [{
        Sid    = "SeeEveryRoleAndUser" # to say who can read a secret
        Effect = "Allow"
        Action = [
          "iam:GetAccountAuthorizationDetails",
          "organizations:DescribeOrganization",
          "organizations:DescribePolicy",
          "organizations:ListParents",
          "organizations:ListPoliciesForTarget",
        ]
        Resource = "*" # the account and its organization; IAM knows no resource for the first two
      }] : [], var.trail_log_group_name == null ? [] : [
      {
        Sid      = "LookForOlderReads" # calls about the secrets, in the log group of a trail
        Effect   = "Allow"
        Action   = ["logs:StartQuery"]
        Resource = "arn:${local.partition}:logs:${local.region}:${var.account_id}:log-group:${var.trail_log_group_name == null ? "" : var.trail_log_group_name}:*"
      },
      {
        Sid      = "SeeWhatAQueryFound"
        Effect   = "Allow"
        Action   = ["logs:GetQueryResults"]
        Resource = "*" # a query has no ARN
      },
    ], [for statement in local.manage_secrets : statement if var.manage])
  }

  secrets = "arn:${local.partition}:secretsmanager:${local.region}:${var.account_id}:secret:${var.prefix}*"

  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
  manage_secrets = [
    {
      Sid    = "ManageSecrets"
      Effect = "Allow"
      Action = [
        "secretsmanager:CreateSecret",
        "secretsmanager:RestoreSecret",
        "secretsmanager:TagResource", # a new secret's tags ask for it too
        "secretsmanager:UntagResource",
      ]
      Resource = local.secrets
    },
    {
      # The description; never another key.
      Sid       = "DescribeSecretsAnew"
      Effect    = "Allow"
      Action    = ["secretsmanager:UpdateSecret"]
      Resource  = local.secrets
      Condition = { Null = { "secretsmanager:KmsKeyId" = "true" } }
    },
    {
      Sid       = "DeleteSecretsWithARecoveryWindow"
      Effect    = "Allow"
      Action    = ["secretsmanager:DeleteSecret"]
      Resource  = local.secrets
      Condition = { BoolIfExists = { "secretsmanager:ForceDeleteWithoutRecovery" = "false" } }
    },
  ]
}
