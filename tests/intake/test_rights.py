"""What people's rights ask of a commit: on both engines, with the real dialogue."""

import asyncio
import logging
from datetime import datetime

import pytest
from sqlalchemy import Table, event, func, select, update

from bot.channels.base import Received
from bot.dialog.turns import Turn
from bot.domain.consents import Purpose
from bot.domain.updates import AskedErasure, ChannelKind, Pressed, Update
from bot.storage.dossiers import load_dossier
from bot.storage.ids import address_id, new_id
from bot.storage.sealing import KeyRing
from bot.storage.staff_addresses import new_staff_code
from bot.storage.tables import (
    addresses,
    consents,
    contacts,
    data_requests,
    donors,
    kept_aside,
    outbox,
    pressure_reports,
    registrations,
    seen,
    slots,
    staff,
    staff_addresses,
)
from tests.intake.conftest import REGISTRATION, Ground

USER = 520000001


async def column(ground: Ground, query: object) -> list[object]:
    return list(await ground.db.read(lambda c: c.execute(query).scalars().all()))  # type: ignore[call-overload]


async def number_of(ground: Ground, table: Table) -> int:
    return int(await ground.db.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))


async def happen(ground: Ground, what: object, update_id: str, user: str = str(USER)) -> Turn | None:
    at = datetime.fromisoformat("2026-11-22T03:00:00+00:00")
    one = Update(ground.account_id, ChannelKind.TELEGRAM, user, update_id, at, what)  # type: ignore[arg-type]
    return (await ground.intake.take(None, Received((one,)))).turns[0]


async def test_it_erases_everything_in_the_commit_of_the_yes(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION, "/xoa", "xoá hết")
    assert await column(ground, select(contacts.c.name_sealed)) == [None]
    assert await column(ground, select(consents.c.id)) == []
    assert sum(await column(ground, select(slots.c.taken))) == 0  # type: ignore[arg-type]
    assert await column(ground, select(registrations.c.state)) == ["cancelled"]
    assert await column(ground, select(data_requests.c.kind)) == ["erase"]
    assert set(await column(ground, select(seen.c.text_sealed))) == {None}
    waiting = await column(ground, select(outbox.c.body_sealed).where(outbox.c.state == "waiting"))
    (goodbye,) = waiting
    assert "xoá xong" in ground.ring.open_json(goodbye, "outbox.body")["text"]  # type: ignore[arg-type]


async def test_it_changes_nothing_when_the_yes_is_repeated(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION, "/xoa")
    assert await happen(ground, Pressed("e.yes"), "yes") is not None
    assert await happen(ground, Pressed("e.yes"), "yes") is None
    again = await happen(ground, Pressed("e.yes"), "another press")
    assert again is not None
    assert await column(ground, select(data_requests.c.kind)) == ["erase"]


