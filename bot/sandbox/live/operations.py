"""The three operations: parameters and the world in, the reply's fields out."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from bot.sandbox.live import rules
from bot.sandbox.live.refusals import Refused
from bot.sandbox.live.signature import DATE_FORMAT
from bot.sandbox.live.world import AREAS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bot.sandbox.live.world import Domain, Task, World

Reply = dict[str, Any]
Shape = Literal["nested", "flat"]

STATUSES = ("complete", "pending", "preloading", "failed")
DOMAIN_STATUSES = ("online", "offline", "configuring")
MATCHES: dict[str, Callable[[str, str], bool]] = {
    "fuzzy_match": lambda name, keyword: keyword in name,
    "pre_match": str.startswith,
    "suf_match": str.endswith,
    "full_match": lambda name, keyword: name == keyword,
}
FAILURE_RATE = 0.08
"""How many of the tasks that are created through the API fail."""


def describe_tasks(
    parameters: Mapping[str, str], world: World, *, at: datetime, shape: Shape
) -> Reply:
    """DescribeLiveStreamPreloadTasks."""
    domain = rules.play_domain(parameters, world)
    status = rules.one_of(parameters, "Status", STATUSES)
    task_id = parameters.get("TaskId", "")
    urls = frozenset(rules.urls(parameters))
    start, end = rules.history(parameters, at=at)
    page = rules.whole(parameters, "PageNum", default=1, most=1_000_000)
    size = rules.whole(parameters, "PageSize", default=10, most=100)
    found = [
        task
        for task in world.visible(domain.name, at=at)
        if start <= task.created < end
        and (not status or task.state(at) == status)
        and (not task_id or task.task_id == task_id)
        and (not urls or task.url in urls)
    ]
    rows = [described(task, at) for task in found[(page - 1) * size : page * size]]
    return {
        "PageNum": page,
        "PageSize": size,
        "TotalNum": len(found),
        "TotalPage": -(-len(found) // size),
        "PreloadTasks": {"PreloadTask": rows} if shape == "nested" else rows,
    }


def described(task: Task, at: datetime) -> dict[str, str]:
    """A task's fields in a reply. `Success` says no more than that it was created."""
    state = task.state(at)
    fields = {
        "TaskId": task.task_id,
        "DomainName": task.domain,
        "PlayUrl": task.url,
        "CreateTime": task.created.strftime(DATE_FORMAT),
        "Area": task.area,
        "PreloadedStartTime": task.window_start.strftime(DATE_FORMAT),
        "PreloadedEndTime": task.window_end.strftime(DATE_FORMAT),
        "Process": f"{task.percent(at)}%",
        "Status": "Failed" if state == "failed" else "Success",
        "Description": {"complete": "Successfully", "failed": "InternalError"}.get(state, ""),
    }
    return {name: value for name, value in fields.items() if name not in task.without}


def set_tasks(parameters: Mapping[str, str], world: World, *, at: datetime) -> Reply:
    """SetLiveStreamPreloadTasks. A URL of another host is counted as failed; no task is made."""
    domain = rules.play_domain(parameters, world)
    urls = rules.urls(parameters)
    if not urls:
        raise Refused("MissingPlayUrl", "PlayUrl is mandatory for this action.")
    if any(urlsplit(url).path.lower().endswith(".m3u8") for url in urls):
        raise Refused("InvalidPlayUrl.NotSupported", "HLS streams cannot be preloaded.")
    area = rules.one_of(parameters, "Area", AREAS) or domain.area
    window = rules.warm_window(parameters, at=at)
    messages = [_created(url, domain, world, area=area, window=window, at=at) for url in urls]
    failed = sum(not message["TaskId"] for message in messages)
    return {
        "Status": "Failed" if failed else "Success",
        "TotalURL": len(urls),
        "SuccessURL": len(urls) - failed,
        "FailedURL": failed,
        "PreloadTasksMessages": {"PreloadTasksMessage": messages},
    }


def _created(
    url: str,
    domain: Domain,
    world: World,
    *,
    area: str,
    window: tuple[datetime, datetime],
    at: datetime,
) -> dict[str, str]:
    if urlsplit(url).hostname != domain.name:
        return {"TaskId": "", "PlayUrl": url, "Description": "InternalError"}
    chance = random.Random(f"{world.seed}/{len(world.tasks)}/{url}")
    task = world.add(
        url,
        domain=domain.name,
        area=area,
        created=at,
        pending_s=chance.uniform(5, 20) / world.speed,
        preloading_s=chance.uniform(30, 120) / world.speed,
        outcome="failed" if chance.random() < FAILURE_RATE else "complete",
        window=window,
        stops_at=chance.randint(3, 97),
    )
    return {"TaskId": task.task_id, "PlayUrl": url, "Description": "Successfully"}


def describe_domains(parameters: Mapping[str, str], world: World) -> Reply:
    """DescribeLiveUserDomains."""
    keyword = parameters.get("DomainName", "").strip().lower()
    search = rules.one_of(parameters, "DomainSearchType", MATCHES) or "fuzzy_match"
    status = rules.one_of(parameters, "DomainStatus", DOMAIN_STATUSES)
    kind = rules.one_of(parameters, "LiveDomainType", ("liveVideo", "liveEdge"))
    page = rules.whole(parameters, "PageNumber", default=1, most=1_000_000)
    size = rules.whole(parameters, "PageSize", default=20, most=50)
    found = [
        domain
        for domain in world.account.values()
        if (not keyword or MATCHES[search](domain.name, keyword))
        and (not status or domain.status == status)
        and (not kind or domain.kind == kind)
    ]
    rows = [
        {
            "DomainName": domain.name,
            "LiveDomainStatus": domain.status,
            "LiveDomainType": domain.kind,
            "RegionName": domain.region,
            "Cname": f"{domain.name}.w.kunlunsl.com",
            "Description": domain.description,
        }
        for domain in found[(page - 1) * size : page * size]
    ]
    return {
        "PageNumber": page,
        "PageSize": size,
        "TotalCount": len(found),
        "Domains": {"PageData": rows},
    }
