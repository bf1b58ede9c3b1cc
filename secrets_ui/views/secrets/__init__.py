"""Lists of secrets, one secret, the showing of a value."""