async def test_it_lets_somebody_come_back_as_somebody_new(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    identity = address_id(ground.account_id, str(USER))
    before = await ground.db.read(lambda c: load_dossier(c, identity, ground.ring))
    await ground.walk(USER, "/xoa", "xoá hết", *REGISTRATION)
    after = await ground.db.read(lambda c: load_dossier(c, identity, ground.ring))
    assert before is not None
    assert after is not None
    assert after.address.contact_id != before.address.contact_id
    assert after.person == before.person
    assert sum(await column(ground, select(slots.c.taken))) == 1  # type: ignore[arg-type]


async def test_it_erases_for_the_platform_and_makes_nobody_up(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    assert await happen(ground, AskedErasure(), "w1", "nobody") is None
    await happen(ground, AskedErasure(), "w2")
    assert await column(ground, select(data_requests.c.source)) == ["platform"]
    assert await column(ground, select(contacts.c.phone_blind)) == [None]
    assert await number_of(ground, addresses) == 1


async def test_it_notes_that_data_were_shown_and_consents_withdrawn(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION, "/dulieu", "thôi nhắc lịch")
    kinds = await column(ground, select(data_requests.c.kind).order_by(data_requests.c.id))
    assert kinds == ["show", "withdraw"]
    standing = await column(ground, select(consents.c.purpose).where(consents.c.withdrawn_at.is_(None)))
    assert standing == [Purpose.REGISTRATION]


async def test_it_keeps_the_blood_group_sealed(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    for number, payload in enumerate(("c.urgent.ask", "c.urgent.yes", "b.O+", "c.urgent.yes")):
        await happen(ground, Pressed(payload), f"b{number}")
    (sealed,) = await column(ground, select(donors.c.blood_group_sealed))
    assert ground.ring.open(sealed, "donors.blood_group") == b"O+"  # type: ignore[arg-type]
    identity = address_id(ground.account_id, str(USER))
    dossier = await ground.db.read(lambda c: load_dossier(c, identity, ground.ring))
    assert dossier is not None
    assert dossier.knows_blood_group


async def test_it_indexes_the_words_of_the_name(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION)
    (tokens,) = await column(ground, select(contacts.c.name_words))
    assert isinstance(tokens, str)
    assert f" {ground.ring.word_token('lo')} " in tokens


async def test_it_links_a_chat_of_staff_once(ground: Ground, now: datetime) -> None:
    member = new_id()

    def make(connection: object) -> str:
        connection.execute(staff.insert().values(id=member, login="thuy", name="Thuỷ", role="organiser"))  # type: ignore[attr-defined]
        return new_staff_code(connection, member, now)  # type: ignore[arg-type]

    code = await ground.db.write(make)
    await ground.say(USER, "/canbo SAI-MA")
    await ground.say(USER, f"/canbo {code}")
    await ground.say(USER + 1, f"/canbo {code}")
    assert await column(ground, select(staff_addresses.c.address_id)) == [address_id(ground.account_id, str(USER))]
    bodies = await column(ground, select(outbox.c.body_sealed).order_by(outbox.c.id))
    told = [ground.ring.open_json(body, "outbox.body")["text"] for body in bodies]  # type: ignore[arg-type]
    assert ["Đã nối" in text for text in told] == [False, True, False]
    assert set(await column(ground, select(seen.c.text_sealed))) == {None}


@pytest.mark.parametrize(("answer", "calls"), [("không", False), ("có", True)])
async def test_it_passes_a_report_on_and_keeps_no_words(ground: Ground, answer: str, calls: bool) -> None:
    await ground.walk(USER, "xin chào", "tôi bị ép hiến máu", "không nói đơn vị", "tổ trưởng ép", answer)
    back_to = address_id(ground.account_id, str(USER)) if calls else None
    assert await column(ground, select(pressure_reports.c.address_id)) == [back_to]
    kept = await column(ground, select(seen.c.text_sealed).where(seen.c.text_sealed.is_not(None)))
    assert len(kept) == 1  # the hello
    identity = address_id(ground.account_id, str(USER))
    dossier = await ground.db.read(lambda c: load_dossier(c, identity, ground.ring))
    assert dossier is not None
    assert "ép" not in repr(dossier.conversation.form)


async def test_it_drops_a_consent_of_who_is_nobody_yet_and_serves_the_others(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.dialog.turns import GiveConsent
    from bot.domain.consents import ConsentGiven
    from bot.intake import handling

    honest = handling.respond
    given = GiveConsent(ConsentGiven(Purpose.NEWS, "consent.news@2"))

    def eager(talk: object, one: object) -> Turn:
        turn = honest(talk, one)  # type: ignore[arg-type]
        return Turn(turn.conversation, (given, *turn.effects))

    monkeypatch.setattr(handling, "respond", eager)  # the dialogue itself asks only those whom we know
    await asyncio.gather(*(ground.say(USER + n, "xin chào") for n in range(5)))
    assert await number_of(ground, consents) == 0
    assert await number_of(ground, outbox) == 5
    assert await number_of(ground, kept_aside) == 0


async def test_it_serves_the_others_when_the_key_of_one_is_lost(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.gather(*(ground.say(USER + n, "xin chào") for n in range(4)))
    lost, foreign = address_id(ground.account_id, str(USER)), KeyRing([b"x" * 32]).seal(b"{}", "addresses.talk")
    change = update(addresses).where(addresses.c.id == lost).values(talk_sealed=foreign)
    await ground.db.write(lambda c: c.execute(change))
    before = await number_of(ground, outbox)
    with caplog.at_level(logging.ERROR):
        await asyncio.gather(*(ground.say(USER + n, "hiến máu có đau không?") for n in range(4)))
    assert await number_of(ground, outbox) == before + 4
    assert await column(ground, select(kept_aside.c.address_id)) == [lost]
    assert await column(ground, select(addresses.c.talk_sealed).where(addresses.c.id == lost)) == [foreign]
    assert str(lost) in caplog.text
    assert "đau" not in caplog.text


async def test_it_asks_the_database_no_more_than_before_for_an_ordinary_batch(ground: Ground) -> None:
    await ground.walk(USER, *REGISTRATION[:-1])
    statements: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(ground.db.engine, "before_cursor_execute", count)
    await ground.say(USER, REGISTRATION[-1])
    event.remove(ground.db.engine, "before_cursor_execute", count)
    writing = [
        one for one in statements if not one.lstrip().upper().startswith(("BEGIN", "SELECT", "COMMIT", "PRAGMA"))
    ]
    assert len(writing) <= 7
