"""What `demo` starts and the tests use: a simulated Live API and a local Slack.

It judges the bot, so it shares no code with it.
"""
