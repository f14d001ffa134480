"""One person in two chats, with the real dialogue: joined by a code, alone in a batch; what is said in one holds in both."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.base import Received
from bot.dialog.turns import Say, Turn
from bot.domain.join_codes import join_code_from, spoken_join_code
from bot.domain.updates import ChannelKind, Pressed, Said, Update
from bot.storage import merging
from bot.storage.ids import address_id
from bot.storage.tables import addresses, consents, join_codes, joins, kept_aside, outbox, registrations, seen, slots
from tests.intake.conftest import REGISTRATION, Ground

USER, OTHER = 520000001, 520000002
VISITOR = "v-visitor"
SECOND = (*REGISTRATION[:8], "1", "không", "2", "xác nhận")


class Web:
    """A visitor of the web chat."""

    def __init__(self, ground: Ground, now: datetime) -> None:
        self.ground, self.now, self.count = ground, now, 0
        self.home = address_id(ground.web_id, VISITOR)

    def update(self, event: Any) -> Update:
        self.count += 1
        return Update(self.ground.web_id, ChannelKind.WEB, VISITOR, f"w{self.count}", self.now, event)

    async def say(self, text: str) -> list[str]:
        return about((await self.ground.intake.take(None, Received((self.update(Said(text)),)))).turns[0])

    async def press(self, payload: str) -> list[str]:
        return about((await self.ground.intake.take(None, Received((self.update(Pressed(payload)),)))).turns[0])


@pytest.fixture
def web(ground: Ground, now: datetime) -> Web:
    return Web(ground, now)


def about(turn: Turn | None) -> list[str]:
    assert turn is not None
    return [effect.about for effect in turn.effects if isinstance(effect, Say)]


async def code_of(ground: Ground, user: int = USER) -> str:
    """What the bot answers to "nối tài khoản"."""
    turn = (await ground.say(user, "nối tài khoản")).turns[0]
    assert turn is not None
    said = next(effect for effect in turn.effects if isinstance(effect, Say))
    return said.message.text.split(": ")[1].split("\n")[0].strip()


async def all_of(ground: Ground, query: Any) -> list[Any]:
    return list(await ground.db.read(lambda c: c.execute(query).all()))


async def contacts_of(ground: Ground, *homes: int) -> set[int]:
    query = select(addresses.c.contact_id).where(addresses.c.id.in_(homes))
    return {row[0] for row in await all_of(ground, query)}


def home(ground: Ground, user: int = USER) -> int:
    return address_id(ground.account_id, str(user))


async def joined(ground: Ground, web: Web) -> None:
    await web.say(await code_of(ground))
    assert (await web.say("có"))[0] == "join.done"
    assert len(await contacts_of(ground, home(ground), web.home)) == 1


async def test_a_code_from_telegram_joins_the_web_chat(ground: Ground, web: Web) -> None:
    await ground.walk(USER, *REGISTRATION)
    code = await code_of(ground)
    assert await web.say(f"mã của em là {code} ạ") == ["join.ask"]
    assert len(await contacts_of(ground, home(ground), web.home)) == 2, "not before the yes"
    assert await web.say("có") == ["join.done"]
    assert len(await contacts_of(ground, home(ground), web.home)) == 1
    assert await web.say("/lich") == ["mine.list"]
    assert (await web.say(code))[0] == "join.no-good", "it works once"


async def test_neither_code_nor_words_with_it_are_kept(ground: Ground, web: Web) -> None:
    code = await code_of(ground)
    await web.say(code)
    (row,) = await all_of(ground, select(join_codes))
    assert code.replace("-", "").encode() not in bytes(row.code_hash)
    told = await all_of(ground, select(seen.c.text_sealed).where(seen.c.text_sealed.is_not(None)))
    assert told == [], "the wish too: its answer holds the code"
    keys = await all_of(ground, select(outbox.c.key))
    assert {key.split(":")[0] for (key,) in keys} == {"private"}


async def test_the_other_chat_hears_of_it_at_once(ground: Ground, web: Web) -> None:
    await ground.walk(USER, "xin chào")
    await joined(ground, web)
    query = select(outbox).where(outbox.c.address_id == home(ground), outbox.c.key.like("joined:%"))
    (row,) = await all_of(ground, query)
    text = ground.ring.open_json(row.body_sealed, "outbox.body")["text"]
    assert "tách tài khoản" in text
    assert "trò chuyện trên trang web" in text
    assert row.state == "waiting"
    assert ground.account_id in ground.committed[-1].accounts


async def test_a_web_chat_that_gave_the_code_sees_it_without_reloading(ground: Ground, web: Web) -> None:
    turn = (await ground.intake.take(None, Received((web.update(Said("mã nối")),)))).turns[0]
    assert turn is not None
    said = next(effect for effect in turn.effects if isinstance(effect, Say))
    await ground.walk(USER, said.message.text.split(": ")[1].split("\n")[0], "có")
    (told,) = [one for one in ground.committed[-1].web if one.address_id == web.home]
    assert "Telegram" in told.message.text


async def test_two_registrations_of_one_drive_keep_one_seat(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    await ground.walk(OTHER, *SECOND)
    assert await seats(ground) == (2, 2)
    await ground.walk(OTHER, await code_of(ground), "có")
    assert len(await contacts_of(ground, home(ground), home(ground, OTHER))) == 1
    assert await seats(ground) == (1, 1)
    await ground.walk(OTHER, "tách tài khoản", "có")
    assert len(await contacts_of(ground, home(ground), home(ground, OTHER))) == 2
    assert await seats(ground) == (2, 2)


async def seats(ground: Ground) -> tuple[int, int]:
    """Taken, and booked."""
    taken = await all_of(ground, select(func.sum(slots.c.taken)))
    booked = await all_of(ground, select(func.count()).where(registrations.c.state == "booked"))
    return int(taken[0][0]), int(booked[0][0])


async def test_stop_in_one_chat_stops_both(ground: Ground, web: Web) -> None:
    await ground.walk(USER, *REGISTRATION)
    await joined(ground, web)
    await web.say("DỪNG")
    standing = select(consents.c.purpose).where(consents.c.withdrawn_at.is_(None))
    assert await all_of(ground, standing) == [("registration",)]


async def test_erasing_in_one_chat_erases_both(ground: Ground, web: Web) -> None:
    await ground.walk(USER, *REGISTRATION)
    await joined(ground, web)
    await web.say("/xoa")
    assert await web.say("xoá hết") == ["erase.done"]
    erased = await all_of(ground, select(addresses.c.erased_at))
    assert len(erased) == 2
    assert all(at is not None for (at,) in erased)
    assert await seats(ground) == (0, 0)
    assert await all_of(ground, select(joins.c.id)) == []


async def test_a_wrong_code_joins_nobody_and_five_are_enough(ground: Ground, web: Web) -> None:
    code = await code_of(ground)
    for number in range(5):
        wrong = spoken_join_code(join_code_from(number << 40))
        assert (await web.say(wrong))[0] == "join.no-good"
    assert (await web.say(code))[0] == "join.no-good", "the same words"
    await ground.walk(OTHER, code, "có")
    assert len(await contacts_of(ground, home(ground), home(ground, OTHER))) == 1


async def test_a_forged_press_joins_nobody(ground: Ground, web: Web) -> None:
    await ground.walk(USER, *REGISTRATION)
    assert (await web.press("j.yes.B4K7T0M2"))[0] == "join.no-good"
    assert len(await contacts_of(ground, home(ground), web.home)) == 2


async def test_a_join_beside_others_in_one_batch_disturbs_nobody(ground: Ground, now: datetime) -> None:
    """The person's other chat and somebody else write at the same moment: a place taken there is theirs all the same."""
    await ground.walk(USER, *REGISTRATION[:-1])
    await ground.walk(OTHER, *SECOND)
    await ground.walk(OTHER, await code_of(ground))
    await ground.walk(USER, "tiếp tục")
    turns = await asyncio.gather(
        ground.say(520000003, "xin chào"), ground.say(OTHER, "có"), ground.say(USER, "xác nhận")
    )
    assert all(taken.turns[0] is not None for taken in turns)
    assert len(await contacts_of(ground, home(ground), home(ground, OTHER))) == 1
    taken, booked = await seats(ground)
    assert taken == booked == 1
    assert await all_of(ground, select(kept_aside.c.reason)) == []


async def test_a_fault_in_the_middle_changes_nothing_and_is_told(
    ground: Ground, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ground.walk(USER, *REGISTRATION)
    code = await code_of(ground)
    await web.say(code)

    def broken(*_: object) -> None:
        raise ValueError("in the middle")

    with monkeypatch.context() as patched:
        patched.setattr(merging, "keep_join", broken)
        await web.say("có")
    assert len(await contacts_of(ground, home(ground), web.home)) == 2
    assert await all_of(ground, select(joins.c.id)) == []
    assert len(await all_of(ground, select(kept_aside.c.reason))) == 1
    assert await web.say(code) == ["join.ask"], "it is still good"
    assert await web.say("có") == ["join.done"]


async def test_the_wish_to_part_without_a_join_is_answered_honestly(ground: Ground, web: Web) -> None:
    assert (await web.say("tách tài khoản"))[0] == "join.nothing-to-part"
    assert (await web.press("j.part"))[0] == "join.nothing-to-part"
