# One secret for each of the catalogue. Terraform writes the first version and never another.

resource "aws_secretsmanager_secret" "catalog" {
  for_each = local.catalog.secrets

  name                    = "${local.prefix}${each.key}"
  description             = each.value.description
  kms_key_id              = aws_kms_key.secrets.arn
  recovery_window_in_days = var.recovery_window_in_days
  tags                    = local.tags

  lifecycle {
    precondition {
      condition     = length(local.wrong_keys) == 0
      error_message = "${local.catalog_file}: ${join(", ", local.wrong_keys)} is no name for a variable: letters, digits and underscores, and no digit first."
    }
    precondition {
      condition     = length(local.reserved_keys) == 0
      error_message = "${local.catalog_file}: ${join(", ", local.reserved_keys)} is a variable that Lambda, Python or AWS's tools read themselves, which no secret may set."
    }
    precondition {
      condition     = length(local.wrong_formats) == 0
      error_message = "${local.catalog_file}: ${join(", ", local.wrong_formats)}: there is no such format; expected one of ${join(", ", keys(local.formats))}."
    }
  }
}

resource "aws_secretsmanager_secret_version" "first" {
  for_each = local.catalog.secrets

  secret_id = aws_secretsmanager_secret.catalog[each.key].id

  # Write-only: Terraform hands the values to the provider and forgets them, so neither plan nor state ever has one.
  secret_string_wo = jsonencode({
    for key, entry in each.value.keys : key => coalesce(
      try(var.values[each.key][key], null),
      try(local.formats[entry.format].placeholder, "placeholder"),
    ) if entry.required || try(var.values[each.key][key], null) != null
  })
  secret_string_wo_version = 1

  # Secrets Manager gives AWSCURRENT to the first version of a secret by itself. As it is not asked for here, a version that
  # Terraform makes later for any reason lies beside the current one and replaces nothing. The label also keeps the version from
  # being collected once the console has moved on; Terraform would take its absence as a reason to write the first values again.
  version_stages = ["terraform"]

  lifecycle {
    ignore_changes = [version_stages] # AWSCURRENT and AWSPREVIOUS are the console's to move
  }
}
