"""Two people who are one, and two again: places, donations, consents, words; on both engines."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.contacts import Address
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.dossiers import load_dossier
from bot.storage.erasing import erase_person
from bot.storage.ids import new_id
from bot.storage.join_codes import ACCOUNT_TRIES, LASTS, TRIES, TRIES_LAST, drop_codes, keep_code
from bot.storage.joining import Joined, Refusal, join_by_code, look_up, part_from
from bot.storage.joins import LASTS as UNDO_LASTS
from bot.storage.joins import drop_joins, joined_lately, person_now
from bot.storage.personal_copy import held_of
from bot.storage.retention import unlink_messages
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    addresses,
    consents,
    contacts,
    data_requests,
    donations,
    donors,
    intents,
    join_codes,
    join_tries,
    joins,
    registrations,
    slots,
)
from tests.scheduler.ground import Rows
from tests.storage.erased import count, everything, forget_all, somebody

CODE = "B4K7T0M2"
LATER = timedelta(hours=1)


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


@pytest.fixture
def zalo(rows: Rows) -> Account:
    return rows.account(ChannelKind.ZALO, "4001")


def of(rows: Rows, table: Any, identity: int) -> Any:
    key = next(iter(table.primary_key.columns))
    return rows.db.read_now(lambda c: c.execute(select(table).where(key == identity)).one())


def contact_at(rows: Rows, address: int) -> int:
    return int(of(rows, addresses, address).contact_id)


def address(rows: Rows, account: Account, row: int) -> Address:
    home = of(rows, addresses, row)
    return Address(row, account.id, account.kind, home.user_id, home.contact_id)


def join(rows: Rows, origin: int, claimer: Address, at: datetime | None = None, code: str = CODE) -> Joined | Refusal:
    at = at or rows.now
    rows.db.write_now(lambda c: keep_code(c, rows.ring, code, origin, at))
    return rows.db.write_now(lambda c: join_by_code(c, rows.ring, claimer, code, at))


def part(rows: Rows, contact: int, at: datetime | None = None) -> bool:
    return rows.db.write_now(lambda c: part_from(c, rows.ring, contact, at or rows.now + LATER, who="mai")) is not None


def tell(rows: Rows, contact: int, name: str, phone: str, at: datetime) -> None:
    """As a registration writes them."""
    seal = rows.ring.seal_text
    rows.change(
        contacts, contact, name_sealed=seal(name, "contacts.name"), phone_sealed=seal(phone, "contacts.phone"),
        phone_blind=rows.ring.blind(phone), birth_date_sealed=seal("1990-05-12", "contacts.birth_date"), updated_at=at,
    )  # fmt: skip


def name_of(rows: Rows, contact: int) -> str | None:
    return rows.ring.open_text(of(rows, contacts, contact).name_sealed, "contacts.name")


def taken(rows: Rows) -> dict[int, int]:
    query = select(slots.c.id, slots.c.taken)
    return {row.id: row.taken for row in rows.db.read_now(lambda c: c.execute(query).all()) if row.taken}


def booked(rows: Rows) -> dict[int, int]:
    """By slot, the bookings that stand."""
    query = select(registrations.c.slot_id, func.count()).where(registrations.c.state == "booked")
    return {
        row[0]: row[1] for row in rows.db.read_now(lambda c: c.execute(query.group_by(registrations.c.slot_id)).all())
    }


def book(rows: Rows, home: int, slot: int, at: datetime | None = None) -> int:
    rows.change(slots, slot, taken=slots.c.taken + 1)
    return rows.book(home, slot, at)


def snapshot(rows: Rows, *but: str) -> list[str]:
    """Every row of a person's tables as it stands, sealed values opened."""
    apart = ("audit", "joins", "join_codes", "slots", "data_requests", *but)
    return sorted(line for line in everything(rows).splitlines() if not line.startswith(apart))


# --- who goes on ---------------------------------------------------------------------------------------------------


def test_it_joins_a_stranger_to_whom_we_know_whoever_made_the_code(rows: Rows, account: Account) -> None:
    known, stranger = rows.person(account, "1"), rows.person(account, "2")
    nobody = new_id()
    rows.change(addresses, stranger, contact_id=nobody)
    assert join(rows, stranger, address(rows, account, known)) == Joined(known, stranger)
    assert contact_at(rows, stranger) == contact_at(rows, known) == known
    assert part(rows, known)
    assert contact_at(rows, stranger) == nobody
    assert name_of(rows, known) is None


