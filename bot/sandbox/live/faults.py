"""What can go wrong between the bot and the API, to be switched on."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from bot.sandbox.live.refusals import Refused, throttled

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Refuse:
    """The API says no, with any code; the call is not carried out."""

    code: str
    http_status: int = 400
    message: str = "The request was refused."
    headers: tuple[tuple[str, str], ...] = ()

    def refusal(self) -> Refused:
        """The error to raise."""
        return Refused(self.code, self.message, self.http_status, dict(self.headers))


@dataclass(frozen=True, slots=True)
class Throttle:
    """The account's other tools have used up the quota."""

    wait_ms: int = 500

    def refusal(self) -> Refused:
        """The error to raise."""
        return throttled(self.wait_ms)


@dataclass(frozen=True, slots=True)
class Raw:
    """Something in between answers instead; the call was carried out all the same."""

    http_status: int
    body: str = ""
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Break:
    """The connection is `reset` before the reply, `cut` in its middle, or left to `hang`."""

    how: Literal["reset", "cut", "hang"]


@dataclass(frozen=True, slots=True)
class Empty:
    """A reply without tasks, in one of the ways seen: `{}`, `[]`, `null`, or the key missing."""

    shape: Literal["{}", "[]", "null", "missing"] = "{}"

    def changed(self, reply: dict[str, Any]) -> dict[str, Any]:
        """The reply, emptied; one that has no place for tasks stays as it is."""
        if "PreloadTasks" not in reply:
            return reply
        kept = {key: value for key, value in reply.items() if key != "PreloadTasks"}
        kept |= {"TotalNum": 0, "TotalPage": 0}
        if self.shape == "missing":
            return kept
        return kept | {"PreloadTasks": json.loads(self.shape)}


ODDITIES: tuple[Mapping[str, Any], ...] = (
    {"Status": "Warming", "Description": "<!channel> *look* & `this`"},
    {"Status": "Success", "Process": None},
    {"Process": "n/a", "CreateTime": "yesterday", "Area": "<@U0MARIA>"},
    {"PreloadedStartTime": None, "PreloadedEndTime": "", "TaskId": None},
    {"PlayUrl": "rtmp://live.example.com/liveApp/" + "very_" * 600 + "long?auth_key=1-0-0-f00d"},
    {"PlayUrl": "<!here>|not a url\u202e", "Status": "", "Extra": {"nested": [1]}},
    {"Process": 63, "DomainName": "", "Status": "complete"},
)
"""What tasks may be made to look like; a None leaves the field out."""


@dataclass(frozen=True, slots=True)
class Odd:
    """Tasks with odd fields: each row in turn gets one of `oddities`, over its own."""

    oddities: tuple[Mapping[str, Any], ...] = ODDITIES

    def changed(self, reply: dict[str, Any]) -> dict[str, Any]:
        """The reply with odd tasks, in the shape it had; one without tasks stays as it is."""
        if "PreloadTasks" not in reply:
            return reply
        tasks = reply["PreloadTasks"]
        rows = tasks["PreloadTask"] if isinstance(tasks, dict) else tasks
        odd = [
            {key: value for key, value in (row | change).items() if value is not None}
            for row, change in zip(rows, self._in_turn(len(rows)), strict=True)
        ]
        return reply | {"PreloadTasks": {"PreloadTask": odd} if isinstance(tasks, dict) else odd}

    def _in_turn(self, count: int) -> list[dict[str, Any]]:
        return [dict(self.oddities[index % len(self.oddities)]) for index in range(count)]


Fault = Refuse | Throttle | Raw | Break | Empty | Odd

HTML_502 = Raw(502, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
UNAVAILABLE = Refuse("ServiceUnavailable", 503, "The service is temporarily unavailable.")
INTERNAL = Refuse("InternalError", 500, "The request processing has failed.")
RESET, CUT, HANG = Break("reset"), Break("cut"), Break("hang")


@dataclass(slots=True)
class _Scoped:
    fault: Fault
    action: str | None
    calls: int | None
    until: float | None


@dataclass
class Faults:
    """The switches. Nothing is wrong until one is set.

    Attributes:
        latency_s: how long every reply waits, in seconds.
        jitter_s: how much longer at most, by the seed.
        first_calls: how many calls from now on wait `first_extra_s` more (a cold start).
        skew: how far the gateway's clock is ahead.
        xml: errors are written as XML.
    """

    chance: random.Random = field(repr=False)
    latency_s: float = 0.0
    jitter_s: float = 0.0
    first_calls: int = 0
    first_extra_s: float = 0.3
    skew: timedelta = timedelta()
    xml: bool = False
    _scoped: deque[_Scoped] = field(default_factory=deque)

    def inject(
        self,
        fault: Fault,
        *,
        calls: int | None = None,
        until: float | None = None,
        action: str | None = None,
    ) -> None:
        """Let `fault` befall calls; those injected earlier come first.

        Args:
            fault: what happens.
            calls: to how many calls; None is until cleared.
            until: and only before this time of the monotonic clock.
            action: only to calls of this operation.
        """
        self._scoped.append(_Scoped(fault, action, calls, until))

    def clear(self) -> None:
        """Nothing is wrong any more."""
        self._scoped.clear()
        self.latency_s = self.jitter_s = 0.0
        self.first_calls = 0
        self.skew = timedelta()
        self.xml = False

    def take(self, action: str, at: float) -> Fault | None:
        """What befalls this call."""
        for scoped in tuple(self._scoped):
            if scoped.calls == 0 or (scoped.until is not None and at >= scoped.until):
                self._scoped.remove(scoped)
            elif scoped.action in {None, action}:
                if scoped.calls is not None:
                    scoped.calls -= 1
                return scoped.fault
        return None

    def delay_s(self) -> float:
        """How long this reply waits."""
        delay = self.latency_s + self.jitter_s * self.chance.random()
        if self.first_calls > 0:
            self.first_calls -= 1
            delay += self.first_extra_s
        return delay
