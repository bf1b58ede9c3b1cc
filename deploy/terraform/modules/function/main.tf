# The Lambda function, as far as it is not the application: name, role, layer and environment.

locals {
  tags = merge(var.tags, { Project = "miyabi", Environment = var.environment, ManagedBy = "terraform" })
}

resource "aws_lambda_function" "app" {
  #checkov:skip=CKV_AWS_50:Tracing is the application's to decide.
  #checkov:skip=CKV_AWS_115:A reserved concurrency is the application's to decide.
  #checkov:skip=CKV_AWS_116:It is called synchronously, so there is no dead letter.
  #checkov:skip=CKV_AWS_117:It reaches AWS and GitHub, and nothing in a network of its own.
  #checkov:skip=CKV_AWS_173:Its environment holds a name and no secret.
  #checkov:skip=CKV_AWS_272:Who signs the application's code is the application's to decide.
  function_name = var.function_name
  description   = "Miyabi, ${var.environment}"
  role          = var.role_arn
  runtime       = var.runtime
  handler       = "lambda_handler.handler"
  filename      = abspath(coalesce(var.package_file, "${path.module}/placeholder.zip"))
  layers        = aws_lambda_layer_version.core[*].arn
  memory_size   = var.memory_in_mib
  timeout       = var.timeout_in_seconds
  tags          = local.tags

  environment {
    variables = { MIYABI_ENVIRONMENT = var.environment }
  }

  lifecycle {
    ignore_changes = [
      filename, source_code_hash,                           # the application's code comes by its own releases
      environment[0].variables["MIYABI_SECRETS_REFRESHED"], # the console sets it, to have fresh instances started
    ]
  }
}

# The loader, core.secrets: `make layer` builds it.
resource "aws_lambda_layer_version" "core" {
  count = var.layer_file == null ? 0 : 1

  layer_name          = "miyabi-core"
  description         = "Loads Miyabi's secrets into the environment of a function"
  filename            = var.layer_file
  source_code_hash    = filebase64sha256(var.layer_file)
  compatible_runtimes = ["python3.11", "python3.12", "python3.13"]
}