def test_it_joins_two_whom_nobody_knows(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    first, second = new_id(), new_id()
    rows.change(addresses, one, contact_id=first)
    rows.change(addresses, two, contact_id=second)
    assert join(rows, one, address(rows, account, two)) == Joined(first, one)
    assert {contact_at(rows, one), contact_at(rows, two)} == {first}
    assert part(rows, first)
    assert (contact_at(rows, one), contact_at(rows, two)) == (first, second)


def test_it_joins_an_address_that_is_not_written_yet(rows: Rows, account: Account) -> None:
    known = rows.person(account, "1")
    new = Address(4711, account.id, account.kind, "9", contact_id=99)
    assert join(rows, known, new) == Joined(known, known)
    values = {"id": 4711, "account_id": account.id, "user_id": "9", "contact_id": known}
    stamps = {"first_seen_at": rows.now, "last_inbound_at": rows.now}
    rows.db.write_now(lambda c: c.execute(addresses.insert().values(values | stamps)))
    assert part(rows, known)
    assert contact_at(rows, 4711) == 99


# --- codes ---------------------------------------------------------------------------------------------------------


def test_a_code_works_once_and_a_quarter_of_an_hour(rows: Rows, account: Account, now: datetime) -> None:
    one, two, three = (rows.person(account, user) for user in "123")
    assert isinstance(join(rows, one, address(rows, account, two)), Joined)
    again = rows.db.write_now(lambda c: join_by_code(c, rows.ring, address(rows, account, three), CODE, now))
    assert again is Refusal.NO_GOOD
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, now))

    def look(at: datetime) -> Refusal | None:
        return rows.db.write_now(lambda c: look_up(c, rows.ring, address(rows, account, three), CODE, at))

    assert look(now + LASTS - timedelta(seconds=1)) is None
    assert count(rows, join_tries) == 1, "of the used code"
    assert look(now + LASTS) is Refusal.NO_GOOD
    assert rows.db.write_now(lambda c: drop_codes(c, now + LASTS)) == 1, "the code; tries count for an hour"
    assert rows.db.write_now(lambda c: drop_codes(c, now + TRIES_LAST)) == 1
    assert (count(rows, join_codes), count(rows, join_tries)) == (0, 0)


def test_a_new_code_ends_the_one_before(rows: Rows, account: Account, now: datetime) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    for code in (CODE, "C4K7T0M2"):
        rows.db.write_now(lambda c, code=code: keep_code(c, rows.ring, code, one, now))
    claimer = address(rows, account, two)
    assert rows.db.write_now(lambda c: look_up(c, rows.ring, claimer, CODE, now)) is Refusal.NO_GOOD
    assert rows.db.write_now(lambda c: look_up(c, rows.ring, claimer, "C4K7T0M2", now)) is None


def test_the_same_code_of_two_joins_nobody(rows: Rows, account: Account, now: datetime) -> None:
    one, two, three = (rows.person(account, user) for user in "123")
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, now))
    assert join(rows, two, address(rows, account, three)) is Refusal.NO_GOOD


def test_a_code_of_ones_own_says_so_and_stays(rows: Rows, account: Account, now: datetime) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    assert join(rows, one, address(rows, account, one)) is Refusal.SAME
    rows.change(addresses, two, contact_id=one)
    assert join(rows, one, address(rows, account, two)) is Refusal.SAME
    assert count(rows, joins) == 0


def test_nothing_of_a_code_stands_in_the_table(rows: Rows, account: Account, now: datetime) -> None:
    one = rows.person(account, "1")
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, now))
    assert CODE not in everything(rows)
    other = KeyRing([b"o" * 32])
    claimer = address(rows, account, rows.person(account, "2"))
    assert rows.db.write_now(lambda c: look_up(c, other, claimer, CODE, now)) is Refusal.NO_GOOD


def test_guessing_ends_after_five(rows: Rows, account: Account, now: datetime) -> None:
    one, two, three = (rows.person(account, user) for user in "123")
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, now))

    def guess(who: int, code: str, at: datetime) -> Refusal | None:
        return rows.db.write_now(lambda c: look_up(c, rows.ring, address(rows, account, who), code, at))

    for _ in range(TRIES):
        assert guess(two, "T0M2B4K7", now) is Refusal.NO_GOOD
    assert guess(two, CODE, now) is Refusal.NO_GOOD, "right, but too late"
    assert guess(three, CODE, now) is None, "others are not hindered"
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, now + TRIES_LAST))
    assert guess(two, CODE, now + TRIES_LAST) is None


