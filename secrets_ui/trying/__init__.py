"""The only room that knows the HTTP client: asks those who gave a value out whether it works."""
