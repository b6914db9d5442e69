"""A local Slack: its Web API, its limits, its page. It shares no code with the bot it judges."""

from bot.sandbox.slack.faults import Fault, Faults
from bot.sandbox.slack.limits import check
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.requests import NoSuchControl
from bot.sandbox.slack.server import LocalSlack, Outcome, running
from bot.sandbox.slack.shapes import Problem
from bot.sandbox.slack.shared import Call

__all__ = [
    "Call",
    "Fault",
    "Faults",
    "LocalSlack",
    "Message",
    "NoSuchControl",
    "Outcome",
    "Problem",
    "check",
    "running",
]
