"""What alters a secret: edit, review, save, proposals, settling."""
