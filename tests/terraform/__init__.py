"""deploy/terraform: applied for real to the local AWS, and held to the console."""
