"""Pure decisions about money, periods and access."""
