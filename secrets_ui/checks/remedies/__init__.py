"""Changes of policies that would put a refusal right, tried before they are offered."""
