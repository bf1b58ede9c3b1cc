"""What the pages, metrics and messages tell of health."""
