"""What all tests share: no network but loopback, and no silent skip in CI."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# No test holds a wall-clock limit. CI looks more thoroughly than whoever waits for the suite.
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.register_profile("bot", deadline=None, max_examples=50)
settings.load_profile("bot")

pytest_plugins = ["tests.engines"]

_skipped: list[str] = []


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands configure the log of their process; no test finds another's."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    structlog.reset_defaults()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """In CI everything optional is installed, so a skipped test is one that did not run."""
    if os.environ.get("CI") and _skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("CI") and _skipped:
        terminalreporter.section("skipped, which is a failure in CI")
        for nodeid in _skipped:
            terminalreporter.line(nodeid)
