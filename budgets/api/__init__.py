"""The REST edge of budgets."""
