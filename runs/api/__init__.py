"""The REST API of runs: one view an operation, each with its own input, output and one call."""
