variable "name" {
  description = "Name of the console's resources."
  type        = string
  default     = "miyabi-console"
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts them: output kms_key_arn of modules/console."
  type        = string
}

variable "tags" {
  description = "Tags of the secret."
  type        = map(string)
  default     = {}
}
