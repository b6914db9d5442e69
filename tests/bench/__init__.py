"""What the bot costs, as ratios to baselines measured in the same run. See `__main__`."""
