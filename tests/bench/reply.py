"""A server that gives every request the same reply: a page of 20 tasks.

It never sleeps: who sends to a process that sleeps pays for waking it up, about half a bare GET's
CPU, which a server on another machine would not cost. 32 bare GETs at once keep it busy as it is:
they alone would not pay.

python -m tests.bench.reply [CERTIFICATE_AND_KEY.pem]
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from datetime import UTC, datetime, timedelta

from aiohttp import web

TASKS = 20
_WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def _body() -> bytes:
    now = datetime.now(UTC)
    tasks = [
        {
            "TaskId": f"{number:08d}-5c1b-4a7e-9f5e-0123456789ab",
            "DomainName": "live.example.com",
            "PlayUrl": f"http://live.example.com/liveApp/cup_cam{number}.flv"
            f"?auth_key=1795000000-{number:08x}-0-0123456789abcdef0123456789abcdef",
            "CreateTime": (now - timedelta(minutes=number)).strftime(_WRITTEN),
            "Area": "domestic",
            "PreloadedStartTime": now.strftime(_WRITTEN),
            "PreloadedEndTime": (now + timedelta(hours=3)).strftime(_WRITTEN),
            "Process": "100%",
            "Status": "Success",
            "Description": "Successfully",
        }
        for number in range(TASKS)
    ]
    page = {
        "PageNum": 1,
        "PageSize": TASKS,
        "TotalNum": TASKS,
        "TotalPage": 1,
        "RequestId": "16A96B9A-F203-4EC5-8E43-CB92E68F4CD8",
        "PreloadTasks": {"PreloadTask": tasks},
    }
    return json.dumps(page).encode()


async def main(certificate: str | None) -> None:
    body = _body()

    async def reply(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/json")

    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    application = web.Application()
    application.router.add_route("*", "/", reply)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    host, port = runner.addresses[0][:2]
    print(f"{'https' if context else 'http'}://{host}:{port}", flush=True)  # noqa: T201 - who started this reads it
    while True:  # noqa: ASYNC110 - it is to be awake
        await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
