"""`preload-bot doctor`: tries each thing the bot needs, and says how to mend what is not right."""

from bot.doctor.examination import examined
from bot.doctor.finding import Finding, printed

__all__ = ["Finding", "examined", "printed"]
