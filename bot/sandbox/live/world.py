"""What the simulated account holds: its domains and its tasks, each a function of the clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

State = Literal["pending", "preloading", "complete", "failed"]
AREAS = ("domestic", "overseas", "global")
DEFAULT_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of the account; `kind` is `liveVideo` for play domains, `liveEdge` for ingest."""

    name: str
    area: str = "domestic"
    kind: str = "liveVideo"
    status: str = "online"
    region: str = "cn-shanghai"
    description: str = ""

    @property
    def is_played(self) -> bool:
        """Whether viewers can be served from it now."""
        return self.kind == "liveVideo" and self.status == "online"


@dataclass(frozen=True, slots=True)
class Task:
    """One URL's preload: its whole life, settled when it is made.

    Attributes:
        task_id: unique in the world.
        domain, url, area: as submitted.
        created, started, finished: when it becomes pending, preloading, and complete or failed.
        outcome: how it ends.
        window_start, window_end: for which time the stream is kept warm.
        stops_at: the percent a failing task gets to.
        without: fields that replies about it leave out.
    """

    task_id: str
    domain: str
    url: str
    area: str
    created: datetime
    started: datetime
    finished: datetime
    outcome: Literal["complete", "failed"]
    window_start: datetime
    window_end: datetime
    stops_at: int = 63
    without: frozenset[str] = frozenset()

    @property
    def timeline(self) -> tuple[tuple[datetime, State], ...]:
        """When it becomes what."""
        return (
            (self.created, "pending"),
            (self.started, "preloading"),
            (self.finished, self.outcome),
        )

    def state(self, at: datetime) -> State:
        """What it is at `at`; meaningless before it was created."""
        if at >= self.finished:
            return self.outcome
        return "preloading" if at >= self.started else "pending"

    def percent(self, at: datetime) -> int:
        """How much is preloaded at `at`: 0-100, and 100 only when complete."""
        goal = 100 if self.outcome == "complete" else self.stops_at
        if at >= self.finished:
            return goal
        if at < self.started:
            return 0
        done = (at - self.started) / (self.finished - self.started)
        return min(int(goal * done), 99)


@dataclass
class World:
    """The domains and tasks of the account.

    `tasks` holds those still to come as well: nobody sees a task before it is created.

    Attributes:
        epoch: when the world was made, by `now`.
        speed: how much faster than the clock things happen from `epoch` on.
        account: every domain by its name, those that cannot be asked about too.
    """

    seed: int
    speed: float
    now: Callable[[], datetime]
    account: dict[str, Domain] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    epoch: datetime = field(init=False)
    _made: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.epoch = self.now().astimezone(UTC).replace(microsecond=0)

    @property
    def domains(self) -> tuple[str, ...]:
        """The names of the play domains that are online."""
        return tuple(domain.name for domain in self.account.values() if domain.is_played)

    def add(
        self,
        url: str,
        *,
        domain: str | None = None,
        area: str | None = None,
        created: datetime | None = None,
        pending_s: float = 10.0,
        preloading_s: float = 60.0,
        outcome: Literal["complete", "failed"] = "complete",
        window: tuple[datetime, datetime] | None = None,
        stops_at: int = 63,
        without: Iterable[str] = (),
    ) -> Task:
        """Add a task, in the clock's own time whatever the speed.

        Args:
            url: the play URL.
            domain: its play domain; the URL's host by default. Made known if it is not.
            area: the domain's own by default.
            created: now by default; cut to whole seconds, as the API shows it.
            pending_s: how long it waits, in seconds.
            preloading_s: how long it works, in seconds.
            outcome: how it ends.
            window: from `created` for one hour by default.
            stops_at: the percent a failing task gets to.
            without: fields that replies about it leave out.
        """
        name = domain or urlsplit(url).hostname or ""
        known = self.account.setdefault(name, Domain(name))
        created = (created or self.now()).astimezone(UTC).replace(microsecond=0)
        started = created + timedelta(seconds=pending_s)
        opens, closes = window or (created, created + DEFAULT_WINDOW)
        task = Task(
            task_id=self._next_id(),
            domain=name,
            url=url,
            area=area or known.area,
            created=created,
            started=started,
            finished=started + timedelta(seconds=preloading_s),
            outcome=outcome,
            window_start=opens.replace(microsecond=0),
            window_end=closes.replace(microsecond=0),
            stops_at=stops_at,
            without=frozenset(without),
        )
        self.tasks.append(task)
        return task

    def hastened(self, moment: datetime) -> datetime:
        """When something happens that at speed 1 would happen at `moment`."""
        if moment <= self.epoch:
            return moment
        return self.epoch + (moment - self.epoch) / self.speed

    def find(self, task_id: str) -> Task:
        """The task of that ID.

        Raises:
            KeyError: there is none.
        """
        for task in self.tasks:
            if task.task_id == task_id:
                return task
        raise KeyError(task_id)

    def visible(self, domain: str, *, at: datetime) -> list[Task]:
        """The domain's tasks created by `at`, newest first; of equals, the later added first."""
        there = [task for task in self.tasks if task.domain == domain and task.created <= at]
        there.sort(key=lambda task: task.created)
        return there[::-1]

    def _next_id(self) -> str:
        self._made += 1
        digest = hashlib.sha256(f"{self.seed}/{self._made}".encode()).hexdigest()
        return str(int(digest[:14], 16) % 10**16).zfill(16)
