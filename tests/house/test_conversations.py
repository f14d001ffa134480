"""From the platform's payload to the platform's call, over real HTTP, in a process of its own: registration and reminder."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.storage.tables import intents, outbox, registrations
from tests.house.town import USERS, WIRES, Town, register
from tests.house.wires import MessengerWire
from tests.platforms.messenger import FakeMessenger


@pytest.mark.parametrize("channel", ["telegram", "messenger", "zalo"])
async def test_it_ends_in_a_registration(town: Town, channel: str) -> None:
    wire = town.wire(channel)
    await register(wire)
    ticket, state = town.db.read_now(lambda c: c.execute(select(registrations.c.ticket, registrations.c.state)).one())
    assert state == "booked"
    assert f"{ticket[:5]}-{ticket[5:]}" in "\n".join(message.text for message in wire.messages())
    states = await all_sent(town)
    assert len(states) == len(wire.messages())
    if channel == "zalo":  # one turn is one call
        assert len(wire.messages()) == 11


async def all_sent(town: Town) -> list[str]:
    """The states of all messages once none is under way: an outcome is committed a moment after its call arrived."""
    async with asyncio.timeout(120):
        while True:
            states = list(town.db.read_now(lambda c: c.execute(select(outbox.c.state)).scalars().all()))
            if set(states) == {"sent"}:
                return states
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("channel", ["telegram", "messenger", "zalo"])
async def test_it_reminds_once_on_the_eve_inside_the_window(town: Town, channel: str) -> None:
    wire = town.wire(channel)
    await register(wire)
    await all_sent(town)
    assert await town.server.stop() == 0
    said = len(wire.messages())
    eve = datetime.now(ZoneInfo(town.env["TIMEZONE"])).replace(hour=18, minute=0, second=0, microsecond=0)
    counts = [await town.tick(eve) for _ in range(3)]
    assert [count["sent"] for count in counts] == [1, 0, 0]
    assert len(wire.messages()) == said + 1
    assert "10:00" in wire.messages()[-1].text


@pytest.mark.parametrize("days", [12])
async def test_it_reminds_on_telegram_and_records_the_skip_outside_the_other_windows(town: Town, days: int) -> None:
    wires = {channel: town.wire(channel) for channel in WIRES}
    for wire in wires.values():
        await register(wire)
    await all_sent(town)
    await town.server.stop()
    said = {channel: len(wire.messages()) for channel, wire in wires.items()}
    eve = datetime.now(ZoneInfo(town.env["TIMEZONE"])) + timedelta(days=days - 1)
    eve = eve.replace(hour=18, minute=0, second=0, microsecond=0)
    first, second = await town.tick(eve), await town.tick(eve)
    assert (first["sent"], second["sent"]) == (1, 0)
    assert {channel: len(wire.messages()) - said[channel] for channel, wire in wires.items()} == {
        "telegram": 1,
        "messenger": 0,
        "zalo": 0,
    }
    query = select(intents.c.reason).where(intents.c.state == "skipped", intents.c.occasion == "drive-eve")
    reasons = town.db.read_now(lambda c: c.execute(query).scalars().all())
    assert len(reasons) == 2
    assert all("window" in reason for reason in reasons)


async def test_it_sends_beside_a_running_server_through_that_server(town: Town) -> None:
    wire = town.wire("telegram")
    await register(wire)
    await all_sent(town)
    said = len(wire.messages())
    eve = datetime.now(ZoneInfo(town.env["TIMEZONE"])).replace(hour=18, minute=0, second=0, microsecond=0)
    await town.tick(eve)
    async with asyncio.timeout(20):
        while len(wire.messages()) == said:
            await asyncio.sleep(0.05)
    assert len(wire.messages()) == said + 1


async def test_it_answers_a_repeated_update_once_and_an_echo_never(town: Town) -> None:
    messenger = town.platforms["messenger"]
    assert isinstance(messenger, FakeMessenger)
    wire = MessengerWire(messenger, USERS["messenger"], town.server.port, town.settled)
    call = messenger.webhook(wire.user, "xin chào")
    await wire._exchange(call)
    said = len(wire.messages())
    for again in (call, messenger.webhook_echo(wire.messages()[0])):
        await post(town, again.path, again.headers, again.body)
    await wire.type("hiến máu có đau không?")
    assert len(wire.messages()) > said
    keys = town.db.read_now(lambda c: c.execute(select(outbox.c.key)).scalars().all())
    assert len({key.rsplit(":", 1)[0] for key in keys}) == 2


async def post(town: Town, path: str, headers: dict[str, str], body: bytes) -> int:
    import aiohttp

    url = f"http://127.0.0.1:{town.server.port}{path}"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status
