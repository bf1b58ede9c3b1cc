# modules/console with a provider that makes nothing.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_service_principal" {
    defaults = { region = "us-west-2" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  account_id            = "123456789012"
  image                 = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-console@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  host_name             = "console.miyabi-world.com"
  certificate_arn       = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  vpc_id                = "vpc-00000000000000000"
  private_subnet_ids    = ["subnet-00000000000000001", "subnet-00000000000000002"]
  allowed_cidr_blocks   = ["10.20.0.0/16"]
  alarm_topic_arn       = "arn:aws:sns:us-west-2:123456789012:operations"
  keys                  = { SECRET_KEY = "mocked", AUDIT_KEY = "mocked", FINGERPRINT_KEY = "mocked", SECOND_FACTOR_KEY = "mocked", owner = "mocked", console = "mocked" }
  environment_role_arns = ["arn:aws:iam::111111111111:role/miyabi-console"]
  database_ca_pem       = "-----BEGIN CERTIFICATE-----\nmocked\n-----END CERTIFICATE-----\n"
  environments_toml     = "[environments.dev]\nassume_role = \"arn:aws:iam::111111111111:role/miyabi-console\"\n"
}

run "two_tasks_behind_tls_in_private" {
  command = plan
  module {
    source = "./modules/console"
  }
  assert {
    condition     = aws_ecs_service.console.desired_count == 2 && aws_ecs_service.console.launch_type == "FARGATE"
    error_message = "The console does not run as two Fargate tasks."
  }
  assert {
    condition     = aws_lb.console.internal && aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.https.port == 443 && startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13-")
    error_message = "The load balancer is not internal, or does not speak TLS 1.2 or later."
  }
  assert {
    condition     = !aws_ecs_service.console.network_configuration[0].assign_public_ip && !aws_db_instance.console.publicly_accessible
    error_message = "Something is reachable from the internet."
  }
  assert {
    condition     = aws_db_instance.console.multi_az && aws_db_instance.console.storage_encrypted && aws_db_instance.console.deletion_protection && !aws_db_instance.console.skip_final_snapshot
    error_message = "The audit log is not kept safely."
  }
  assert {
    condition     = !aws_ecs_service.console.enable_execute_command
    error_message = "A shell in a task is a way around the audit log."
  }
  assert {
    condition     = aws_lb_target_group.console.health_check[0].path == "/readyz" && aws_cloudwatch_metric_alarm.not_ready.metric_name == "UnHealthyHostCount"
    error_message = "Nobody is told when /readyz fails."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.task.policy).Statement == [{
      Sid      = "BecomeTheConsoleThere"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole", "sts:SetSourceIdentity"]
      Resource = ["arn:aws:iam::111111111111:role/miyabi-console"]
    }]
    error_message = "The task's role may do more, or less, than become the console in the environments."
  }
}

run "no_bucket_unless_asked_for" {
  command = plan
  module {
    source = "./modules/console"
  }
  assert {
    condition     = length(aws_s3_bucket.checkpoints) == 0 && length(aws_iam_role_policy.checkpoints) == 0
    error_message = "A bucket that nobody asked for cannot be deleted for years."
  }
}

run "a_checkpoint_stays" {
  command = plan
  module {
    source = "./modules/console"
  }
  variables {
    checkpoint_retention_in_days = 2557
  }
  assert {
    condition     = aws_s3_bucket.checkpoints[0].object_lock_enabled && aws_s3_bucket_versioning.checkpoints[0].versioning_configuration[0].status == "Enabled"
    error_message = "Object Lock needs versions."
  }
  assert {
    condition     = aws_s3_bucket_object_lock_configuration.checkpoints[0].rule[0].default_retention[0].mode == "COMPLIANCE" && aws_s3_bucket_object_lock_configuration.checkpoints[0].rule[0].default_retention[0].days == 2557
    error_message = "Somebody could delete a checkpoint."
  }
  assert {
    condition     = toset(flatten(jsondecode(aws_iam_role_policy.checkpoints[0].policy).Statement[*].Action)) == toset(["s3:PutObject", "s3:ListBucket"])
    error_message = "The console may do more with checkpoints than keep and see them."
  }
}

run "what_is_secret_is_no_plain_setting" {
  command = plan
  module {
    source = "./modules/console"
  }
  variables {
    settings        = { OIDC_CLIENT_SECRET = "mocked" }
    secret_settings = { OIDC_CLIENT_SECRET = "mocked" }
  }
  expect_failures = [var.settings, var.secret_settings]
}

run "an_image_by_its_digest" {
  command = plan
  module {
    source = "./modules/console"
  }
  variables {
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/miyabi-console:latest"
  }
  expect_failures = [var.image]
}

run "a_database_is_not_believed_without_authorities" {
  command = plan
  module {
    source = "./modules/console"
  }
  variables {
    database_ca_pem = "rds-ca.pem"
  }
  expect_failures = [var.database_ca_pem]
}

run "no_wildcards_and_not_the_whole_world" {
  command = plan
  module {
    source = "./modules/console"
  }
  variables {
    environment_role_arns = ["arn:aws:iam::111111111111:role/*"]
    allowed_cidr_blocks   = ["0.0.0.0/0"]
    private_subnet_ids    = ["subnet-00000000000000001"]
    desired_count         = 1
    host_name             = "*.miyabi-world.com"

    checkpoint_retention_in_days = 0
  }
  expect_failures = [var.checkpoint_retention_in_days, var.environment_role_arns, var.allowed_cidr_blocks, var.private_subnet_ids, var.desired_count, var.host_name]
}

run "other_credentials" {
  command = plan
  module {
    source = "./modules/console"
  }
  variables {
    account_id = "999999999999"
  }
  expect_failures = [data.aws_caller_identity.current]
}
