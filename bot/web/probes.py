"""Live and ready: /healthz, /readyz."""

import asyncio

from aiohttp import web
from sqlalchemy import Connection, select

from bot.storage.database import DatabaseAway
from bot.storage.schema import WrongSchema, check_schema
from bot.storage.tables import accounts
from bot.web.parts import PARTS, WebParts

ANSWER_WITHIN = 1.5


def add_routes(app: web.Application) -> None:
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", Readiness().answer)


async def healthz(_request: web.Request) -> web.Response:
    """The process answers; nothing else is asked."""
    return web.Response(text="ok\n")


class Readiness:
    """Whether calls can be served: the database answers, its schema is ours, no account is paused."""

    async def answer(self, request: web.Request) -> web.Response:
        parts = request.app[PARTS]
        checks = {
            "database": await self._database(parts),
            "schema": await self._schema(parts),
            "channels": await self._channels(parts),
        }
        ready = checks["database"] == "ok" and checks["schema"] == "ok"
        body = {"ready": ready, "checks": checks, "spooled": parts.intake.spool_size}
        return web.json_response(body, status=200 if ready else 503)

    async def _database(self, parts: WebParts) -> str:
        try:
            await asyncio.wait_for(
                parts.db.read(lambda connection: connection.execute(select(1)).scalar()), ANSWER_WITHIN
            )
        except (DatabaseAway, TimeoutError):
            return "the database does not answer"
        return "ok"

    async def _schema(self, parts: WebParts) -> str:
        try:
            await asyncio.wait_for(asyncio.to_thread(check_schema, parts.db), ANSWER_WITHIN)
        except WrongSchema as error:
            return str(error)
        except (DatabaseAway, TimeoutError):
            return "not known: the database does not answer"
        return "ok"

    async def _channels(self, parts: WebParts) -> dict[str, str]:
        """Per account: on, or paused and why. A paused account alone does not take us out of service."""

        def rows(connection: Connection) -> dict[str, str]:
            query = select(accounts.c.code, accounts.c.paused_at, accounts.c.paused_reason)
            return {
                code: f"paused: {reason or 'see the console'}" if at else "on"
                for code, at, reason in connection.execute(query)
            }

        try:
            return await asyncio.wait_for(parts.db.read(rows), ANSWER_WITHIN)
        except (DatabaseAway, TimeoutError):
            return {}