def test_guessing_is_bounded_over_an_account(rows: Rows, account: Account, zalo: Account, now: datetime) -> None:
    one = rows.person(zalo, "1")
    each = TRIES - 1
    tried = [
        {"address_id": number, "account_id": account.id, "tries": each, "since": now}
        for number in range(1, ACCOUNT_TRIES // each + 1)
    ]
    rows.db.write_now(lambda c: c.execute(join_tries.insert(), tried))
    swarm, other = address(rows, account, rows.person(account, "2")), address(rows, zalo, rows.person(zalo, "3"))
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, one, now))
    assert rows.db.write_now(lambda c: look_up(c, rows.ring, swarm, CODE, now)) is Refusal.NO_GOOD
    assert rows.db.write_now(lambda c: look_up(c, rows.ring, other, CODE, now)) is None


# --- places --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["origin", "claimer"])
def test_the_earlier_place_at_a_drive_stays(rows: Rows, account: Account, zalo: Account, first: str) -> None:
    one, two = rows.person(account, "1"), rows.person(zalo, "2")
    here, there, elsewhere = (
        *rows.drive(rows.now + timedelta(days=5), capacities=(5, 5)),
        rows.drive(rows.now + timedelta(days=9), code="mau-2")[0],
    )
    ages = (2, 1) if first == "origin" else (1, 2)
    mine, theirs = (
        book(rows, home, slot, rows.now - timedelta(hours=age))
        for home, slot, age in ((one, here, ages[0]), (two, there, ages[1]))
    )
    alone = book(rows, two, elsewhere)
    before = snapshot(rows)
    join(rows, one, address(rows, zalo, two))
    stays, gives_way = (mine, theirs) if first == "origin" else (theirs, mine)
    assert (of(rows, registrations, stays).state, of(rows, registrations, gives_way).state) == ("booked", "cancelled")
    assert of(rows, registrations, gives_way).planned_at is None, "what was planned for it ends"
    assert {of(rows, registrations, r).contact_id for r in (mine, theirs, alone)} == {one}
    assert taken(rows) == booked(rows)
    for home in (one, two):
        dossier = rows.db.read_now(lambda c, home=home: load_dossier(c, home, rows.ring))
        assert dossier is not None
        assert {r.id for r in dossier.registrations if r.is_booked} == {stays, alone}
    assert part(rows, one)
    assert taken(rows) == booked(rows) == {here: 1, there: 1, elsewhere: 1}
    changed = ("registrations.updated_at", "contacts.updated_at")
    assert [x for x in snapshot(rows) if not x.startswith(changed)] == [x for x in before if not x.startswith(changed)]


