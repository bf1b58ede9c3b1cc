"""The demo: a local AWS with the Miyabi estate, and the console. Tests use the estate too."""
