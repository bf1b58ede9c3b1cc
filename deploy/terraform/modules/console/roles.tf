# Two roles: one with which ECS starts a task, and one in which the console itself runs.

locals {
  tasks_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "ECS starts the console's tasks: image, logs, settings"
  assume_role_policy = local.tasks_trust
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "execution" {
  name = "read-settings"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSettings"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = concat([for secret in aws_secretsmanager_secret.task : secret.arn], values(var.secret_settings))
      },
      {
        Sid       = "DecryptSettings"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = aws_kms_key.console.arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
      },
    ]
  })
}

# The console may become itself in the environments' accounts, and do nothing in this one.
resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  description        = "The console, before it assumes an environment's role"
  assume_role_policy = local.tasks_trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "task" {
  name = "assume-environments"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "BecomeTheConsoleThere"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = var.environment_role_arns
    }]
  })
}
