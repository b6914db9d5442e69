"""Slack, in and out. Knows nothing of the Live API."""
