"""Live, ready, and figures for Prometheus: /healthz, /readyz, /metrics."""

import asyncio
import hmac
import ipaddress
import time
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection, func, select

from bot.storage.database import DatabaseAway
from bot.storage.schema import WrongSchema, check_schema
from bot.storage.tables import accounts, addresses, outbox
from bot.web.metrics import family
from bot.web.parts import PARTS, WebParts

ANSWER_WITHIN = 1.5
ROWS_FRESH_FOR = 5.0
PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host")


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Figures counted from rows, kept a few seconds so that a scrape costs nothing."""

    outbox: dict[str, int]
    waiting_humans: int
    counted_at: float


def add_routes(app: web.Application) -> None:
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", Readiness().answer)
    app.router.add_get("/metrics", Figures().answer)


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


class Figures:
    """The Prometheus text."""

    def __init__(self) -> None:
        self._rows: RowCounts | None = None

    async def answer(self, request: web.Request) -> web.Response:
        if not may_read(request):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        parts = request.app[PARTS]
        text = "".join((*self._counters(parts), *self._gauges(parts), *await self._from_rows(parts)))
        return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    def _counters(self, parts: WebParts) -> list[str]:
        return [
            family(
                name, "counter", words, [({"channel": channel}, count) for channel, count in sorted(counter.items())]
            )
            for name, words, counter in parts.metrics.counters()
        ]

    def _gauges(self, parts: WebParts) -> list[str]:
        single: tuple[tuple[str, str, float], ...] = (
            ("giothong_spool_calls", "Calls that wait in the spool file.", parts.intake.spool_size),
            ("giothong_loop_lag_seconds", "How late the event loop woke lately.", parts.metrics.loop_lag),
            ("giothong_web_sockets", "Open web-chat sockets of this process.", parts.hub.sockets),
            ("giothong_writes_waiting", "Write jobs that wait at the gate.", parts.db.writes_waiting),
        )
        return [family(name, "gauge", words, [({}, value)]) for name, words, value in single]

    async def _from_rows(self, parts: WebParts) -> list[str]:
        rows = self._rows
        if rows is None or time.monotonic() - rows.counted_at > ROWS_FRESH_FOR:
            try:
                rows = self._rows = await asyncio.wait_for(parts.db.read(_count_rows), ANSWER_WITHIN)
            except (DatabaseAway, TimeoutError):
                return [family("giothong_database_up", "gauge", "1 when the database answers.", [({}, 0)])]
        states = [({"state": state}, count) for state, count in sorted(rows.outbox.items())]
        return [
            family("giothong_database_up", "gauge", "1 when the database answers.", [({}, 1)]),
            family("giothong_outbox_messages", "gauge", "Outgoing messages by state.", states),
            family("giothong_waiting_humans", "gauge", "People who wait for staff.", [({}, rows.waiting_humans)]),
        ]


def _count_rows(connection: Connection) -> RowCounts:
    by_state = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    waiting = connection.execute(select(func.count()).where(addresses.c.handoff == "waiting")).scalar_one()
    return RowCounts({row.state: int(row[1]) for row in by_state}, waiting, time.monotonic())


def may_read(request: web.Request) -> bool:
    """The bearer of METRICS_TOKEN, or somebody on this very machine when nothing stands in front of us."""
    settings = request.app[PARTS].settings
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    if settings.metrics_token and scheme.lower() == "bearer":
        return hmac.compare_digest(told.strip().encode(), settings.metrics_token.encode())
    proxied = any(name in request.headers for name in PROXY_HEADERS)
    return not settings.metrics_token and not settings.public_url and not proxied and _is_loopback(request.remote)


def _is_loopback(remote: str | None) -> bool:
    try:
        return ipaddress.ip_address(remote or "").is_loopback
    except ValueError:
        return False
