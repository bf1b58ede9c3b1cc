"""What alters a secret."""
