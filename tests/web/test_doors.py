"""The doors: strict headers on every answer of every route, limits by caller, bodies and slow clients."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.cli import running
from bot.storage.database import Database
from bot.web import guard
from bot.web.guard import DOORS, FORM_AT_MOST, caller
from bot.web.origin import Pace
from bot.web.pages import HERE, PAGES
from bot.web.parts import PARTS
from bot.web.webhooks import BODY_AT_MOST
from tests.web.house import House, open_house

FILLS = {
    "version": "0",
    "name": "base.css",
    "bot_id": "7",
    "token": "x.y.z",
    "code": "abc",
    "secret": "x",
    "tail": "nowhere",
}
"""What stands for the parts of an address."""

SCRIPTED = re.compile(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|<style", re.IGNORECASE)


def routes(app: web.Application) -> list[tuple[str, str]]:
    """Every method and address of the program."""
    found = set()
    for route in app.router.routes():
        pattern = route.resource.canonical if route.resource else ""
        path = re.sub(r"\{(\w+)[^}]*\}", lambda match: FILLS.get(match[1], "1"), pattern)
        method = "GET" if route.method in ("*", "HEAD") else route.method
        found.add((method, path))
    return sorted(found)


async def test_every_answer_of_every_route_is_strict(small_house: House) -> None:
    asked = routes(small_house.app)
    assert len(asked) > 40
    for method, path in asked:
        if path == "/chat/ws":
            continue
        async with small_house.client.request(method, path, allow_redirects=False) as answer:
            text = await answer.text() if "text" in answer.content_type else ""
            assert answer.status < 500, (method, path, answer.status)
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["X-Frame-Options"] == "DENY", path
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
            assert "unsafe" not in answer.headers["Content-Security-Policy"], path
            if answer.content_type == "text/html" and "zalo" not in path:
                assert not SCRIPTED.search(text), path
                assert answer.headers["Cache-Control"] == "no-store", path


def test_no_template_holds_a_script_or_a_style_of_its_own() -> None:
    templates = sorted((HERE / "templates").rglob("*.html"))
    assert len(templates) > 20
    for template in templates:
        text = template.read_text(encoding="utf-8")
        if template.name == "me_file.html":  # a file to keep: it takes its style along, and is served as a download
            text = text.replace("<style>", "", 1)
        assert not SCRIPTED.search(text), template.name
        assert "javascript:" not in text, template.name


async def test_our_own_files_are_kept_for_ever_under_the_address_of_their_version(small_house: House) -> None:
    version = small_house.app[PAGES].static.version
    for told, kept in ((version, "public, max-age=31536000, immutable"), ("older", "no-store")):
        async with small_house.client.get(f"/static/{told}/base.css") as answer:
            assert answer.headers["Cache-Control"] == kept
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("public_url", "told"), [("https://hienmau.example", "max-age=31536000"), ("http://hienmau.example", None)]
)
async def test_with_a_public_https_address_browsers_are_told_to_stay_on_it(
    small_db: Database, tmp_path: Path, public_url: str, told: str | None
) -> None:
    async with open_house(small_db, tmp_path, {"PUBLIC_URL": public_url}) as house:
        for path in ("/privacy", "/healthz", "/nowhere"):
            async with house.client.get(path) as answer:
                assert answer.headers.get("Strict-Transport-Security") == told


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        pytest.param("203.0.113.7", "203.0.113.7", id="IPv4"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.7", id="IPv4 in IPv6"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6 by its /64"),
        pytest.param("", "", id="none"),
    ],
)
async def test_callers_are_counted_by_address(small_house: House, address: str, counted: str) -> None:
    request = make_mocked_request("GET", "/", app=small_house.app).clone(remote=address)
    assert caller(request) == counted


async def test_whoever_asks_for_too_many_pages_is_told_to_wait(small_house: House) -> None:
    small_house.app[DOORS].pages = Pace(burst=0, per_second=0)
    for path in ("/privacy", "/chat", "/console/login", "/me/x.y.z", "/form/x.y.z", "/nowhere"):
        async with small_house.client.get(path) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "10"), path
            assert "phút" in await answer.text() or "chờ" in (await answer.text()).lower()
    async with small_house.client.get("/healthz") as answer:
        assert answer.status == 200


async def test_an_untrusted_neighbour_cannot_hide_behind_a_header(small_house: House) -> None:
    small_house.app[DOORS].pages = Pace(burst=0, per_second=0)
    async with small_house.client.get("/privacy", headers={"X-Forwarded-For": "198.51.100.9"}) as answer:
        assert answer.status == 429


async def test_forged_calls_get_429_and_right_ones_are_never_limited(small_house: House) -> None:
    forged = small_house.telegram.webhook("520000001", "Chào")
    statuses = []
    for _ in range(40):
        headers = {**forged.headers, "X-Telegram-Bot-Api-Secret-Token": "wrong"}
        async with small_house.client.post(forged.path, data=forged.body, headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses[:30] == [401] * 30
    assert statuses[-1] == 429
    async with small_house.client.post(forged.path, data=forged.body, headers=forged.headers) as answer:
        assert answer.status == 200


async def test_a_form_larger_than_any_honest_one_is_refused(small_house: House) -> None:
    link = small_house.form_link(1)
    async with small_house.client.post(link, data={"name": "x" * (FORM_AT_MOST + 1)}) as answer:
        assert answer.status in (404, 413)
    async with small_house.client.post("/console/login", data={"login": "x" * (FORM_AT_MOST + 1)}) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    ("path", "at_most"), [("/console/login", FORM_AT_MOST), ("/webhooks/telegram/7000000001", BODY_AT_MOST)]
)
async def test_a_body_that_does_not_tell_its_length_is_measured(small_house: House, path: str, at_most: int) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(at_most // 4096 + 1):
            yield b"x" * 4096

    async with small_house.client.post(path, data=parts()) as answer:
        assert answer.status == 413


async def test_a_form_that_is_no_form_has_no_fields(small_house: House) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\nthuy\r\n--x--\r\n'
    async with small_house.client.post("/console/login", data=body, headers=headers) as answer:
        assert answer.status == 401


async def test_a_reader_who_does_not_read_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "READ_WITHIN", 0.2)
    hung_up: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def endless(request: web.Request) -> web.StreamResponse:
        guard.may_see_pages(request)
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65_536)
        except ConnectionError as error:
            hung_up.set_result(type(error).__name__)
        return answer

    app = web.Application()
    app[DOORS], app[PARTS] = guard.Doors(), SimpleNamespace(settings=SimpleNamespace(trusted_proxies=()))
    app.router.add_get("/", endless)
    async with listening(app) as (host, port):
        with socket.create_connection((host, port)) as deaf:
            deaf.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(10):
                assert await hung_up


async def test_a_body_that_dribbles_is_not_waited_for(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard.body_of, "__defaults__", (0.2,))

    async def dribble() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    path = small_house.telegram.webhook("1", "x").path
    async with asyncio.timeout(5):
        async with small_house.client.post(path, data=dribble()) as answer:
            assert answer.status == 408


@asynccontextmanager
async def listening(app: web.Application, **settings: float) -> AsyncIterator[tuple[str, int]]:
    """The program's kind of door, with a time-out shortened."""
    runner = web.AppRunner(app, access_log=None, **settings)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("before", [b"", b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["first", "second"])
async def test_headers_that_dribble_are_cut_off(before: bytes) -> None:
    assert running.HEADERS_WITHIN <= 20
    async with listening(web.Application(), keepalive_timeout=0.3) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(before + b"GET /chat HTTP/1.1\r\nHost: x\r\n")
        began = time.monotonic()
        gone = asyncio.create_task(reader.read())
        while not gone.done() and time.monotonic() - began < 5:
            writer.write(b"X-Slow: 1\r\n")
            await asyncio.sleep(0.05)
        assert gone.done()
        assert (await gone).count(b"HTTP/1.1") == bool(before)
        writer.close()


def test_parts_hold_no_door_that_grows_without_end(small_house: House) -> None:
    pages = small_house.app[DOORS].pages
    for number in range(25_000):
        pages.allows(f"198.51.{number // 250}.{number % 250}")
    assert len(pages._buckets) <= 20_000
    assert small_house.app[PARTS] is small_house.parts
