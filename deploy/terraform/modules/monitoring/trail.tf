# A trail of this account, for those who have none that writes to CloudWatch Logs. With trail_log_group_name none of this is made.

locals {
  make_trail  = var.trail_log_group_name == null
  trail_name  = "${local.name}-secrets"
  trail_arn   = "arn:${local.partition}:cloudtrail:${local.region}:${var.account_id}:trail/${local.trail_name}"
  bucket_name = "${local.name}-trail-${var.account_id}"
}

resource "aws_cloudwatch_log_group" "trail" {
  count = local.make_trail ? 1 : 0

  name              = "/miyabi/${var.environment}/cloudtrail"
  retention_in_days = var.retention_in_days
  kms_key_id        = aws_kms_key.monitoring.arn
  tags              = local.tags
}

resource "aws_cloudtrail" "secrets" {
  #checkov:skip=CKV_AWS_252:Its events go to CloudWatch Logs, whose alarms go to a topic.
  count = local.make_trail ? 1 : 0

  name                       = local.trail_name
  s3_bucket_name             = aws_s3_bucket.trail[0].id
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = aws_kms_key.monitoring.arn
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail[0].arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.trail[0].arn
  tags                       = local.tags

  depends_on = [aws_s3_bucket_policy.trail, aws_iam_role_policy.trail]
}

resource "aws_iam_role" "trail" {
  count = local.make_trail ? 1 : 0

  name        = "${local.name}-trail"
  description = "CloudTrail writes its events to CloudWatch Logs"
  tags        = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudtrail.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
    }]
  })
}

resource "aws_iam_role_policy" "trail" {
  count = local.make_trail ? 1 : 0

  name = "write-events"
  role = aws_iam_role.trail[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.trail[0].arn}:log-stream:*"
    }]
  })
}

resource "aws_s3_bucket" "trail" {
  #checkov:skip=CKV_AWS_18:It holds the log of who did what, its own access included.
  #checkov:skip=CKV2_AWS_62:Nobody waits for its objects.
  #checkov:skip=CKV_AWS_144:The same events are in CloudWatch Logs, and for 90 days in CloudTrail itself.
  count = local.make_trail ? 1 : 0

  bucket = local.bucket_name
  tags   = local.tags
}

resource "aws_s3_bucket_public_access_block" "trail" {
  count = local.make_trail ? 1 : 0

  bucket                  = aws_s3_bucket.trail[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "trail" {
  count = local.make_trail ? 1 : 0

  bucket = aws_s3_bucket.trail[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trail" {
  count = local.make_trail ? 1 : 0

  bucket = aws_s3_bucket.trail[0].id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.monitoring.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "trail" {
  count = local.make_trail ? 1 : 0

  bucket = aws_s3_bucket.trail[0].id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = var.retention_in_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.trail]
}

# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
resource "aws_s3_bucket_policy" "trail" {
  count = local.make_trail ? 1 : 0

  bucket = aws_s3_bucket.trail[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TrailLooks"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.trail[0].arn
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Sid       = "TrailWrites"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.trail[0].arn}/AWSLogs/${var.account_id}/*"
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.trail[0].arn, "${aws_s3_bucket.trail[0].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.trail]
}
