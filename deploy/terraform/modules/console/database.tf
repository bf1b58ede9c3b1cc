# PostgreSQL: people, the audit log, facts about versions. Never a secret value.

locals {
  owner_user   = "miyabi_owner"
  console_user = "miyabi_console"
}

resource "aws_db_subnet_group" "console" {
  name        = var.name
  description = "The console's database"
  subnet_ids  = var.private_subnet_ids
  tags        = local.tags
}

resource "aws_db_parameter_group" "console" {
  name        = "${var.name}-postgres${var.postgres_version}"
  family      = "postgres${var.postgres_version}"
  description = "TLS only; schema changes and slow statements are logged"
  tags        = local.tags

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name  = "log_statement"
    value = "ddl"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
}

resource "aws_db_instance" "console" {
  #checkov:skip=CKV_AWS_161:Passwords and not IAM: the console's pooled connections outlive IAM's tokens of 15 minutes.
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.postgres_version
  instance_class = var.database_instance_class
  db_name        = "miyabi"
  username       = local.owner_user

  password_wo         = local.keys["owner"]
  password_wo_version = 1

  allocated_storage     = var.database_storage_in_gib
  max_allocated_storage = var.database_storage_in_gib * 5
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.console.arn

  multi_az                            = true
  db_subnet_group_name                = aws_db_subnet_group.console.name
  parameter_group_name                = aws_db_parameter_group.console.name
  vpc_security_group_ids              = [aws_security_group.database.id]
  publicly_accessible                 = false
  backup_retention_period             = 35
  copy_tags_to_snapshot               = true
  deletion_protection                 = var.deletion_protection
  skip_final_snapshot                 = false
  final_snapshot_identifier           = "${var.name}-final"
  auto_minor_version_upgrade          = true
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = aws_kms_key.console.arn
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.database_monitoring.arn
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  iam_database_authentication_enabled = false
  tags                                = local.tags

  depends_on = [aws_cloudwatch_log_group.database]
}

# RDS would make them without a retention.
resource "aws_cloudwatch_log_group" "database" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.value}"
  retention_in_days = var.retention_in_days
  kms_key_id        = aws_kms_key.console.arn
  tags              = local.tags
}

resource "aws_iam_role" "database_monitoring" {
  name        = "${var.name}-database-monitoring"
  description = "RDS writes the console's database's metrics"
  tags        = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "database_monitoring" {
  role       = aws_iam_role.database_monitoring.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
