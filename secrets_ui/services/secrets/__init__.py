"""The secrets of an environment, their versions, and the showing of a value."""
