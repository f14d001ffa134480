"""A second chat of somebody we know: by a link that works once, on both engines."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from bot.bootstrap.links import route_link, route_origin
from bot.channels.base import Received
from bot.dialog.talk import Outlook
from bot.dialog.turns import Say, Turn
from bot.domain.contacts import Address, Dossier
from bot.domain.quiet_hours import QuietHours
from bot.domain.updates import ChannelKind, Started, Update
from bot.settings import load_settings
from bot.storage.dossiers import load_dossier
from bot.storage.ids import address_id
from bot.storage.joining import Joined, join_by_link, note_asked_route
from bot.storage.tables import addresses
from tests.channels.test_registry import BASIC
from tests.intake.conftest import BOT, REGISTRATION, SECRET, Ground, build_intake, library

USER, OTHER = 520000001, 520000002
TELEGRAM = ChannelKind.TELEGRAM
SETTINGS = load_settings(
    {
        **BASIC,
        "TELEGRAM_BOT_TOKEN": f"{BOT}:sample-token-of-tests",
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "TELEGRAM_BOT_NAME": "@GiotHongBot",
    }
)


def home(ground: Ground, user: int) -> int:
    return address_id(ground.account_id, str(user))


async def contact_of(ground: Ground, user: int) -> int:
    query = select(addresses.c.contact_id).where(addresses.c.id == home(ground, user))
    return int(await ground.db.read(lambda c: c.execute(query).scalar_one()))


async def join(ground: Ground, origin: int, link: str, now: datetime, user: int = OTHER) -> int | None:
    dossier = await dossier_of(ground, user)
    address = dossier.address if dossier else Address(home(ground, user), ground.account_id, TELEGRAM, str(user), 1)
    work = lambda c: join_by_link(c, ground.ring, address, home(ground, origin), link, now)  # noqa: E731
    joined = await ground.db.write(work)
    return joined.contact_id if isinstance(joined, Joined) else None


async def dossier_of(ground: Ground, user: int) -> Dossier | None:
    return await ground.db.read(lambda c: load_dossier(c, home(ground, user), ground.ring))


async def test_it_works_once(ground: Ground, now: datetime) -> None:
    await ground.walk(USER, *REGISTRATION)
    await ground.walk(OTHER, "xin chào")
    person = await contact_of(ground, USER)
    assert await join(ground, USER, "r_link", now) == person
    assert await contact_of(ground, OTHER) == person
    assert await join(ground, USER, "r_link", now, user=520000003) is None


async def test_it_gives_the_same_dossier_in_both_chats(ground: Ground, now: datetime) -> None:
    await ground.walk(USER, *REGISTRATION)
    await ground.walk(OTHER, "xin chào")
    await join(ground, USER, "r_link", now)
    one = await ground.db.read(lambda c: load_dossier(c, home(ground, USER), ground.ring))
    two = await ground.db.read(lambda c: load_dossier(c, home(ground, OTHER), ground.ring))
    assert one is not None
    assert two is not None
    assert (one.person, one.registrations, one.elsewhere) == (two.person, two.registrations, two.elsewhere)
    assert one.elsewhere, "the other chat is on Telegram and open"


async def test_it_takes_no_chat_that_is_somebody_elses(ground: Ground, now: datetime) -> None:
    await ground.walk(USER, *REGISTRATION)
    await ground.walk(OTHER, *REGISTRATION)
    before = await contact_of(ground, OTHER)
    assert await join(ground, USER, "r_link", now) is None
    assert await contact_of(ground, OTHER) == before


async def test_it_leads_to_nobody_who_is_gone(ground: Ground, now: datetime) -> None:
    await ground.walk(USER, *REGISTRATION, "/xoa", "xoá hết")
    await ground.walk(OTHER, "xin chào")
    assert await join(ground, USER, "r_link", now) is None
    assert await join(ground, 520000009, "r_link", now) is None


async def test_it_remembers_when_it_asked(ground: Ground, now: datetime) -> None:
    await ground.walk(USER, "xin chào")
    await ground.db.write(lambda c: note_asked_route(c, home(ground, USER), now))
    dossier = await ground.db.read(lambda c: load_dossier(c, home(ground, USER), ground.ring))
    assert dossier is not None
    assert dossier.asked_route_at == now
    await ground.walk(USER, "có đau không?")
    again = await ground.db.read(lambda c: load_dossier(c, home(ground, USER), ground.ring))
    assert again is not None
    assert again.asked_route_at == now


@pytest.fixture
async def ahead(ground: Ground, now: datetime, tmp_path: Path) -> AsyncIterator[Ground]:
    """The same ground with links to a bot."""
    outlook = Outlook(
        QuietHours(SETTINGS.timezone), library().rules.intervals, False, route_link(SETTINGS), route_origin(SETTINGS)
    )
    channels = {ChannelKind.TELEGRAM: ground.channel}
    made = build_intake(
        ground.db, ground.ring, now, tmp_path / "ahead", channels, ground.committed.append, outlook=outlook
    )
    await made.start()
    yield replace(ground, intake=made)
    await made.close()


async def start(ground: Ground, user: int, ref: str, update_id: str, now: datetime) -> Turn | None:
    update = Update(ground.account_id, ChannelKind.TELEGRAM, str(user), update_id, now, Started(ref))
    return (await ground.intake.take(None, Received((update,)))).turns[0]


def about(turn: Turn | None) -> list[str]:
    assert turn is not None
    return [effect.about for effect in turn.effects if isinstance(effect, Say)]


async def test_it_joins_whoever_comes_by_the_link_and_refuses_the_next(ahead: Ground, now: datetime) -> None:
    await ahead.walk(USER, *REGISTRATION)
    origin = Address(home(ahead, USER), ahead.account_id, ChannelKind.TELEGRAM, str(USER), contact_id=1)
    link = route_link(SETTINGS)(origin, now)
    assert link.startswith("https://t.me/GiotHongBot?start=")
    ref = parse_qs(urlsplit(link).query)["start"][0]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ref)
    assert "route.joined" in about(await start(ahead, OTHER, ref, "a", now))
    assert await contact_of(ahead, OTHER) == await contact_of(ahead, USER)
    assert "route.no-good" in about(await start(ahead, 520000003, ref, "b", now))
    assert await contact_of(ahead, 520000003) != await contact_of(ahead, USER)
    assert "route.no-good" in about(await start(ahead, 520000004, ref[:-1] + "x", "c", now))
