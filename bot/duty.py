"""What a process does: everything, or its part where several share the store."""

from __future__ import annotations

from enum import StrEnum


class Duty(StrEnum):
    """What `serve --role` says."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        """Whether it takes what Slack sends: commands, clicks, forms."""
        return self is not Duty.WORKER

    @property
    def works(self) -> bool:
        """Whether it sweeps, delivers and keeps."""
        return self is not Duty.WEB
