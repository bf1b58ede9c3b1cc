"""Why the Lambda can or cannot read a secret."""
