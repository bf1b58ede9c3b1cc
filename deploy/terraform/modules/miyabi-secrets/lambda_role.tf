# The role in which the Lambda runs: it reads this environment's secrets, and nothing else of Secrets Manager.

resource "aws_iam_role" "lambda_execution" {
  name        = var.lambda_role_name
  description = "Runs the Miyabi Lambda in ${var.environment}"
  tags        = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_policy" "secrets_access" {
  name        = "miyabi-lambda-secrets-access"
  description = "Read the secrets of ${var.environment}, and decrypt them through Secrets Manager"
  tags        = local.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        # Six random characters end a secret's ARN. With them left open, a secret that was deleted and made again is covered too;
        # `-*` would reach secrets with longer names.
        Resource = [
          for name, _ in local.catalog.secrets :
          "arn:${local.partition}:secretsmanager:${local.region}:${var.account_id}:secret:${local.prefix}${name}-??????"
        ]
      },
      {
        Sid       = "DecryptSecrets"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = aws_kms_key.secrets.arn # an alias would match nothing
        Condition = { StringEquals = local.through_secrets_manager }
      },
    ]
  })
}

resource "aws_iam_policy" "github_access" {
  name        = "miyabi-lambda-github-access"
  description = "Read which repositories Miyabi works on in ${var.environment}"
  tags        = local.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadRepositorySettings"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParametersByPath"]
      Resource = "arn:${local.partition}:ssm:${local.region}:${var.account_id}:parameter/${local.prefix}github/*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "basic_execution" {
  role       = aws_iam_role.lambda_execution.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy_attachment" "secrets_access" {
  role       = aws_iam_role.lambda_execution.name
  policy_arn = aws_iam_policy.secrets_access.arn
}

resource "aws_iam_role_policy_attachment" "github_access" {
  role       = aws_iam_role.lambda_execution.name
  policy_arn = aws_iam_policy.github_access.arn
}
