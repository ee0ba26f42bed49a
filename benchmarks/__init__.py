"""What the server costs and how fast it is: `make bench` measures and writes RESULTS.md."""
