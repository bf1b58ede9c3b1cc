"""What decides in AWS who can read a secret: evidence, findings, and the errors that tell of it."""
