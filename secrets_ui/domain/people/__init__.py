"""Who acts, and what each role may do."""
