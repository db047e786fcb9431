"""The parts that benchmarks share: servers, load, sites, and results with their spread."""
