"""What each parameter may be: values in, typed values out, or the vendor's refusal.

Source: the vendor's reference of the three operations. It documents the rules, and hardly the
codes; those follow the pattern the vendor's other operations use (`Invalid<Name>.<Why>`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.sandbox.live.refusals import Refused
from bot.sandbox.live.signature import DATE_FORMAT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.sandbox.live.world import Domain, World

HISTORY = timedelta(days=3)
LONGEST_WINDOW = timedelta(hours=6)
MAX_URLS = 100


def play_domain(parameters: Mapping[str, str], world: World) -> Domain:
    """The `DomainName`, which must be a play domain of the account."""
    name = parameters.get("DomainName", "").strip()
    if not name:
        raise Refused("MissingDomainName", "DomainName is mandatory for this action.")
    domain = world.account.get(name.lower())
    if domain is None or domain.kind != "liveVideo":
        raise Refused("InvalidDomain.NotFound", "The domain does not belong to you.", 404)
    return domain


def urls(parameters: Mapping[str, str]) -> tuple[str, ...]:
    """The `PlayUrl` list: at most 100, none of them empty. () if it was not sent."""
    text = parameters.get("PlayUrl", "")
    if not text:
        return ()
    found = tuple(url.strip() for url in text.split(","))
    if not all(found):
        raise Refused("InvalidPlayUrl.Malformed", "A URL of the list is empty.")
    if len(found) > MAX_URLS:
        raise Refused("InvalidPlayUrl.ExceedsLimit", "At most 100 URLs can be given at a time.")
    return found


def moment(parameters: Mapping[str, str], name: str) -> datetime | None:
    """A time in UTC, as `yyyy-MM-ddTHH:mm:ssZ`; None if it was not sent."""
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        return datetime.strptime(text, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(f"Invalid{name}.Malformed", f"{name} is not yyyy-MM-ddTHH:mm:ssZ.") from error


def history(parameters: Mapping[str, str], *, at: datetime) -> tuple[datetime, datetime]:
    """`StartTime` and `EndTime` of a query: inside the last 3 days, at most 3 days long."""
    start, end = moment(parameters, "StartTime"), moment(parameters, "EndTime")
    if start is not None and start < at - HISTORY:
        raise Refused("InvalidStartTime.ValueNotSupported", "Only 3 days back can be queried.")
    if start is not None and end is not None and end - start > HISTORY:
        raise Refused("InvalidEndTime.ValueNotSupported", "At most 3 days can be queried.")
    # What was created in this very second belongs to the default window.
    end = end or at.replace(microsecond=0) + timedelta(seconds=1)
    start = start or max(end, at) - HISTORY
    if end <= start:
        raise Refused("InvalidEndTime.Mismatch", "EndTime is not after StartTime.")
    return start, end


def warm_window(parameters: Mapping[str, str], *, at: datetime) -> tuple[datetime, datetime]:
    """`PreloadedStartTime` and `PreloadedEndTime`: one hour by default, at most 6."""
    at = at.replace(microsecond=0)
    start = moment(parameters, "PreloadedStartTime") or at
    end = moment(parameters, "PreloadedEndTime") or start + timedelta(hours=1)
    if end <= max(start, at):
        raise Refused("InvalidPreloadedEndTime.Mismatch", "The window ends before it begins.")
    if end - start > LONGEST_WINDOW:
        raise Refused("InvalidPreloadedEndTime.ValueNotSupported", "At most 6 hours are kept warm.")
    return start, end


def whole(parameters: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """A whole number from 1 to `most`."""
    text = parameters.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        raise Refused(f"Invalid{name}.Malformed", f"{name} is not a number from 1 to {most}.")
    if not 1 <= int(text) <= most:
        raise Refused(f"Invalid{name}.ValueNotSupported", f"{name} must be from 1 to {most}.")
    return int(text)


def one_of(parameters: Mapping[str, str], name: str, allowed: Collection[str]) -> str:
    """One of a few words, or "" if it was not sent."""
    value = parameters.get(name, "")
    if value and value not in allowed:
        raise Refused(f"Invalid{name}.Malformed", f"{name} must be one of {', '.join(allowed)}.")
    return value
