"""The pass that looks at every environment, judges, and keeps what it found."""
