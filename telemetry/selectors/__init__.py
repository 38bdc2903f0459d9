"""Reading figures. Whoever asks names organisations and teams, and answers for the right to."""
