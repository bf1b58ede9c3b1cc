"""A plain Django page: session, sign-in, the same AWS call and the same template."""