def test_who_has_come_already_keeps_the_place(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    slot = rows.drive(rows.now + LATER)[0]
    early, came = book(rows, one, slot, rows.now - LATER), book(rows, two, slot)
    rows.change(registrations, came, state="arrived")
    join(rows, one, address(rows, account, two))
    assert (of(rows, registrations, early).state, of(rows, registrations, came).state) == ("cancelled", "arrived")


def test_a_place_that_is_gone_meanwhile_is_not_taken_again(rows: Rows, account: Account) -> None:
    one, two, third = (rows.person(account, user) for user in "123")
    here, there = rows.drive(rows.now + timedelta(days=5), capacities=(5, 1))
    book(rows, one, here, rows.now - LATER)
    theirs = book(rows, two, there)
    join(rows, one, address(rows, account, two))
    book(rows, third, there)
    assert part(rows, one)
    assert of(rows, registrations, theirs).state == "cancelled"
    assert of(rows, registrations, theirs).contact_id == contact_at(rows, two)
    assert taken(rows) == booked(rows) == {here: 1, there: 1}


def test_a_place_is_not_taken_again_for_who_gave_the_other_back(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    here, there = rows.drive(rows.now + timedelta(days=5), capacities=(5, 5))
    mine, theirs = book(rows, one, here, rows.now - LATER), book(rows, two, there)
    join(rows, one, address(rows, account, two))
    rows.cancel(mine)
    rows.change(slots, here, taken=0)
    assert part(rows, one)
    assert {of(rows, registrations, r).state for r in (mine, theirs)} == {"cancelled"}


def test_what_was_done_since_stays_where_it_was_done(rows: Rows, account: Account, zalo: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(zalo, "2")
    join(rows, one, address(rows, zalo, two))
    slot, since = rows.drive(rows.now + timedelta(days=5))[0], rows.now + timedelta(minutes=5)
    new = book(rows, one, slot, since)  # `book` writes the address as the contact too
    rows.change(registrations, new, address_id=two)
    given = rows.give(one, rows.now.date())
    drive = of(rows, registrations, new).drive_id
    rows.change(donations, given, drive_id=drive, created_at=since)
    rows.consent(one, Purpose.NEWS)
    news = rows.db.read_now(lambda c: c.execute(select(consents.c.id).where(consents.c.purpose == "news")).scalar_one())
    rows.change(consents, news, address_id=two, given_at=since)
    assert part(rows, one)
    gone = contact_at(rows, two)
    assert gone == two
    for table, row in ((registrations, new), (donations, given), (consents, news)):
        assert of(rows, table, row).contact_id == gone, table.name


# --- donations and donors ------------------------------------------------------------------------------------------


def test_a_day_that_stands_twice_counts_once_and_the_recorded_one_leads(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    told, recorded = rows.give(one, date(2026, 8, 1)), rows.give(two, date(2026, 8, 1))
    rows.change(donations, told, verified=False)
    other = rows.give(two, date(2026, 3, 1))
    for contact, number, last in ((one, 1, date(2026, 8, 1)), (two, 2, date(2026, 8, 1))):
        values = {"contact_id": contact, "donations": number, "last_given_on": last}
        rows.db.write_now(lambda c, values=values: c.execute(donors.insert().values(values)))
    before = snapshot(rows, "contacts.", "donations.planned_at")
    join(rows, one, address(rows, account, two))
    assert of(rows, donations, recorded).contact_id == of(rows, donations, other).contact_id == one
    assert of(rows, donations, told).contact_id == two, "on the shell"
    assert [of(rows, donations, d).verified for d in (told, recorded)] == [False, True]
    assert of(rows, donors, one).donations == 2
    assert part(rows, one)
    assert snapshot(rows, "contacts.", "donations.planned_at") == before


def test_the_longer_wait_counts(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    blood = rows.ring.seal_text("O+", "donors.blood_group")
    sides: tuple[dict[str, Any], ...] = (
        {"contact_id": one, "next_on": date(2026, 12, 1), "deferred_until": date(2027, 6, 1), "donations": 3},
        {"contact_id": two, "next_on": date(2027, 1, 5), "last_given_on": date(2026, 10, 1), "donations": 1,
         "blood_group_sealed": blood},
    )  # fmt: skip
    for values in sides:
        rows.db.write_now(lambda c, values=values: c.execute(donors.insert().values(values)))
    join(rows, one, address(rows, account, two))
    merged = of(rows, donors, one)
    assert (merged.next_on, merged.deferred_until) == (date(2027, 1, 5), date(2027, 6, 1))
    assert (merged.last_given_on, merged.donations) == (date(2026, 10, 1), 4)
    assert rows.ring.open_text(merged.blood_group_sealed, "donors.blood_group") == "O+"
    rows.change(addresses, one, last_inbound_at=rows.now)
    assert part(rows, one)
    mine, theirs = of(rows, donors, one), of(rows, donors, two)
    assert (mine.deferred_until, mine.blood_group_sealed, mine.donations) == (date(2027, 6, 1), None, 3)
    assert (theirs.deferred_until, theirs.donations) == (None, 1)


# --- consents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "withdrawn", "stands"),
    [
        pytest.param(2, 1, False, id="taken back later than given"),
        pytest.param(1, 2, True, id="given later than taken back"),
        pytest.param(1, None, True, id="only given"),
    ],
)
def test_the_latest_word_on_a_purpose_counts(
    rows: Rows, account: Account, given: int, withdrawn: int | None, stands: bool
) -> None:
    """Given on one side, taken back on the other, so many hours ago; whichever side made the code."""
    one, two = rows.person(account, "1"), rows.person(account, "2")
    news = rows.consent(one, Purpose.NEWS)
    rows.change(consents, news, given_at=rows.now - timedelta(hours=given))
    if withdrawn is not None:
        taken_back = rows.now - timedelta(hours=withdrawn)
        old = rows.consent(two, Purpose.NEWS, withdrawn_at=taken_back)
        rows.change(consents, old, given_at=rows.now - timedelta(hours=9))
    before = snapshot(rows, "contacts.")
    join(rows, one, address(rows, account, two))
    for home in (one, two):
        dossier = rows.db.read_now(lambda c, home=home: load_dossier(c, home, rows.ring))
        assert dossier is not None
        assert (Purpose.NEWS in dossier.consents) is stands
    assert count(rows, consents) == (2 if withdrawn else 1), "the proof stays"
    assert part(rows, one)
    assert snapshot(rows, "contacts.") == before


def test_what_was_taken_back_since_stays_so(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    news = rows.consent(one, Purpose.NEWS)
    rows.change(consents, news, given_at=rows.now - timedelta(hours=5))
    old = rows.consent(two, Purpose.NEWS, withdrawn_at=rows.now - LATER)
    rows.change(consents, old, given_at=rows.now - timedelta(hours=9))
    join(rows, one, address(rows, account, two))
    row = {"id": new_id(), "kind": "withdraw", "source": "chat", "contact_id": one}
    asked = row | {"asked_at": rows.now + timedelta(minutes=1), "done_at": rows.now}
    rows.db.write_now(lambda c: c.execute(data_requests.insert().values(asked)))
    assert part(rows, one)
    assert of(rows, consents, news).withdrawn_at is not None


def test_a_registrations_own_consent_goes_with_its_place(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    book(rows, one, rows.drive(rows.now + timedelta(days=5))[0])
    rows.consent(two, Purpose.REGISTRATION, withdrawn_at=rows.now + LATER)
    join(rows, one, address(rows, account, two), rows.now + 2 * LATER)
    dossier = rows.db.read_now(lambda c: load_dossier(c, two, rows.ring))
    assert dossier is not None
    assert Purpose.REGISTRATION in dossier.consents


# --- words ---------------------------------------------------------------------------------------------------------


def test_the_newer_words_win_and_the_others_come_back(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    tell(rows, one, "Lò Thị Cũ", "+84911111111", rows.now - timedelta(days=3))
    tell(rows, two, "Lò Thị Mới", "+84922222222", rows.now - timedelta(days=1))
    before = snapshot(rows)
    join(rows, one, address(rows, account, two))
    assert name_of(rows, one) == "Lò Thị Mới"
    assert of(rows, contacts, one).phone_blind == rows.ring.blind("+84922222222")
    shell = of(rows, contacts, two)
    assert (shell.name_sealed, shell.phone_blind, shell.name_words, shell.erased_at) == (None, None, None, rows.now)
    assert part(rows, one)
    after = snapshot(rows)
    tokens = "contacts.name_words"  # `tell` writes none; parting does
    assert [x for x in after if not x.startswith(tokens)] == [x for x in before if not x.startswith(tokens)]
    assert (name_of(rows, one), name_of(rows, two)) == ("Lò Thị Cũ", "Lò Thị Mới")


def test_words_told_since_stay_with_whoever_told_them(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    tell(rows, one, "Lò Thị Cũ", "+84911111111", rows.now - timedelta(days=1))
    tell(rows, two, "Lò Thị Mất", "+84922222222", rows.now - timedelta(days=3))
    join(rows, one, address(rows, account, two))
    since = rows.now + timedelta(minutes=9)
    tell(rows, one, "Lò Thị Mới", "+84933333333", since)
    new = book(rows, one, rows.drive(rows.now + timedelta(days=5))[0], since)
    rows.change(registrations, new, address_id=two)
    assert part(rows, one)
    assert (name_of(rows, one), name_of(rows, two)) == ("Lò Thị Cũ", "Lò Thị Mới")


def test_open_forms_close_when_two_part(rows: Rows, account: Account) -> None:
    them, two = somebody(rows, account), rows.person(account, "2")
    join(rows, them.address, address(rows, account, two))
    assert part(rows, them.address)
    home = of(rows, addresses, them.address)
    assert home.form_touched_at is None
    assert "Lò Văn Thử" not in rows.ring.open(home.talk_sealed, "addresses.talk").decode()


# --- how long, and who else ----------------------------------------------------------------------------------------


def test_it_can_be_undone_for_thirty_days(rows: Rows, account: Account, now: datetime) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    join(rows, one, address(rows, account, two))
    assert rows.db.read_now(lambda c: joined_lately(c, one, now)) == now
    assert not part(rows, one, now + UNDO_LASTS)
    assert contact_at(rows, two) == one
    assert rows.db.write_now(lambda c: drop_joins(c, now + UNDO_LASTS - LATER)) == 0
    assert rows.db.write_now(lambda c: drop_joins(c, now + UNDO_LASTS)) == 1
    assert not part(rows, one, now)


def test_three_part_in_the_order_they_came(rows: Rows, account: Account) -> None:
    one, two, three = (rows.person(account, user) for user in "123")
    homes = (one, two, three)
    join(rows, two, address(rows, account, three))
    join(rows, one, address(rows, account, two), rows.now + LATER)
    assert {contact_at(rows, home) for home in homes} == {one}
    assert rows.db.read_now(lambda c: person_now(c, three)) == one
    assert part(rows, one)
    assert [contact_at(rows, home) for home in homes] == [one, two, two]
    assert part(rows, two)
    assert [contact_at(rows, home) for home in homes] == [one, two, three]
    assert not part(rows, one)


@pytest.mark.parametrize("asked", ["kept", "gone"])
def test_erasing_one_erases_all(rows: Rows, account: Account, zalo: Account, asked: str) -> None:
    """Also when staff ask for it under the number that went."""
    them, two = somebody(rows, account), rows.person(zalo, "520000002")
    tell(rows, two, "Lò Thị Mới", "+84922222222", rows.now - timedelta(days=1))
    rows.db.write_now(lambda c: keep_code(c, rows.ring, CODE, two, rows.now))
    join(rows, them.address, address(rows, zalo, two), code="C4K7T0M2")
    who = them.address if asked == "kept" else two
    rows.db.write_now(lambda c: erase_person(c, rows.ring, who, rows.now, source="staff", by="mai"))
    forget_all(rows, rows.now + timedelta(days=9))
    left = everything(rows)
    for trace in ("Lò Thị Mới", "Lò Văn Thử", "+84922222222", "+84912345678", "520000002", "520000001"):
        assert trace not in left, trace
    assert [count(rows, table) for table in (addresses, joins, join_codes, donors)] == [0, 0, 0, 0]
    query = select(data_requests.c.contact_id).where(data_requests.c.kind == "erase")
    noted = sorted(rows.db.read_now(lambda c: c.execute(query).scalars().all()))
    assert noted == sorted((them.address, two)), "an older copy knows them under both"


def test_the_copy_shows_both_sides(rows: Rows, account: Account, zalo: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(zalo, "2")
    tell(rows, one, "Lò Thị Cũ", "+84911111111", rows.now - timedelta(days=3))
    tell(rows, two, "Lò Thị Mới", "+84922222222", rows.now - timedelta(days=1))
    book(rows, two, rows.drive(rows.now + timedelta(days=5))[0])
    join(rows, one, address(rows, zalo, two))
    held = rows.db.read_now(lambda c: held_of(c, rows.ring, one))
    assert held is not None
    assert {home["channel"] for home in held["addresses"]} == {"telegram", "zalo"}
    assert held["person"]["name"] == "Lò Thị Mới"
    assert len(held["registrations"]) == 1
    assert held["joined"][0]["before"]["contact"]["kept"]["name"] == "Lò Thị Cũ"
    assert rows.db.read_now(lambda c: held_of(c, rows.ring, two)) is None


def test_retention_lets_all_messages_go(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    rows.message(account, two, "Chào")
    join(rows, one, address(rows, account, two))
    assert rows.db.write_now(lambda c: unlink_messages(c, one)) == 1


def test_intents_follow(rows: Rows, account: Account) -> None:
    one, two = rows.person(account, "1"), rows.person(account, "2")
    mine, theirs = rows.give(one, date(2026, 8, 1)), rows.give(two, date(2026, 9, 1))
    for contact, donation in ((one, mine), (two, theirs)):
        row = {
            "id": new_id(), "key": f"k{donation}", "contact_id": contact, "purpose": "reminder", "due_at": rows.now,
            "occasion": "next-donation", "donation_id": donation, "expires_at": rows.now, "state": "waiting",
            "created_at": rows.now,
        }  # fmt: skip
        rows.db.write_now(lambda c, row=row: c.execute(intents.insert().values(row)))
    join(rows, one, address(rows, account, two))
    assert {row.contact_id for row in rows.intents()} == {one}
    assert part(rows, one)
    assert {row.donation_id: row.contact_id for row in rows.intents()} == {mine: one, theirs: two}
