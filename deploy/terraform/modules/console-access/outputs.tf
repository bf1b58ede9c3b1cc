output "role_arn" {
  description = "ARN of the role, for assume_role in the console's environments file and for the key policy."
  value       = aws_iam_role.console.arn
}

output "policy" {
  description = "What the role may do, as JSON: to read in review, and for the test that holds it to the console's calls."
  value       = aws_iam_policy.console_access.policy
}
