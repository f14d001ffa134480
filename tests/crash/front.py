"""A load balancer on loopback: one address, each call to a process that answers."""

import random
from collections.abc import Sequence
from typing import Self

import aiohttp
from aiohttp import web

from tests.crash.server import Server

SERVED_BY = "X-Served-By"


class Front:
    """Sends each call to one of the processes, and to another when that one does not answer.

    It knows nothing of what the first one did before it died, so a call may be carried out twice: as in life.
    """

    def __init__(self, servers: Sequence[Server], seed: int) -> None:
        self._servers = {server.port: server for server in servers}
        self._chance = random.Random(seed)
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.port = 0
        self.turned = 0

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=10))
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_reason: object) -> None:
        assert self._runner is not None
        assert self._session is not None
        await self._session.close()
        await self._runner.cleanup()

    async def settled(self, answer: aiohttp.ClientResponse) -> None:
        """Wait until the process that took the call has committed it."""
        await self._servers[int(answer.headers[SERVED_BY])].settled(answer)

    async def _handle(self, request: web.Request) -> web.Response:
        assert self._session is not None
        body = await request.read()
        for port in self._chance.sample(list(self._servers), len(self._servers)):
            url = f"http://127.0.0.1:{port}{request.path}"
            try:
                async with self._session.post(url, data=body, headers=request.headers) as answer:
                    return web.Response(status=answer.status, body=await answer.read(), headers={SERVED_BY: str(port)})
            except (aiohttp.ClientError, TimeoutError):
                self.turned += 1
        return web.Response(status=502)
