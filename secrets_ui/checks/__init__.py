"""Troubleshooting: one check a file, pure: evidence in, a finding out. CHECKS is their order, that in which a request meets them."""
