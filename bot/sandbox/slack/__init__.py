"""A local Slack: its Web API, its limits, its page. It shares no code with the bot it judges."""

from bot.sandbox.slack.dispatch import Outcome
from bot.sandbox.slack.elements import NoSuchControl
from bot.sandbox.slack.faults import Fault, Faults
from bot.sandbox.slack.limits import check
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.server import LocalSlack, running
from bot.sandbox.slack.shapes import Problem
from bot.sandbox.slack.shared import Call
from bot.sandbox.slack.views import View

__all__ = [
    "Call",
    "Fault",
    "Faults",
    "LocalSlack",
    "Message",
    "NoSuchControl",
    "Outcome",
    "Problem",
    "View",
    "check",
    "running",
]
