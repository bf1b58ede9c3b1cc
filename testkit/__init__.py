"""What tests and benchmarks share: endpoints that stand in for AWS, builders, servers."""
