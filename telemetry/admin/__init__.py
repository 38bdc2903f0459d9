"""What the tables of the back office have in common."""
