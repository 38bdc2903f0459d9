"""The texts that simulated models write, good or bad as their skill makes them."""
