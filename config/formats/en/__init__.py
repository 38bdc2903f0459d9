"""English, by the 24 hour clock."""
