"""Made-up history to look around in."""
