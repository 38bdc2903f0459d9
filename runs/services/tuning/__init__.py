"""Looking for patterns of failure, proposing what to tune, and making data sets of examples."""
