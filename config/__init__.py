"""Settings, URLs and the server entry points: the frame around the apps."""
