"""The console's speed: `python -m benchmarks` measures it and prints one JSON document."""
