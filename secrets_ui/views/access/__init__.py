"""The troubleshooting pages."""
