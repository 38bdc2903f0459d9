"""Decisions of a run, as pure functions: no clock, no randomness, no I/O."""
