# The secrets of one Miyabi environment: key, secrets, and the role that reads them.

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_service_principal.current.region
  tags = merge(var.tags, {
    Project     = local.catalog.project
    Environment = var.environment
    ManagedBy   = "terraform"
  })
}
