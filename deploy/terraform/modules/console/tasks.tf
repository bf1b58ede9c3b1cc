resource "aws_ecs_cluster" "console" {
  name = var.name
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

locals {
  # The environments file and the database's certificate authorities go to the task's memory: they are no secret, and the root file
  # system is read-only.
  environments_file = "/dev/shm/environments.toml"
  database_ca_file  = "/dev/shm/database-ca.pem"
  with_files        = "umask 077 && printf %s \"$ENVIRONMENTS_TOML\" > \"$ENVIRONMENTS_FILE\" && printf %s \"$DATABASE_CA_PEM\" > ${local.database_ca_file}"
  checkpoints = {
    CHECKPOINTS_AT     = "s3://${local.checkpoints_bucket}/checkpoints/"
    CHECKPOINTS_REGION = local.region
  }
  settings = merge(var.settings, { for name, value in local.checkpoints : name => value if local.keep_checkpoints }, {
    ALLOWED_HOSTS      = var.host_name
    BEHIND_TLS_PROXY   = "true" # a load balancer sets X-Forwarded-Proto itself
    TRUSTED_PROXIES    = "1"    # and adds to X-Forwarded-For
    ENVIRONMENTS_FILE  = local.environments_file
    ENVIRONMENTS_TOML  = var.environments_toml
    DATABASE_CA_PEM    = var.database_ca_pem
    HOST               = "0.0.0.0"
    PORT               = tostring(local.port)
    WEB_CONCURRENCY    = tostring(var.web_concurrency)
    AWS_DEFAULT_REGION = local.region
  })
  secret_settings = [for name, arn in var.secret_settings : { name = name, valueFrom = arn }]
  container = {
    image                  = var.image
    essential              = true
    user                   = "10001:10001"
    readonlyRootFilesystem = true
    environment            = [for name, value in local.settings : { name = name, value = value }]
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.console.name
        awslogs-region        = local.region
        awslogs-stream-prefix = "console"
      }
    }
  }
}

resource "aws_ecs_task_definition" "console" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_cpu
  memory                   = var.task_memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = local.tags

  container_definitions = jsonencode([merge(local.container, {
    name         = "console"
    command      = ["sh", "-c", "${local.with_files} && exec gunicorn --config deploy/gunicorn.conf.py"]
    portMappings = [{ containerPort = local.port, protocol = "tcp" }]
    stopTimeout  = 60
    secrets = concat(
      [
        for name in ["SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY", "DATABASE_URL"] :
        { name = name, valueFrom = "${aws_secretsmanager_secret.task["console"].arn}:${name}::" }
      ],
      local.secret_settings,
    )
    healthCheck = {
      command     = ["CMD", "python", "deploy/healthcheck.py"]
      interval    = 10
      timeout     = 3
      retries     = 3
      startPeriod = 30
    }
  })])

  depends_on = [aws_secretsmanager_secret_version.console]
}

# Run once before each new image: see the README. As the database's owner, which the console itself never is.
resource "aws_ecs_task_definition" "migrations" {
  family                   = "${var.name}-migrations"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = local.tags

  container_definitions = jsonencode([merge(local.container, {
    name    = "migrations"
    command = ["sh", "-c", "${local.with_files} && python manage.py migrate --no-input && python -c \"$MAKE_USER\" && python manage.py grant_console ${local.console_user}"]
    environment = concat(local.container.environment, [
      { name = "CONSOLE_USER", value = local.console_user },
      { name = "MAKE_USER", value = file("${path.module}/make_user.py") },
    ])
    secrets = concat(
      [
        for name in ["SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY", "DATABASE_URL", "CONSOLE_PASSWORD"] :
        { name = name, valueFrom = "${aws_secretsmanager_secret.task["migrations"].arn}:${name}::" }
      ],
      local.secret_settings,
    )
  })])

  depends_on = [aws_secretsmanager_secret_version.migrations]
}

resource "aws_ecs_service" "console" {
  name                               = var.name
  cluster                            = aws_ecs_cluster.console.id
  task_definition                    = aws_ecs_task_definition.console.arn
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  desired_count                      = var.desired_count
  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  enable_execute_command             = false # a shell in the task would be a way around the audit log
  propagate_tags                     = "SERVICE"
  tags                               = local.tags

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.console.arn
    container_name   = "console"
    container_port   = local.port
  }

  depends_on = [aws_lb_listener.https, aws_iam_role_policy.execution, aws_iam_role_policy_attachment.execution]
}
