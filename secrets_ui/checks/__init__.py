"""What is checked: the access path (`access`), the health of secrets (`status`), and what helps both."""
