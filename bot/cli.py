"""`preload-bot`: serve · demo · simulate · doctor · audit · migrate · manifest.

Each command imports what it needs, so that `--help` comes at once.
"""

from __future__ import annotations

import asyncio
import errno
import sys
from contextlib import contextmanager
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bot.duty import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings

_PORT = click.IntRange(0, 65_535)

_settings_file = click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The settings file, if not preload-bot.toml in this folder.",
)


class _InOrder(click.Command):
    """A command that knows the order in which its repeatable options were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep (option, value) pairs as `ctx.meta["in_order"]`, then parse as usual."""
        values, _, order = self.make_parser(ctx).parse_args(list(args))
        left = {name: iter(given) for name, given in values.items() if isinstance(given, list)}
        ctx.meta["in_order"] = [
            (option.name, next(left[option.name])) for option in order if option.name in left
        ]
        return super().parse_args(ctx, args)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("preload-bot"), prog_name="preload-bot")
def main() -> None:
    """Know in Slack whether every live stream is preloaded at the Alibaba Cloud CDN edge."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows pipe, say, has no letter for an icon


@main.command()
@click.option("--socket-mode", is_flag=True, help="Connect to Slack, rather than be called by it.")
@click.option(
    "--role",
    type=click.Choice([duty.value for duty in Duty]),
    default=Duty.ALL.value,
    show_default=True,
    help="Answer people (web), follow and tell (worker), or both; web and worker share PostgreSQL.",
)
@_settings_file
def serve(*, socket_mode: bool, role: str, settings_file: Path | None) -> None:
    """Run the bot for a Slack workspace."""
    duty = Duty(role)
    if socket_mode and not duty.answers:
        raise click.UsageError("--socket-mode is for who answers: a worker is not sent anything.")
    with _explained():
        settings = _ready(settings_file)
        from bot.serving import serve as serve_until_stopped

        asyncio.run(serve_until_stopped(settings, socket_mode=socket_mode, duty=duty))


@main.command(cls=_InOrder)
@click.option(
    "--port", type=_PORT, default=8080, show_default=True, help="Of the local Slack's page."
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 10_000, min_open=True),
    default=1.0,
    show_default=True,
    help="How fast the tasks live.",
)
@click.option("--seed", default=1, show_default=True, help="Which evening.")
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
@click.option("--run", multiple=True, metavar="COMMAND", help="Type a command, e.g. '/preload'.")
@click.option(
    "--click",
    "click_",
    multiple=True,
    metavar="CONTROL[=CHOICE]",
    help="Click, e.g. page.next or page.status=failed: in the open form, else in the newest message"
    " that has it.",
)
@click.option("--as", "language", type=click.Choice(["en", "zh"]), default="en", help="Whose.")
@click.option("--json", "as_json", is_flag=True, help="Print what Slack gets.")
@click.pass_context
def demo(
    ctx: click.Context,
    /,
    *,
    port: int,
    speed: float,
    seed: int,
    no_browser: bool,
    language: str,
    as_json: bool,
    **_steps: tuple[str, ...],
) -> None:
    """Run the whole bot on this machine: a simulated Live API and a local Slack, no account.

    With --run and --click it plays those steps in their order, prints each message, form
    and file as it stands after each step, and exits; with 1 if a command timed out or failed.
    """
    from bot import demo as demonstration

    _log("warning")
    with _explained():
        steps = [
            demonstration.Step(name == "click_", value) for name, value in ctx.meta["in_order"]
        ]
        if steps:
            played = demonstration.play(
                steps,
                speed=speed,
                seed=seed,
                language=language,
                as_json=as_json,
                out=sys.stdout,
            )
            ctx.exit(0 if asyncio.run(played) else 1)
        asyncio.run(
            demonstration.stay(
                port=port, speed=speed, seed=seed, opens_browser=not no_browser, out=click.echo
            )
        )


@main.command()
@click.option("--port", required=True, type=_PORT)
@click.option("--seed", default=1, show_default=True, help="Which evening.")
@click.option(
    "--qps",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Calls a second before it throttles.",
)
@click.option(
    "--tasks",
    type=click.IntRange(min=0),
    default=140,
    show_default=True,
    help="Of live.example.com.",
)
@click.option("--shape", type=click.Choice(["nested", "flat"]), default="nested")
def simulate(
    *, port: int, seed: int, qps: int, tasks: int, shape: Literal["nested", "flat"]
) -> None:
    """Run only the simulated Live API (key testid, secret testsecret), over plain HTTP."""
    from bot import demo as demonstration

    _log("warning")
    with _explained():
        asyncio.run(
            demonstration.simulate(
                port=port, seed=seed, qps=qps, tasks=tasks, shape=shape, out=click.echo
            )
        )


@main.command()
@click.option("--json", "as_json", is_flag=True)
@_settings_file
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool, settings_file: Path | None) -> None:
    """Check settings, credentials, permissions, clock, Slack and store; say how to mend each.

    Exits with 0 where nothing is to be mended, and with 1 where something is.

    With a configuration token of the app's owner in SLACK_CONFIG_TOKEN the app's manifest is
    compared with this version's, too.
    """
    from bot import doctor as examination

    findings = asyncio.run(examination.examined(settings_file))
    click.echo(examination.printed(findings, as_json=as_json))
    ctx.exit(0 if all(finding.ok for finding in findings) else 1)


@main.command()
@_settings_file
def audit(*, settings_file: Path | None) -> None:
    """Print the record of who changed what as JSON lines, the earliest first."""
    from bot.errors import StoreUnfit
    from bot.store import Store

    async def printed(url: str) -> None:
        async with Store.as_it_is(url) as (store, revision):
            if revision.found is None:
                raise StoreUnfit("it is empty", "`serve` or `migrate` makes its tables")
            async for entry in store.record.all():
                click.echo(entry.to_json())

    with _explained():
        asyncio.run(printed(_ready(settings_file).store.url.get_secret_value()))


@main.command()
@_settings_file
@click.option(
    "--from",
    "source",
    metavar="URL",
    help="Copy what is in that store into this one, which is empty: sqlite:///path/to/file. "
    "Stop the bot first.",
)
def migrate(*, settings_file: Path | None, source: str | None) -> None:
    """Bring the store up to date, as serve does by itself when it starts."""
    from bot.store import Store
    from bot.store.moving import SourceUnavailable, move

    with _explained():
        url = _ready(settings_file).store.url.get_secret_value()
        if source is not None:
            try:
                copied = asyncio.run(move(source, url))
            except SourceUnavailable as error:
                raise click.ClickException(f"--from: {error}") from None
            rows = ", ".join(f"{count} {name}" for name, count in copied.items() if count)
            click.echo(f"Copied: {rows or 'nothing, as nothing was there'}.")
            return
        done = asyncio.run(Store.migrate(url))
        if done.before == done.after:
            click.echo(f"The store is up to date: revision {done.after}.")
        elif done.before is None:
            click.echo(f"The store is made: revision {done.after}.")
        else:
            click.echo(f"The store is brought from revision {done.before} to {done.after}.")


@main.command()
@click.option("--url", help="Where Slack reaches the bot by HTTP; without it, for Socket Mode.")
def manifest(*, url: str | None) -> None:
    """Print the manifest to create the Slack app from."""
    from bot.manifest import to_json

    with _explained():
        click.echo(to_json(url), nl=False)


@contextmanager
def _explained() -> Iterator[None]:
    """End with the reason, not with a traceback, where the reason is known."""
    from bot.errors import BotError, StoreUnavailable

    try:
        yield
    except StoreUnavailable as error:
        raise click.ClickException(f"store.url [DATABASE_URL]: {error}") from None
    except BotError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES}:
            raise
        advice = "Choose another with --port, or for serve with server.host and server.port [PORT]."
        raise click.ClickException(f"{error.strerror}\n{advice}") from None
    except KeyboardInterrupt:
        raise click.Abort from None


def _ready(settings_file: Path | None) -> Settings:
    """The settings, and the log as they want it."""
    from bot.settings import load

    settings = load(settings_file)
    _log(settings.log.level, *settings.secrets())
    return settings


def _log(level: str, *secrets: str) -> None:
    """Log to standard error, without the secrets."""
    from logging import getLevelNamesMapping

    from bot.logs import Redactor, configure

    redactor = Redactor()
    redactor.hide(*secrets)
    configure(sys.stderr, redactor=redactor, level=getLevelNamesMapping()[level.upper()])
