"""Forms clean what a person typed, a file a subject."""
