"""What models keep failing at, what tuning one would bring, and the data it would learn from."""
