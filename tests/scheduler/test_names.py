"""Names written before there were search tokens become findable, also beside one that no key opens."""

from sqlalchemy import select

from bot.storage.people_search import find_people
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts
from scheduler.names import fill_names
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape


async def test_it_fills_what_can_be_opened_and_then_rests(stage: Stage) -> None:
    account = stage.rows.account()
    parts = stage.with_tape(Tape(), account)
    assert await fill_names(parts) == 0
    old = [stage.rows.person(account, str(number)) for number in range(3)]
    for contact in old[:2]:
        stage.rows.change(contacts, contact, name_sealed=stage.ring.seal_text("Lò Thị Cũ", "contacts.name"))
    lost = KeyRing([b"x" * 32]).seal_text("Lò Thị Mất", "contacts.name")
    stage.rows.change(contacts, old[2], name_sealed=lost)
    assert await fill_names(parts) == 2
    assert await fill_names(parts) == 0
    found = stage.db.read_now(lambda c: find_people(c, stage.ring, name="cũ", scope=None))
    assert {person.contact_id for person in found} == set(old[:2])
    words = stage.db.read_now(lambda c: c.execute(select(contacts.c.name_words)).scalars().all())
    assert words.count(None) == 1
