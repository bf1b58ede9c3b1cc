"""Lists of secrets, all environments side by side, one secret, the showing of a value."""
