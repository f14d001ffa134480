"""One batch, one commit, then 200: on both engines, with the real dialogue."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import func, select

from bot.channels.base import Received, WebhookRequest
from bot.domain.registrations import RegistrationState
from bot.domain.updates import ChannelKind
from bot.storage.dossiers import load_dossier
from bot.storage.ids import address_id
from bot.storage.tables import addresses, consents, contacts, kept_aside, outbox, registrations, seen, slots
from tests.intake.conftest import REGISTRATION, Ground


async def number_of(ground: Ground, table: object) -> int:
    return int(await ground.db.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))


async def places_taken(ground: Ground) -> list[int]:
    query = select(slots.c.taken).order_by(slots.c.starts_at)
    return list(await ground.db.read(lambda c: c.execute(query).scalars().all()))


async def test_it_registers_a_person_by_typed_text(ground: Ground) -> None:
    await ground.walk(520000001, *REGISTRATION)
    identity = address_id(ground.account_id, "520000001")
    dossier = await ground.db.read(lambda c: load_dossier(c, identity, ground.ring))
    assert dossier is not None
    assert dossier.person is not None
    assert (dossier.person.name, dossier.person.birth_date) == ("Lò Văn Thử", date(1990, 5, 12))
    assert dossier.person.phone == "+84912345678"
    assert [r.state for r in dossier.registrations] == [RegistrationState.BOOKED]
    assert dossier.conversation.form is None
    assert sum(await places_taken(ground)) == 1
    assert await number_of(ground, consents) == 2


async def test_it_writes_an_answer_for_each_update_in_the_same_commit(ground: Ground) -> None:
    await ground.walk(520000001, *REGISTRATION)
    answered = await ground.db.read(lambda c: c.execute(select(outbox.c.key)).scalars().all())
    asked = {key.rsplit(":", 1)[0] for key in answered}
    assert len(asked) == len(REGISTRATION) == await number_of(ground, seen)
    assert all(commit.accounts == {ground.account_id} for commit in ground.committed)


async def test_it_takes_a_repeat_without_effect(ground: Ground) -> None:
    first = await ground.say(520000001, "/start", 77)
    before = await number_of(ground, outbox)
    again = await ground.say(520000001, "/start", 77)
    assert first.turns[0] is not None
    assert again.turns == (None,)
    assert await number_of(ground, outbox) == before


async def test_it_keeps_what_is_personal_sealed(ground: Ground) -> None:
    await ground.walk(520000001, *REGISTRATION)
    rows = await ground.db.read(
        lambda c: [*c.execute(select(contacts)), *c.execute(select(addresses)), *c.execute(select(seen))]
    )
    stored = repr(rows)
    assert "Thử" not in stored
    assert "912345678" not in stored


async def test_it_answers_many_people_at_once_in_few_batches(ground: Ground) -> None:
    await asyncio.gather(*(ground.say(520000000 + n, "xin chào") for n in range(200)))
    assert await number_of(ground, addresses) == 200
    assert ground.intake.figures.batches < 60


async def test_it_keeps_one_persons_updates_in_order(ground: Ground) -> None:
    await asyncio.gather(*(ground.say(520000001, text) for text in REGISTRATION[:5]))
    identity = address_id(ground.account_id, "520000001")
    dossier = await ground.db.read(lambda c: load_dossier(c, identity, ground.ring))
    assert dossier is not None
    assert dossier.conversation.form is not None
    assert dossier.conversation.form.answers["name"] == "Lò Văn Thử"


@pytest.mark.parametrize("capacities", [(3,)])
async def test_it_gives_the_last_places_once_when_many_confirm_together(ground: Ground) -> None:
    people = range(520000001, 520000011)
    for person in people:
        await ground.walk(person, *REGISTRATION[:-1])
    await asyncio.gather(*(ground.say(person, REGISTRATION[-1]) for person in people))
    assert await places_taken(ground) == [3]
    assert await number_of(ground, registrations) == 3


async def test_it_gives_the_place_back_when_somebody_cancels(ground: Ground) -> None:
    await ground.walk(520000001, *REGISTRATION, "/huy", "1")
    states = await ground.db.read(lambda c: c.execute(select(registrations.c.state)).scalars().all())
    assert list(states) == ["cancelled"]
    assert sum(await places_taken(ground)) == 0


async def test_it_lets_a_person_register_again_after_cancelling(ground: Ground) -> None:
    await ground.walk(520000001, *REGISTRATION, "/huy", "1", *REGISTRATION[1:])
    states = await ground.db.read(lambda c: c.execute(select(registrations.c.state)).scalars().all())
    assert sorted(states) in (["booked", "cancelled"], ["cancelled"])


async def test_it_makes_no_address_for_an_echo_or_a_receipt(ground: Ground) -> None:
    body = b'{"update_id": 5, "my_chat_member": {"chat": {"id": 9, "type": "private"}, "from": {"id": 9, "is_bot": false, "first_name": "x"}, "date": 1795316400, "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}}'
    request = WebhookRequest(
        ChannelKind.TELEGRAM, {"x-telegram-bot-api-secret-token": "secret-of-the-webhook"}, body, "7000000001"
    )
    await ground.intake.take(request, ground.channel.receive(request))
    assert await number_of(ground, addresses) == 0
    assert await number_of(ground, outbox) == 0


async def test_it_stops_an_address_that_blocked_us_until_the_person_writes_again(ground: Ground) -> None:
    await ground.say(9, "xin chào")
    body = b'{"update_id": 5000, "my_chat_member": {"chat": {"id": 9, "type": "private"}, "from": {"id": 9, "is_bot": false, "first_name": "x"}, "date": 1795316400, "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}}'
    request = WebhookRequest(
        ChannelKind.TELEGRAM, {"x-telegram-bot-api-secret-token": "secret-of-the-webhook"}, body, "7000000001"
    )
    await ground.intake.take(request, ground.channel.receive(request))
    blocked = select(addresses.c.blocked_at)
    assert await ground.db.read(lambda c: c.execute(blocked).scalar_one()) is not None
    await ground.say(9, "xin chào")
    assert await ground.db.read(lambda c: c.execute(blocked).scalar_one()) is None


async def test_it_keeps_faulty_events_aside_once(ground: Ground) -> None:
    received = Received(faulty=(("telegram: no message id", b'{"update_id": 1}'),))
    request = ground.request(1, "x")
    for _ in range(2):
        await ground.intake.take(request, received)
    assert await number_of(ground, kept_aside) == 1
