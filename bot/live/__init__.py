"""The Live API; knows nothing of Slack."""
