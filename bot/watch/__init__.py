"""Being told: what is followed, read with few calls, and what is told of it, once."""
