"""The benchmark's Zalo, in a process of its own: takes sends, answers as Zalo does, remembers when each one came."""

import asyncio
import contextlib
import sys
import time
from collections import Counter

import orjson
from aiohttp import web

MINUTE = 60.0


class Platform:
    """`per_minute` 0 means that nothing is limited. The minute is Zalo's: fixed, not sliding."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute, self._calls = 0, 0
        self.came: dict[str, float] = {}
        self._heard: Counter[str] = Counter()
        self.taken = self.throttled = 0

    async def send(self, request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        minute = int(time.time() // MINUTE)
        if minute != self._minute:
            self._minute, self._calls = minute, 0
        self._calls += 1
        if self._per_minute and self._calls > self._per_minute:
            self.throttled += 1
            return _json({"error": -32, "message": "limit"})
        self.taken += 1
        self.came[body["message"]["text"]] = time.time()
        self._heard[body["recipient"]["user_id"]] += 1
        data = {"message_id": f"m{self.taken}", "user_id": body["recipient"]["user_id"], "quota": {}}
        return _json({"data": data, "error": 0, "message": "Success"})

    async def figures(self, _request: web.Request) -> web.Response:
        most = max(self._heard.values(), default=0)
        return _json({"taken": self.taken, "throttled": self.throttled, "came": self.came, "most_to_one": most})


def _json(body: object) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


async def main() -> None:
    """Listen on the port given first, with the limit given second, until standard input ends."""
    platform = Platform(int(sys.argv[2]))
    app = web.Application()
    app.router.add_post("/v3.0/oa/message/cs", platform.send)
    app.router.add_get("/figures", platform.figures)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(sys.argv[1])).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(main())
