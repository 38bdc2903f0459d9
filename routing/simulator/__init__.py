"""A stand-in for the model providers: a real HTTP server that speaks their wire formats."""
