"""Chaos: the bot among failures, and a judge of what its channels hold in the end."""
