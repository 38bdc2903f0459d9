"""The engine: claims runs and carries them out, many at once on one event loop."""
