"""The alert rules speak of metrics that there are, and the page says what to do about each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it has no types, and needs none here

from bot.errors import CredentialsRefused, PermissionRefused, TokenExpired
from bot.live.refusals import BY_CODE
from bot.metrics import METRICS, PREFIX, Count, Time

DOCS = Path(__file__).parent.parent / "docs"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DOCS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
NAMES = [rule["alert"] for rule in RULES]
OF_SCRAPING = {"job", "instance"}
"""Labels that Prometheus adds."""
_METRIC = re.compile(rf"{PREFIX}(\w+)(?:\{{([^}}]*)\}})?")


def read(name: str) -> set[str]:
    """The labels of a metric as Prometheus reads it."""
    for metric in METRICS:
        forms = {metric.name}
        if isinstance(metric, Time):
            forms = {f"{metric.name}_{end}" for end in ("bucket", "sum", "count")}
        if name in forms:
            return {*metric.labels, *({"le"} if name.endswith("_bucket") else ())}
    raise AssertionError(f"there is no metric {name}")


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_asks_for_metrics_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    expression = rule["expr"]
    found = _METRIC.findall(expression)
    assert found
    known = set.union(*(read(name) for name, _ in found)) | OF_SCRAPING
    for name, selectors in found:
        assert set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selectors)) <= read(name)
    for labels in re.findall(r"by \(([^)]*)\)", expression):
        assert {label.strip() for label in labels.split(",")} <= known


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_treats_a_count_as_one(rule: dict[str, Any]) -> None:
    expression = rule["expr"]
    counted = {PREFIX + one.name for one in METRICS if isinstance(one, Count)}
    grow = set(re.findall(rf"(?:rate|increase)\(({PREFIX}\w+)[^)]*\[", expression))
    named = set(re.findall(rf"{PREFIX}\w+", expression))
    assert grow == {name for name in named if name in counted or name.endswith("_bucket")}


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_the_page_says_what_an_alert_means(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert f"`{rule['alert']}`" in page


def test_a_page_is_sent_whatever_the_api_or_we_call_keys_that_are_not_taken() -> None:
    (rule,) = (rule for rule in RULES if rule["alert"] == "PreloadBotLiveRefusesKeys")
    (codes,) = re.findall(r'code=~"([^"]+)"', rule["expr"])
    kinds = (CredentialsRefused, PermissionRefused, TokenExpired)
    said = [code for code, kind in BY_CODE if kind in kinds]
    assert len(said) > 5
    for code in (*said, *(kind.__name__ for kind in kinds), "InvalidAccessKeyId.NotFound"):
        assert re.fullmatch(codes, code), code


def test_the_page_names_no_alert_that_there_is_not() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(PreloadBot\w+)`", page)) == set(NAMES)


def test_the_page_names_every_metric() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert [one.name for one in METRICS if f"`{PREFIX}{one.name}`" not in page] == []
