"""A Django page with session, sign-in and the console's own template that makes the same AWS call and nothing else."""
