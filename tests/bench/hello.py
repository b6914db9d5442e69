"""A Bolt hello-world as Bolt's own pages show it: its default mode, its own server, one line.

python -m tests.bench.hello SLACK_API_URL SIGNING_SECRET
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncAck, AsyncRespond


async def main(api_url: str, secret: str) -> None:
    client = AsyncWebClient(token="xoxb-hello", base_url=api_url)
    app = AsyncApp(client=client, signing_secret=secret)

    @app.command("/preload")
    async def hello(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        await ack()
        await respond(f"Hello, <@{command['user_id']}>!")

    runner = web.AppRunner(app.web_app(path="/slack/events"), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(f"http://{host}:{port}", flush=True)  # noqa: T201 - who started this reads it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
