output "role_arn" {
  description = "ARN of the role, for the key policy and for a profile of the AWS CLI."
  value       = aws_iam_role.emergency.arn
}
