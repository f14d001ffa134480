"""Counting who can be reached: the same judgement as the due sweep's, for planned messages or everybody on a day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.intents import Ways
from bot.domain.reach_figures import Figures, Tally
from bot.domain.updates import ChannelKind
from bot.storage.approved_templates import approved_templates
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.reach import Question, count_reach
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, consents, contacts, drives, registrations, templates
from scheduler.planning import plan
from tests.facts import PLATFORMS, SCHEDULE
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Rows, SetClock, Tape, local

EVE = local(4, "18:00")
TELEGRAM, ZALO, MESSENGER = ChannelKind.TELEGRAM, ChannelKind.ZALO, ChannelKind.MESSENGER


@pytest.fixture
def now() -> datetime:
    return local(1, "10:00")


@pytest.fixture
def stage(db: Database, ring: KeyRing, now: datetime) -> Stage:
    return Stage(db, ring, SetClock(now), Rows(db, ring, now))


@pytest.fixture
def accounts(stage: Stage) -> dict[ChannelKind, Account]:
    return {kind: stage.rows.account(kind, f"70000{number}") for number, kind in enumerate((TELEGRAM, ZALO, MESSENGER))}


def count(stage: Stage, question: Question = Question()) -> Figures:  # noqa: B008  (frozen)
    return stage.db.read_now(lambda c: count_reach(c, Ways(PLATFORMS, approved_templates(c), SCHEDULE), question))


def approve(stage: Stage, status: str = "approved", **changes: Any) -> None:
    row = {
        "id": new_id(),
        "purpose": "drive-eve",
        "channel": "zalo",
        "name": "300123",
        "language": "vi",
        "ways": "uid phone",
        "params": '{"time": "time"}',
        "price_vnd": 300,
        "status": status,
    }
    stage.db.write_now(lambda c: c.execute(insert(templates).values({**row, **changes})))


def routes(tally: Tally) -> dict[str, int]:
    return {f"{channel}:{kind}": number for (channel, kind), number in tally.routes.items()}


async def test_it_counts_planned_messages_on_their_own_days(
    stage: Stage, accounts: Mapping[ChannelKind, Account]
) -> None:
    slots = stage.rows.drive(local(5, "09:30"), capacities=(20, 20))
    for number, kind in enumerate((TELEGRAM, ZALO, MESSENGER)):
        stage.rows.book(stage.rows.person(accounts[kind], str(number)), slots[0])
    await plan(stage.with_tape(Tape(), accounts[TELEGRAM]))
    figures = count(stage)
    # The eve and the morning of each: on Zalo three and four days after the last word, on Messenger too late.
    assert routes(figures.whole) == {"telegram:text": 2, "zalo:text": 2}
    assert figures.whole.unreachable == {"messenger-window-over": 2}
    assert (figures.whole.cost_vnd, figures.whole.messages) == (110, 6)
    (of_drive,) = figures.by_drive.values()
    assert of_drive.routes == figures.whole.routes


def test_it_counts_everybody_on_a_day(stage: Stage, accounts: Mapping[ChannelKind, Account]) -> None:
    slot = stage.rows.drive(local(5, "09:30"))[0]
    person = stage.rows.person(accounts[ZALO], "1")
    stage.rows.book(person, slot)
    stage.rows.consent(person, Purpose.REMINDER)
    assert routes(count(stage, Question(on=EVE)).whole) == {"zalo:text": 2}
    late = Question(on=EVE + timedelta(days=30))
    assert count(stage, late).whole.unreachable == {"zalo-window-over": 1}, "the drive is over, the reminder not"
    approve(stage, purpose="reminder", price_vnd=200)
    assert routes(count(stage, late).whole) == {"zalo:template-uid": 1}


def test_it_goes_by_phone_and_knows_what_was_taken_back(
    stage: Stage, accounts: Mapping[ChannelKind, Account], ring: KeyRing
) -> None:
    person = stage.rows.person(accounts[MESSENGER], "1")
    sealed = ring.seal(b"+84912345678", "contacts.phone")
    stage.rows.change(contacts, person, phone_sealed=sealed)
    stage.rows.book(person, stage.rows.drive(local(5, "09:30"))[0])
    approve(stage)
    whole = count(stage, Question(on=EVE)).whole
    assert (routes(whole), whole.cost_vnd) == ({"zalo:template-phone": 1}, 300)
    assert list(whole.calls) == [(accounts[ZALO].id, ZALO)]
    stage.db.write_now(lambda c: c.execute(update(templates).values(status="disabled")))
    assert count(stage, Question(on=EVE)).whole.unreachable == {"messenger-window-over": 1}


def test_it_obeys_what_was_taken_back(stage: Stage, accounts: Mapping[ChannelKind, Account], now: datetime) -> None:
    person = stage.rows.person(accounts[TELEGRAM], "1")
    stage.rows.book(person, stage.rows.drive(local(5, "09:30"))[0])
    stage.rows.change(addresses, person, blocked_at=now)
    assert count(stage, Question(on=EVE)).whole.unreachable == {"blocked": 1}
    stage.db.write_now(lambda c: c.execute(update(consents).values(withdrawn_at=now)))
    assert count(stage, Question(on=EVE)).whole.unreachable == {"consent-withdrawn": 1}


def test_it_keeps_to_units_and_drives(stage: Stage, accounts: Mapping[ChannelKind, Account]) -> None:
    one, two = (stage.rows.drive(local(day, "09:30"), code=f"d-{day}")[0] for day in (5, 6))
    for number, slot in enumerate((one, one, two)):
        stage.rows.book(stage.rows.person(accounts[TELEGRAM], str(number)), slot)

    def read(connection: Connection) -> tuple[int, int]:
        row = connection.execute(drives.select().where(drives.c.code == "d-5")).one()
        return row.id, row.unit_id

    drive, unit = stage.db.read_now(read)
    stage.db.write_now(
        lambda c: c.execute(update(registrations).where(registrations.c.drive_id == drive).values(unit_id=unit))
    )
    assert count(stage, Question(on=EVE, drive_id=drive)).whole.reached == 2
    assert count(stage, Question(on=EVE, units=frozenset((unit,)), without_unit=False)).whole.reached == 2
    assert count(stage, Question(on=EVE, units=frozenset(), without_unit=True)).whole.reached == 1
    assert {key: tally.reached for key, tally in count(stage, Question(on=EVE)).by_unit.items()} == {unit: 2, None: 1}


def test_it_goes_through_many_pages(stage: Stage, accounts: Mapping[ChannelKind, Account]) -> None:
    many = 4100
    rows = [(new_id(), number) for number in range(many)]
    base = {"account_id": accounts[ZALO].id, "first_seen_at": stage.rows.now, "last_inbound_at": stage.rows.now}

    def fill(connection: Connection) -> None:
        moments = {"created_at": stage.rows.now, "updated_at": stage.rows.now}
        connection.execute(insert(contacts), [{"id": identity, **moments} for identity, _ in rows])
        users = [{"id": identity, "contact_id": identity, "user_id": str(n), **base} for identity, n in rows]
        connection.execute(insert(addresses), users)

    stage.db.write_now(fill)
    stage.db.write_now(lambda c: c.execute(insert(consents), _consents(rows, stage)))
    whole = count(stage, Question(on=EVE)).whole
    assert (routes(whole), whole.cost_vnd) == ({"zalo:text": many}, many * 55)
    assert whole.minutes(PLATFORMS) == many / 100


def _consents(rows: list[tuple[int, int]], stage: Stage) -> list[dict[str, Any]]:
    given = {"purpose": Purpose.REMINDER.value, "wording": "x@1", "given_at": stage.rows.now}
    return [{"id": new_id(), "contact_id": identity, "address_id": identity, **given} for identity, _ in rows]
