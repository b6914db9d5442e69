"""An evening of live streams, around the moment the world is made.

Everything is drawn from the seed and settled at once: what is still to come is in the world
already, and is seen when its time has come.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, islice
from typing import TYPE_CHECKING, Literal

from bot.sandbox.live.world import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.live.world import World

MAIN = "live.example.com"
DOMAINS = (
    Domain(MAIN, description="tonight's matches"),
    Domain("vip.example.com", area="global", description="box seats"),
    Domain("live.example.cn"),
    Domain("archive.example.com", area="overseas", region="ap-southeast-1"),
    Domain("quiet.example.com", description="nothing preloaded yet"),
    Domain("old.example.com", status="offline"),
    Domain("push.example.com", kind="liveEdge"),
)
ELSEWHERE = {"vip.example.com": 36, "live.example.cn": 14}
ARCHIVED = 1_200
TO_COME_H = 12.0


@dataclass(frozen=True, slots=True)
class Match:
    """Something that is streamed; kick-off in hours from the last half hour before the world."""

    app: str
    name: str
    kick_off_h: float
    length_h: float
    area: str | None = None

    @property
    def ends_h(self) -> float:
        """When it is over, in hours, counted as `kick_off_h` is."""
        return self.kick_off_h + self.length_h


MATCHES = (
    Match("liveApp", "cup", 0.5, 3.5),
    Match("liveApp", "semi1", -0.6, 3.0),
    Match("liveApp", "semi2", 2.0, 3.0, "global"),
    Match("liveApp", "derby", -4.0, 2.5),
    Match("studio", "talk", -1.5, 5.5, "overseas"),
    Match("liveApp", "youth", -26.0, 2.0),
    Match("liveApp", "final_rehearsal", 4.0, 2.0),
)
VIEWS = (
    *("main", "main_hd", "cam1", "cam2", "cam3", "main_4k", "cam4", "backup"),
    *("cam5", "sky", "bench", "commentary_zh"),
)
UNSIGNED = {"main", "backup"}
"""Views whose URLs carry no `auth_key`, so that a person can type them."""
UNTOLD = (
    ("Area",),
    ("Process",),
    ("PreloadedStartTime", "PreloadedEndTime"),
    ("CreateTime", "Description"),
)
"""Fields that a few tasks lack."""


def fill(world: World, *, tasks: int) -> None:
    """Put the domains into `world`, about `tasks` tasks on live.example.com, and an archive."""
    world.account.update({domain.name: domain for domain in DOMAINS})
    for name, number in {MAIN: tasks, **ELSEWHERE}.items():
        _Evening(world, name, random.Random(f"{world.seed}/{name}")).play(number)
    _archive(world, random.Random(f"{world.seed}/archive"))


@dataclass
class _Evening:
    """One domain's tasks: those that are over, those in motion now, and those to come."""

    world: World
    domain: str
    chance: random.Random

    def play(self, number: int) -> None:
        streams = self._streams()
        moving = min(number // 10, 12)
        before = len(self.world.tasks)
        while (made := len(self.world.tasks) - before) < number - moving:
            match, url = next(streams)
            self._settled(match, url, may_retry=made + 1 < number - moving)
        streams = ((match, url) for match, url in streams if match.ends_h > 0)
        for index, (match, url) in enumerate(islice(streams, moving)):
            self._moving(match, url, ago_s=5 + 12 * index)
        if number:
            self._to_come(streams, every_s=110 if self.domain == MAIN else 400)

    def _streams(self) -> Iterator[tuple[Match, str]]:
        """Play URLs, an rtmp and an flv one for each view of each match; never the same twice."""
        for take in count(1):
            for view in VIEWS:
                for match in MATCHES:
                    name = f"{match.name}_{view}" + (f"_{take}" if take > 1 else "")
                    yield match, f"rtmp://{self.domain}/{match.app}/{name}"
                    query = f"?auth_key={self._auth_key(name)}" if view not in UNSIGNED else ""
                    yield match, f"http://{self.domain}/{match.app}/{name}.flv{query}"

    def _auth_key(self, name: str) -> str:
        until = int(self.world.epoch.timestamp()) // 86_400 * 86_400 + 172_800
        digest = hashlib.sha256(f"{self.world.seed}/{self.domain}/{name}".encode()).hexdigest()
        return f"{until}-{digest[32:40]}-0-{digest[:32]}"

    def _settled(self, match: Match, url: str, *, may_retry: bool) -> None:
        """A task that ended before the world began, and perhaps the one that came after it."""
        ahead_s = self.chance.uniform(20 * 60, 100 * 60)
        created = min(
            self._at(match.kick_off_h * 3600 - ahead_s),
            self._at(-self.chance.uniform(20 * 60, 150 * 60)),
        )
        failed = _happens(self.chance, 0.09)
        untold = self.chance.choice(UNTOLD) if _happens(self.chance, 0.03) else ()
        self._add(match, url, created, "failed" if failed else "complete", without=untold)
        if failed and may_retry and _happens(self.chance, 0.6):
            again = created + timedelta(seconds=self.chance.uniform(4 * 60, 12 * 60))
            helped = _happens(self.chance, 0.8)
            self._add(match, _signed_anew(url), again, "complete" if helped else "failed")

    def _moving(self, match: Match, url: str, *, ago_s: float) -> None:
        """A task that is waiting or running as the world begins."""
        self._add(match, url, self._at(-ago_s), self._outcome(), in_motion=True)

    def _to_come(self, streams: Iterator[tuple[Match, str]], *, every_s: float) -> None:
        """Somebody goes on preloading, and preloads once more what failed."""
        after_s = self.chance.uniform(15, 60)
        while after_s < TO_COME_H * 3600:
            match, url = next(streams)
            outcome = self._outcome()
            self._add(match, url, self._at(after_s), outcome, in_motion=True)
            if outcome == "failed":
                retried_s = after_s + self.chance.uniform(5 * 60, 8 * 60)
                self._add(match, _signed_anew(url), self._at(retried_s), "complete", in_motion=True)
            after_s += self.chance.uniform(0.4, 1.6) * every_s

    def _outcome(self) -> Literal["complete", "failed"]:
        return "failed" if _happens(self.chance, 0.15) else "complete"

    def _at(self, after_s: float) -> datetime:
        return self.world.epoch + timedelta(seconds=after_s)

    def _add(
        self,
        match: Match,
        url: str,
        created: datetime,
        outcome: Literal["complete", "failed"],
        *,
        in_motion: bool = False,
        without: tuple[str, ...] = (),
    ) -> None:
        begin = created + timedelta(seconds=self.chance.uniform(10, 45))
        end = begin + timedelta(seconds=self.chance.uniform(60, 240 if in_motion else 150))
        opens, closes = self._window(match, created)
        hastened = self.world.hastened
        self.world.add(
            url,
            domain=self.domain,
            area=match.area,
            created=hastened(created),
            pending_s=(hastened(begin) - hastened(created)).total_seconds(),
            preloading_s=(hastened(end) - hastened(begin)).total_seconds(),
            outcome=outcome,
            window=(hastened(opens), hastened(closes)),
            stops_at=self.chance.randint(3, 96),
            without=without,
        )

    def _window(self, match: Match, created: datetime) -> tuple[datetime, datetime]:
        """The match's, from a little before it; now and then the default hour, soon over."""
        epoch_s = self.world.epoch.timestamp()
        opens = self._at((match.kick_off_h - 0.25) * 3600 - epoch_s % 1800)
        closes = opens + timedelta(hours=match.length_h + 0.5)
        if _happens(self.chance, 0.12) or closes <= created:
            return created, created + timedelta(hours=1)
        return opens, closes


def _signed_anew(url: str) -> str:
    """The URL as it is submitted again: with a signature of its own, if it has one."""
    path, mark, key = url.partition("?auth_key=")
    if not mark:
        return url
    until = int(key.partition("-")[0]) + 3_600
    digest = hashlib.sha256(f"{until}/{key}".encode()).hexdigest()
    return f"{path}?auth_key={until}-{digest[32:40]}-0-{digest[:32]}"


def _happens(chance: random.Random, rate: float) -> bool:
    return chance.random() < rate


def _archive(world: World, chance: random.Random) -> None:
    """Many finished tasks over the days the API remembers."""
    name = "archive.example.com"
    ago_s = sorted((chance.uniform(3_600, 2.9 * 86_400) for _ in range(ARCHIVED)), reverse=True)
    for index, seconds in enumerate(ago_s):
        world.add(
            f"https://{name}/vod/show{index // 4:03}_part{index % 4 + 1}.flv",
            domain=name,
            created=world.epoch - timedelta(seconds=seconds),
            preloading_s=chance.uniform(30, 300),
            outcome="failed" if _happens(chance, 0.05) else "complete",
            stops_at=chance.randint(3, 96),
        )
