"""The demo: a local AWS with the Miyabi estate in it, and the console in front of it; tests use it too."""
