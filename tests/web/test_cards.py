"""The thank-you card: a picture behind a signed link, with a name only while its owner agrees to be named."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from bot.bootstrap.links import CARD_LINK_LASTS, card_link
from bot.domain.changing import replace
from bot.domain.contacts import Address
from bot.domain.donations import Donation, Source
from bot.domain.updates import ChannelKind
from bot.library.library import Library
from bot.library.reading import content_root
from bot.reports.cards import CardPress, card_png, card_words
from bot.storage.cards import CardFacts, card_facts, name_card
from bot.storage.outcomes import record_donation
from bot.storage.tables import addresses, consents
from tests.web.house import House
from tests.web.test_console_people import registered

FACTS = CardFacts(1, date(2026, 12, 5), "Nhà văn hoá Mẫu", "vi", "Lò Thị Mai")


async def gave(house: House, *, verified: bool = True) -> tuple[int, Address]:
    """Somebody who registered and gave; their contact and their address."""
    contact = await registered(house)
    (row,) = await house.rows(select(addresses).where(addresses.c.contact_id == contact))
    source, intervals = Source.SITE if verified else Source.TOLD, house.parts.catalogues.library.rules.intervals
    given = Donation(date(2026, 9, 2), verified=verified)
    await house.parts.db.write(lambda c: record_donation(c, contact, given, source, intervals, house.clock()))
    return contact, Address(row.id, row.account_id, ChannelKind.WEB, row.user_id, contact)


async def facts_of(house: House, address: Address) -> CardFacts | None:
    return await house.parts.db.read(lambda c: card_facts(c, house.parts.ring, address.id))


async def test_a_name_stands_on_it_only_while_its_owner_agrees(house: House) -> None:
    contact, address = await gave(house)
    plain = await facts_of(house, address)
    assert plain is not None
    assert (plain.number, plain.given_on, plain.name) == (1, date(2026, 9, 2), "")
    ring = house.parts.ring
    await house.parts.db.write(lambda c: name_card(c, ring, contact, "Lò Thị Thử"))
    assert (await facts_of(house, address)) == plain
    agreed = {
        "id": 1,
        "contact_id": contact,
        "purpose": "honour",
        "wording": "card.ask-name@1",
        "given_at": house.clock(),
    }
    await house.parts.db.write(lambda c: c.execute(consents.insert().values(agreed)))
    named = await facts_of(house, address)
    assert named is not None
    assert named.name == "Lò Thị Thử"
    ended = update(consents).where(consents.c.purpose == "honour").values(withdrawn_at=house.clock())
    await house.parts.db.write(lambda c: c.execute(ended))
    assert (await facts_of(house, address)) == plain


async def test_what_was_only_told_has_no_card(house: House) -> None:
    _, address = await gave(house, verified=False)
    assert await facts_of(house, address) is None


async def test_its_link_opens_it_and_nothing_else_does(small_house: House) -> None:
    _, address = await gave(small_house)
    made: list[CardFacts] = []

    async def press(facts: CardFacts) -> bytes:
        made.append(facts)
        return b"picture"

    house = small_house
    with_cards(house, press)
    link = card_link(house.parts.settings)
    good = link(address, house.clock())
    async with house.client.get(good) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", b"picture")
    old = link(address, house.clock() - CARD_LINK_LASTS - timedelta(minutes=1))
    stranger = link(replace(address, id=address.id + 1), house.clock())
    for bad in (old, stranger, good[:-1] + ("0" if good[-1] != "0" else "1"), "/card/1", "/card/" + "x" * 500):
        async with house.client.get(bad) as answer:
            assert answer.status == 404
    assert len(made) == 1


def with_cards(house: House, press: Callable[[CardFacts], Awaitable[bytes]]) -> None:
    from bot.web.parts import PARTS

    app: Any = house.client.app
    app._state[PARTS] = replace(app[PARTS], cards=press)


def test_a_platform_gets_a_link_only_where_it_can_be_fetched(small_house: House) -> None:
    address = Address(7, 1, ChannelKind.TELEGRAM, "52000001", 9)
    assert card_link(small_house.parts.settings)(address, small_house.clock()) == ""


def test_its_words_fit_the_number_and_the_language() -> None:
    words = Library.load(content_root())
    first = card_words(words, "LĐLĐ Mẫu", FACTS)
    assert (first["name"], first["time"], first["date"]) == (
        "Lò Thị Mai",
        "đã hiến máu lần đầu tiên",
        "Ngày 05/12/2026",
    )
    tenth = card_words(words, "LĐLĐ Mẫu", replace(FACTS, number=10, name="", language="en"))
    assert (tenth["name"], tenth["time"]) == ("A voluntary donor", "donation number 10")


async def test_the_picture_is_a_small_png_and_is_made_once() -> None:
    words = Library.load(content_root())
    press = CardPress(words, "LĐLĐ Mẫu")
    picture = await press.picture(FACTS)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000
    assert await press.picture(FACTS) is picture
    long = replace(FACTS, name="Nguyễn Văn Mẫu " * 6, number=1234)
    assert card_png(card_words(words, "LĐLĐ Mẫu", long)).startswith(b"\x89PNG")
