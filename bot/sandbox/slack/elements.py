"""What stands in an element that is filled in: at first, and after a person has done so.

Source: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload, `state`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

State = dict[str, Any]
TYPED_CHARS = 3_000
"""How much an input takes, unless it says that it takes less."""


class NoSuchControl(LookupError):
    """There is no such message, button or option for this person."""


def controls(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The elements of a block that a person can do something with."""
    if block["type"] == "actions":
        return list(block["elements"])
    if block["type"] == "input":
        return [block["element"]]
    return [block["accessory"]] if "accessory" in block else []


def tells(block: Mapping[str, Any]) -> bool:
    """Whether the app is told at once of what a person does there: of inputs only if it asks."""
    return block["type"] != "input" or bool(block.get("dispatch_action"))


def initial(element: Mapping[str, Any], channel: str | None) -> State:
    """What stands in an element before anybody touches it; `channel` is where its person looks."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": element.get("initial_value")}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": element.get("initial_date_time")}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": list(element.get("initial_options", ()))}
    if kind == "conversations_select":
        here = channel if element.get("default_to_current_conversation") else None
        chosen = element.get("initial_conversation") or here
        return {"type": kind, "selected_conversation": chosen}
    return {"type": kind, "selected_option": element.get("initial_option")}


def states(
    blocks: Iterable[Mapping[str, Any]], channel: str | None = None
) -> dict[str, dict[str, State]]:
    """What stands in each element of the blocks at first, by block and action ID."""
    standing: dict[str, dict[str, State]] = {}
    for block in blocks:
        for one in controls(block):
            if one["type"] not in {"button", "overflow"}:
                standing.setdefault(block["block_id"], {})[one["action_id"]] = initial(one, channel)
    return standing


def filled(element: Mapping[str, Any], value: object) -> State:
    """What stands in an element once a person has put `value` there, as they would say it.

    Raises:
        NoSuchControl: a menu has no such option.
    """
    state: State = {"type": element["type"]}
    match element["type"]:
        case "plain_text_input":
            text = "" if value is None else str(value)
            separator = "\n" if element.get("multiline") else " "
            state["value"] = separator.join(text.splitlines()) or None
        case "datetimepicker":
            moment = int(value.timestamp()) if isinstance(value, datetime) else value
            state["selected_date_time"] = moment
        case "conversations_select":
            state["selected_conversation"] = value
        case "checkboxes":
            wanted = value if isinstance(value, list | tuple) else [value]
            state["selected_options"] = [option(element, one) for one in wanted if one is not None]
        case "external_select" if value is not None:
            shown = {"type": "plain_text", "text": str(value)}
            state["selected_option"] = {"text": shown, "value": str(value)}
        case _:
            state["selected_option"] = None if value is None else option(element, value)
    return state


def option(menu: Mapping[str, Any], wanted: object) -> dict[str, Any]:
    """The option of that value or visible text.

    Raises:
        NoSuchControl: there is none.
    """
    options: list[dict[str, Any]] = menu["options"]
    for one in options:
        if wanted in (one["value"], one["text"]["text"]):
            return dict(one)
    there = ", ".join(one["text"]["text"] for one in menu["options"])
    raise NoSuchControl(f"no option {wanted} in {menu['action_id']}; there are: {there}")


def is_empty(state: State) -> bool:
    """Whether nothing stands there."""
    return not any(value for name, value in state.items() if name != "type")


def fit(blocks: Iterable[Mapping[str, Any]], values: Mapping[str, Mapping[str, State]]) -> None:
    """Make sure that what is typed is neither too long nor too short: Slack lets nobody send that.

    Raises:
        NoSuchControl: it is.
    """
    for block in blocks:
        for one in controls(block):
            if one["type"] == "plain_text_input":
                typed = values[block["block_id"]][one["action_id"]]["value"] or ""
                least, most = one.get("min_length", 0), one.get("max_length", TYPED_CHARS)
                if len(typed) > most or 0 < len(typed) < least:
                    raise NoSuchControl(f"{one['action_id']} takes {least} to {most} characters")


def control(
    blocks: Iterable[Mapping[str, Any]], action_id: str, block_id: str | None
) -> tuple[str, dict[str, Any]]:
    """The first control of that ID (in that block), and its block's ID.

    Raises:
        NoSuchControl: there is none.
    """
    known = [(block["block_id"], one) for block in blocks for one in controls(block)]
    for place, one in known:
        if one["action_id"] == action_id and block_id in {None, place}:
            return place, one
    there = ", ".join(one["action_id"] for _, one in known)
    raise NoSuchControl(f"no {action_id}; there are: {there or 'no controls'}")
