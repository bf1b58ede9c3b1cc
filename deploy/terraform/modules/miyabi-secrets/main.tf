# The secrets of one Miyabi environment: key, secrets, and the role that reads them.

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  tags = merge(var.tags, {
    Project     = local.catalog.project
    Environment = var.environment
    ManagedBy   = "terraform"
  })
}
