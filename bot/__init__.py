"""What the bot knows and talks to."""
