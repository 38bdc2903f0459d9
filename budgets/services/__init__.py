"""What budgets does: money moves, keys, access."""
