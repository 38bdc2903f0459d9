"""What happened: calls, events and the journal that makes them durable."""
