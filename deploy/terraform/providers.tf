provider "aws" {
  region = var.region

  # A plan in the wrong account is refused with a sentence, by modules/miyabi-secrets. This is for a plan that was made with the right
  # credentials and is applied with others.
  allowed_account_ids = terraform.applying && var.account_id != null ? [var.account_id] : null
}
