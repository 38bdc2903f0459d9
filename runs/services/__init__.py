"""What may be done to a run, each operation once, for every edge that offers it."""
