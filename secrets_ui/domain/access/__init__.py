"""What decides in AWS who can read a secret: evidence, decisions, findings and known errors."""
