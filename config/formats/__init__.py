"""How dates are written where a page leaves it to Django."""
