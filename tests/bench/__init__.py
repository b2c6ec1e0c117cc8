"""The benchmarks against peers, each a module here: packaging/run bench NAME."""
