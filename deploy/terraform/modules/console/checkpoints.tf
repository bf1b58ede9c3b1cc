# Where checkpoints of the audit log are kept, so that nobody can take one away: neither the console, nor an administrator, nor the account's
# root user, until its time is over. With checkpoint_retention_in_days = null none of this is made.

locals {
  keep_checkpoints   = var.checkpoint_retention_in_days != null
  checkpoints_bucket = "${var.name}-checkpoints-${var.account_id}"
}

resource "aws_s3_bucket" "checkpoints" {
  #checkov:skip=CKV_AWS_18:Its objects are numbers and hashes, and CloudTrail can log who writes them.
  #checkov:skip=CKV2_AWS_62:Nobody waits for its objects.
  #checkov:skip=CKV_AWS_144:The log stream holds the same checkpoints.
  #checkov:skip=CKV_AWS_145:A hash is no secret, and who may write here needs no key besides.
  #checkov:skip=CKV2_AWS_61:A checkpoint has a hundred bytes; none is to go by itself.
  count = local.keep_checkpoints ? 1 : 0

  bucket              = local.checkpoints_bucket
  object_lock_enabled = true
  tags                = local.tags
}

resource "aws_s3_bucket_versioning" "checkpoints" {
  count = local.keep_checkpoints ? 1 : 0

  bucket = aws_s3_bucket.checkpoints[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "checkpoints" {
  count = local.keep_checkpoints ? 1 : 0

  bucket = aws_s3_bucket.checkpoints[0].id
  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.checkpoint_retention_in_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.checkpoints]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "checkpoints" {
  count = local.keep_checkpoints ? 1 : 0

  bucket = aws_s3_bucket.checkpoints[0].id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "checkpoints" {
  count = local.keep_checkpoints ? 1 : 0

  bucket                  = aws_s3_bucket.checkpoints[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "checkpoints" {
  count = local.keep_checkpoints ? 1 : 0

  bucket = aws_s3_bucket.checkpoints[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.checkpoints[0].arn, "${aws_s3_bucket.checkpoints[0].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.checkpoints]
}

# The console may add a checkpoint and see which there are. What is locked it could not delete anyway, so no such right is given.
resource "aws_iam_role_policy" "checkpoints" {
  count = local.keep_checkpoints ? 1 : 0

  name = "keep-checkpoints"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "KeepCheckpoints"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = "arn:${local.partition}:s3:::${local.checkpoints_bucket}/checkpoints/*"
      },
      {
        Sid       = "SeeCheckpoints"
        Effect    = "Allow"
        Action    = ["s3:ListBucket"]
        Resource  = "arn:${local.partition}:s3:::${local.checkpoints_bucket}"
        Condition = { StringLike = { "s3:prefix" = "checkpoints/*" } }
      },
    ]
  })
}
