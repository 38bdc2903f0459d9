"""Runs code that a model wrote where it can harm nothing; changes when the isolation does.

This file stays empty: the supervising process imports the package on every run.
"""
