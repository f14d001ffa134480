"""/metrics: what this process counted and what the rows say, as Prometheus text. Labels never name a person."""

import asyncio
import hmac
import ipaddress
from collections.abc import Iterable
from datetime import datetime

from aiohttp import web

from bot.domain.alarms import OwnFigures
from bot.storage.database import DatabaseAway
from bot.storage.row_figures import RowFigures, ended_messages, row_figures
from bot.web.kept import Kept
from bot.web.metrics import Sample, Sending, family
from bot.web.parts import PARTS, WebParts

ANSWER_WITHIN = 1.5
PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host")
PRIORITIES = ("reply", "drive", "reminder", "broadcast")


def add_routes(app: web.Application) -> None:
    scrape = Scrape(app[PARTS])
    app.router.add_get("/metrics", scrape.answer)
    app.on_cleanup.append(scrape.close)


class Scrape:
    """The Prometheus text. Counts of rows are kept for some seconds."""

    def __init__(self, parts: WebParts) -> None:
        self._rows = Kept(lambda connection: row_figures(connection, parts.clock()))
        self._ended = Kept(ended_messages)

    async def answer(self, request: web.Request) -> web.Response:
        if not may_read(request):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        parts = request.app[PARTS]
        now = parts.clock()
        own = await asyncio.to_thread(parts.own, now)
        sending = parts.sending()
        told = [*_counters(parts, sending), *_own_gauges(parts, own, now), *await self._from_rows(parts, sending, now)]
        body = "".join(told).encode()
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def close(self, _app: web.Application) -> None:
        await self._rows.close()
        await self._ended.close()

    async def _from_rows(self, parts: WebParts, sending: Sending, now: datetime) -> list[str]:
        try:
            rows = await self._rows.value(parts.db, ANSWER_WITHIN)
            ended = await self._ended.value(parts.db, ANSWER_WITHIN) if rows else None
        except DatabaseAway:
            rows = None
        up = family("giothong_database_up", "gauge", "1 when the database answers.", [({}, float(rows is not None))])
        return [up] if rows is None else [up, *_row_gauges(rows, ended or {}), *_account_gauges(rows, sending, now)]


def _counters(parts: WebParts, sending: Sending) -> Iterable[str]:
    for name, words, counter in parts.metrics.counters():
        yield family(name, "counter", words, [({"channel": key}, count) for key, count in sorted(counter.items())])
    calls: list[Sample] = [
        ({"channel": channel, "outcome": outcome}, count) for (channel, outcome), count in sorted(sending.calls.items())
    ]
    yield family("giothong_calls_total", "counter", "Calls to platforms by how they ended.", calls)
    dropped: list[Sample] = [({"kind": kind}, count) for kind, count in sorted(sending.dropped.items())]
    yield family("giothong_retention_dropped_total", "counter", "Rows let go because their time was over.", dropped)


def _own_gauges(parts: WebParts, own: OwnFigures, now: datetime) -> Iterable[str]:
    single: tuple[tuple[str, str, float | None], ...] = (
        ("giothong_spool_calls", "Calls that wait in the spool file.", parts.intake.spool_size),
        ("giothong_spool_bytes", "Size of the spool file.", own.spool_bytes),
        ("giothong_loop_lag_seconds", "How late the event loop woke lately.", parts.metrics.loop_lag),
        ("giothong_web_sockets", "Open web-chat sockets of this process.", parts.hub.sockets),
        ("giothong_writes_waiting", "Write jobs that wait at the gate.", parts.db.writes_waiting),
        ("giothong_disk_free_ratio", "Free share of the disk with the data.", own.disk_free),
        ("giothong_backup_age_seconds", "Age of the newest good copy.", _backup_age(own, now)),
    )
    for name, words, value in single:
        yield family(name, "gauge", words, [] if value is None else [({}, value)])


def _backup_age(own: OwnFigures, now: datetime) -> float | None:
    newest = own.copies.newest_at if own.copies else None
    return None if newest is None else (now - newest).total_seconds()


def _row_gauges(rows: RowFigures, ended: dict[str, int]) -> Iterable[str]:
    states: list[Sample] = [({"state": state}, count) for state, count in sorted({**ended, **rows.on_the_way}.items())]
    yield family("giothong_outbox_messages", "gauge", "Outgoing messages by state.", states)
    yield family("giothong_waiting_humans", "gauge", "People who wait for staff.", [({}, rows.waiting_humans)])
    yield family(
        "giothong_kept_aside_events", "gauge", "Events kept aside and not yet dropped.", [({}, rows.kept_aside)]
    )
    kinds: list[Sample] = [({"kind": kind}, count) for kind, count in rows.alarms.items()]
    yield family("giothong_alarms_open", "gauge", "Open alarms by kind.", kinds)


def _account_gauges(rows: RowFigures, sending: Sending, now: datetime) -> Iterable[str]:
    """The lane runs in one process; `held` says whether any has it."""
    known = rows.accounts
    lanes = [(account, rows.lanes[account.id]) for account in known if account.id in rows.lanes]
    here: list[Sample] = [({"account": a.code}, float(a.id in sending.lanes)) for a, _ in lanes]
    yield family("giothong_lane_running", "gauge", "1 where this process runs the account's lane.", here)
    held: list[Sample] = [({"account": a.code}, float(lane.held)) for a, lane in lanes]
    yield family("giothong_lane_held", "gauge", "1 while any process holds the account's lane.", held)
    epochs: list[Sample] = [({"account": a.code}, lane.epoch) for a, lane in lanes]
    yield family("giothong_lane_epoch", "gauge", "Epoch of the account's lane; it grows with each new owner.", epochs)
    paused: list[Sample] = [({"account": a.code}, float(a.paused_reason is not None)) for a in known]
    yield family("giothong_account_paused", "gauge", "1 while the account sends nothing.", paused)
    ages: list[Sample] = [
        ({"account": a.code, "priority": word}, 0.0 if since is None else (now - since).total_seconds())
        for a in known
        for word, since in zip(PRIORITIES, a.oldest, strict=True)
    ]
    yield family("giothong_oldest_waiting_seconds", "gauge", "Age of the oldest message that could go out.", ages)
    tokens: list[Sample] = [
        ({"account": a.code}, (a.tokens_expire_at - now).total_seconds()) for a in known if a.tokens_expire_at
    ]
    yield family("giothong_token_expires_seconds", "gauge", "Seconds until the account's access ends.", tokens)


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
