"""Runs, their tasks and attempts, and the engine that carries them out."""
