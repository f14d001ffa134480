"""Where our own words may not go, approved ones do: chosen when it is due, sent by the lane, priced in the row."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.channels.base import Account, Channel
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.zalo import Zalo
from bot.domain.updates import ChannelKind
from bot.storage.ids import new_id
from bot.storage.tables import addresses, consents, contacts, templates
from bot.storage.talks import load_talk
from scheduler.parts import Parts
from tests.channels.conftest import messenger_account, zalo_account
from tests.facts import MESSENGER, ZALO
from tests.platforms import FakeMessenger, FakeTemplate, FakeZalo
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import days, local
from tests.scheduler.test_tick import known

EVE = local(4, "18:00")
NAME, PHONE = "Lò Thị Mai", "+84912345678"
PLACES = {"name": "short_name", "what": "drive", "time": "time", "date": "date", "where": "place", "code": "ticket"}
LONGEST = {"name": 30, "what": 80, "time": 20, "date": 20, "where": 200, "code": 30}


class Town:
    """One OA and one page on loopback, and the parts that send through them."""

    def __init__(self, stage: Stage, session: SharedSession, zalo: FakeZalo, messenger: FakeMessenger) -> None:
        self.stage, self.zalo, self.messenger = stage, zalo, messenger
        self.oa, self.page = known(stage, zalo_account(zalo)), known(stage, messenger_account(messenger))
        channels: dict[ChannelKind, Channel] = {
            ChannelKind.ZALO: Zalo([self.oa], session, limits=ZALO, base=zalo.base_url, business=zalo.base_url,
                                   clock=lambda: zalo.now),
            ChannelKind.MESSENGER: Messenger([self.page], session, limits=MESSENGER, base=messenger.base_url),
        }  # fmt: skip
        self.parts: Parts = stage.parts(channels, [self.oa, self.page])
        zalo.phones.add(PHONE.removeprefix("+"))

    def approve(self, ways: str = "", params: dict[str, int] = LONGEST, **changes: Any) -> None:
        self.zalo.templates["300123"] = FakeTemplate(params, price_uid=200, price_phone=200)
        places = ", ".join(f'"{theirs}": "{ours}"' for theirs, ours in PLACES.items() if theirs in params)
        row = {
            "id": new_id(), "purpose": "drive-eve", "channel": "zalo", "name": "300123", "language": "vi",
            "ways": ways, "params": "{" + places + "}", **changes,
        }  # fmt: skip
        self.stage.db.write_now(lambda c: c.execute(insert(templates).values(row)))

    def person(self, account: Account, user: str) -> int:
        """Somebody with a name and a phone who wrote ten days before the eve."""
        wrote, ring = EVE - days(10), self.stage.ring
        identity = self.stage.rows.person(account, user, wrote_at=wrote)
        sealed = {
            "name_sealed": ring.seal(NAME.encode(), "contacts.name"),
            "phone_sealed": ring.seal(PHONE.encode(), "contacts.phone"),
        }
        self.stage.db.write_now(lambda c: c.execute(update(contacts).where(contacts.c.id == identity).values(sealed)))
        for fake in (self.zalo, self.messenger):
            fake.last_inbound[user] = wrote
        return identity

    async def eve(self) -> dict[str, Any]:
        self.stage.clock.now = self.zalo.now = self.messenger.now = EVE
        return await self.stage.tick(self.parts, EVE)


@pytest.fixture
async def town(stage: Stage) -> AsyncIterator[Town]:
    session = SharedSession()
    async with FakeZalo(now=EVE) as zalo, FakeMessenger(now=EVE) as messenger:
        yield Town(stage, session, zalo, messenger)
    await session.close()


def book(town: Town, person: int, clock: str = "07:30") -> int:
    return town.stage.rows.book(person, town.stage.rows.drive(local(5, clock))[0])


async def test_it_sends_the_template_to_the_person_on_the_oa(town: Town) -> None:
    town.approve("uid phone")
    person = town.person(town.oa, "8300000000000001")
    book(town, person)
    before = menu(town, person)
    assert (await town.eve())["sent"] == 1
    (sent,) = town.zalo.sent
    assert (sent.user_id, sent.template, sent.price) == ("8300000000000001", "300123", 200)
    params = dict(sent.params)
    assert (params["name"], params["time"], params["date"]) == (NAME, "07:30", "05/12/2026")
    (row,) = town.stage.rows.outbox()
    assert (row.route, row.price_vnd, row.account_id) == ("template-uid", 200, town.oa.id)
    assert NAME in town.stage.rows.body(row).text
    assert menu(town, person) == before, "what was offered in the chat is still what a number means"


def menu(town: Town, address: int) -> tuple[str, ...]:
    sealed = town.stage.db.read_now(
        lambda c: c.execute(select(addresses.c.talk_sealed).where(addresses.c.id == address)).scalar_one()
    )
    return tuple(choice.payload for choice in load_talk(sealed, town.stage.ring).offered)


async def test_it_sends_by_phone_to_somebody_on_messenger(town: Town) -> None:
    town.approve("phone", price_vnd=200)
    book(town, town.person(town.page, "2400000001"))
    assert (await town.eve())["sent"] == 1
    assert town.messenger.sent == []
    assert [sent.user_id for sent in town.zalo.sent] == ["84912345678"]
    (row,) = town.stage.rows.outbox()
    assert (row.route, row.account_id, row.state) == ("template-phone", town.oa.id, "sent")


async def test_it_prefers_the_pages_own_template(town: Town) -> None:
    town.approve("phone")
    town.messenger.templates.approve("drive_eve", 3)
    changes: dict[str, Any] = {"channel": "messenger", "name": "drive_eve"}
    town.approve(**changes)
    town.stage.db.write_now(
        lambda c: c.execute(
            update(templates).where(templates.c.channel == "messenger").values(params='["drive", "time", "place"]')
        )
    )
    book(town, town.person(town.page, "2400000001"))
    assert (await town.eve())["sent"] == 1
    (sent,) = town.messenger.sent
    assert (sent.template, dict(sent.params)["2"]) == ("drive_eve", "07:30")
    assert town.zalo.sent == []
    assert town.stage.rows.outbox()[0].route == "utility"


@pytest.mark.parametrize(
    ("status", "reason"), [("disabled", "zalo-window-over"), ("pending", "zalo-window-over"), ("approved", None)]
)
async def test_it_uses_only_what_is_approved_today(town: Town, status: str, reason: str | None) -> None:
    town.approve("uid", status=status)
    book(town, town.person(town.oa, "8300000000000001"))
    counts = await town.eve()
    assert counts["skipped"] == ({reason: 1} if reason else {})
    assert len(town.zalo.sent) == (0 if reason else 1)


async def test_it_sends_nothing_that_does_not_fit(town: Town) -> None:
    """An approved template may ask for what we never say."""
    town.approve("uid")
    town.stage.db.write_now(lambda c: c.execute(update(templates).values(params='{"x": "salary"}')))
    book(town, town.person(town.oa, "8300000000000001"))
    counts = await town.eve()
    assert (counts["sent"], counts["skipped"]) == (0, {"fault": 1})
    assert town.zalo.calls == []


async def test_it_does_not_follow_by_phone_without_consent(town: Town) -> None:
    town.approve("uid phone")
    person = town.person(town.page, "2400000001")
    book(town, person)
    town.stage.db.write_now(lambda c: c.execute(update(consents).values(withdrawn_at=EVE - days(1))))
    counts = await town.eve()
    assert (counts["sent"], counts["skipped"]) == (0, {"consent-withdrawn": 1})
    assert town.zalo.calls == []
