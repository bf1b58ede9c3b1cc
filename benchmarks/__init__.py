"""How fast the console is: `python -m benchmarks` measures it and prints one JSON document."""
