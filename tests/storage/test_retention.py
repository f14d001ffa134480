"""Who and what is let go when its purpose is over, judged row by row."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, select

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.retention import Retention
from bot.storage.database import Database
from bot.storage.expiry import (
    drop_audit,
    drop_intents,
    drop_messages,
    drop_proofs,
    drop_requests,
    drop_withdrawn,
    forget_pressure,
)
from bot.storage.housekeeping import PAGE
from bot.storage.ids import id_at, new_id
from bot.storage.retention import (
    idle_addresses,
    let_go,
    old_people,
    old_registrations,
    part_idle,
    strip_old,
    unlink_messages,
)
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    addresses,
    attempts,
    audit,
    consent_proofs,
    consents,
    contacts,
    data_requests,
    drives,
    intents,
    outbox,
    pressure_reports,
    registrations,
    seen,
    slots,
    staff,
    staff_addresses,
)
from bot.storage.talks import load_talk
from tests.scheduler.ground import Rows, days
from tests.storage.erased import NAME, PHONE, Someone, count, forget_all, somebody

KEEP = Retention()


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


def one(rows: Rows, table: Table, identity: int) -> Any:
    return rows.db.read_now(lambda c: c.execute(select(table).where(table.c.id == identity)).one())


def write(rows: Rows, table: Table, **values: Any) -> int:
    identity = int(values.setdefault("id", new_id()))
    rows.db.write_now(lambda c: c.execute(table.insert().values(values)))
    return identity


def past(rows: Rows, account: Account, *, ended: float, reported: float | None = None, forms: bool = False) -> Someone:
    """Somebody whose drives ended so many days ago, and were reported so many days ago; they wrote long before."""
    them = somebody(rows, account, str(new_id()))
    for registration in (them.booked, them.came):
        drive = one(rows, registrations, registration).drive_id
        signed = None if reported is None else rows.now - days(reported)
        rows.change(drives, drive, ends_at=rows.now - days(ended), reported_at=signed)
    rows.change(contacts, them.address, updated_at=rows.now - days(200))
    if not forms:
        rows.change(addresses, them.address, form_touched_at=None)
    return them


def withdraw(rows: Rows, them: Someone, purpose: Purpose) -> None:
    def work(connection: Connection) -> None:
        theirs = (consents.c.contact_id == them.address) & (consents.c.purpose == purpose.value)
        connection.execute(consents.update().where(theirs).values(withdrawn_at=rows.now))

    rows.db.write_now(work)


def leave(rows: Rows, them: Someone) -> bool:
    rows.db.write_now(lambda c: unlink_messages(c, them.address))
    return rows.db.write_now(lambda c: let_go(c, rows.ring, them.address, KEEP, rows.now))


@pytest.mark.parametrize(
    ("ended", "reported", "over"),
    [
        pytest.param(121, None, True, id="nobody signed a report for 120 days"),
        pytest.param(119, None, False, id="somebody may still sign it"),
        pytest.param(40, 31, True, id="signed 31 days ago"),
        pytest.param(40, 29, False, id="signed 29 days ago"),
        pytest.param(10, 31, False, id="signed by mistake before the drive"),
    ],
)
def test_it_lets_people_go_after_the_drive(
    rows: Rows, account: Account, ended: float, reported: float | None, over: bool
) -> None:
    them = past(rows, account, ended=ended, reported=reported)
    withdraw(rows, them, Purpose.REMINDER)
    found = rows.db.read_now(lambda c: old_people(c, KEEP, rows.now, 0))
    assert list(found) == ([them.address] if over else [])
    stripped = rows.db.read_now(lambda c: old_registrations(c, KEEP, rows.now))
    assert set(stripped) == ({them.booked, them.came} if over else set())
    assert leave(rows, them) is over


def test_it_lets_the_chat_go_on_with_somebody_unknown(rows: Rows, account: Account, ring: KeyRing) -> None:
    them = past(rows, account, ended=200)
    withdraw(rows, them, Purpose.REMINDER)
    said = rows.message(account, them.address, "hẹn gặp lại", state="sent")
    waiting = rows.message(account, them.address, "một câu trả lời")
    assert leave(rows, them)
    home, shell = one(rows, addresses, them.address), one(rows, contacts, them.address)
    assert home.erased_at is None
    assert home.contact_id != them.address
    talk = load_talk(home.talk_sealed, ring)
    assert (talk.language, talk.greeted, talk.form, talk.offered) == ("en", True, None, ())
    assert (shell.name_sealed, shell.phone_blind, shell.erased_at) == (None, None, rows.now)
    assert {(row.address_id, row.contact_id) for row in rows.outbox(said, waiting)} == {(them.address, None)}
    assert rows.states(waiting) == ["waiting"]
    booked = one(rows, registrations, them.booked)
    assert (booked.state, booked.ticket) == ("booked", f"erased-{them.booked}")
    assert one(rows, slots, them.slots[0]).taken == 1
    asked = rows.db.read_now(lambda c: c.execute(select(data_requests)).one())
    assert (asked.kind, asked.source) == ("erase", "retention")
    proofs = rows.db.read_now(lambda c: c.execute(select(consent_proofs)).all())
    assert {(proof.purpose, proof.withdrawn_at) for proof in proofs} == {("registration", None), ("reminder", rows.now)}
    assert not leave(rows, them)


@pytest.mark.parametrize("purpose", [Purpose.REMINDER, Purpose.NEWS, Purpose.URGENT, Purpose.HONOUR])
def test_it_keeps_whoever_agreed_to_be_known_longer(rows: Rows, account: Account, purpose: Purpose) -> None:
    them = past(rows, account, ended=200)
    withdraw(rows, them, Purpose.REMINDER)
    rows.consent(them.address, purpose)
    assert not leave(rows, them)
    old = rows.db.read_now(lambda c: old_registrations(c, KEEP, rows.now))
    assert rows.db.write_now(lambda c: strip_old(c, old, rows.now)) == 2
    came = one(rows, registrations, them.came)
    assert (came.ticket, came.address_id, came.dangerous_work) == (f"erased-{them.came}", None, False)
    assert came.contact_id == them.address
    assert one(rows, contacts, them.address).name_sealed is not None
    assert list(rows.db.read_now(lambda c: old_registrations(c, KEEP, rows.now))) == []


def test_it_lets_them_go_when_they_withdraw_after_all(rows: Rows, account: Account) -> None:
    them = past(rows, account, ended=200)
    old = rows.db.read_now(lambda c: old_registrations(c, KEEP, rows.now))
    rows.db.write_now(lambda c: strip_old(c, old, rows.now))
    assert not leave(rows, them)
    withdraw(rows, them, Purpose.REMINDER)
    assert leave(rows, them)


def test_it_keeps_whoever_is_registered_again(rows: Rows, account: Account) -> None:
    them = past(rows, account, ended=200)
    withdraw(rows, them, Purpose.REMINDER)
    rows.book(them.address, rows.drive(rows.now + days(3), code="next")[0])
    assert not leave(rows, them)


def test_it_does_not_interrupt_a_form(rows: Rows, account: Account) -> None:
    them = past(rows, account, ended=200, forms=True)
    withdraw(rows, them, Purpose.REMINDER)
    assert not leave(rows, them)
    rows.change(addresses, them.address, form_touched_at=rows.now - days(1))
    assert leave(rows, them)


def test_it_waits_when_more_messages_come_than_a_page(rows: Rows, account: Account) -> None:
    them = past(rows, account, ended=200)
    withdraw(rows, them, Purpose.REMINDER)
    for _ in range(PAGE):
        rows.message(account, them.address, "x", state="sent")
    assert not rows.db.write_now(lambda c: let_go(c, rows.ring, them.address, KEEP, rows.now))
    assert one(rows, contacts, them.address).name_sealed is not None
    assert leave(rows, them)


# --- addresses ---------------------------------------------------------------------------------------------------


def idle(rows: Rows, account: Account, user: str, silent: float = 365) -> int:
    """An address that has asked something long ago; no contact."""
    address = rows.person(account, user, wrote_at=rows.now - days(silent))
    rows.db.write_now(lambda c: c.execute(contacts.delete().where(contacts.c.id == address)))
    return address


def part(rows: Rows) -> int:
    found = rows.db.read_now(lambda c: idle_addresses(c, KEEP, rows.now))
    return rows.db.write_now(lambda c: part_idle(c, found, KEEP, rows.now))


def test_it_lets_idle_addresses_go(rows: Rows, account: Account) -> None:
    gone = idle(rows, account, "1")
    rows.message(account, gone, "chào", state="sent")
    young, known = idle(rows, account, "2", 364), rows.person(account, "3", wrote_at=rows.now - days(400))
    waited, listens = idle(rows, account, "4"), idle(rows, account, "5")
    rows.message(account, waited, "chờ")
    member = write(rows, staff, login="thu", name="Thử", role="viewer")
    linked = {"address_id": listens, "staff_id": member, "linked_at": rows.now}
    rows.db.write_now(lambda c: c.execute(staff_addresses.insert().values(linked)))
    assert part(rows) == 1
    forget_all(rows)
    left = rows.db.read_now(lambda c: c.execute(select(addresses.c.id)).scalars().all())
    assert set(left) == {young, known, waited, listens}
    assert {row.address_id for row in rows.outbox()} == {None, waited}
    assert part(rows) == 0


def test_it_looks_again_before_it_parts_an_address(rows: Rows, account: Account) -> None:
    address = idle(rows, account, "1")
    found = rows.db.read_now(lambda c: idle_addresses(c, KEEP, rows.now))
    rows.change(addresses, address, last_inbound_at=rows.now)
    assert rows.db.write_now(lambda c: part_idle(c, found, KEEP, rows.now)) == 0


# --- records -----------------------------------------------------------------------------------------------------


def test_it_drops_proofs_requests_and_audit_in_time(rows: Rows, account: Account) -> None:
    before, old, young = rows.now - KEEP.proofs, rows.now - days(1096), rows.now - days(1094)
    for at in (old, young):
        about = {"who": b"x", "purpose": "news", "wording": "w@1", "given_at": at}
        write(rows, consent_proofs, **about, erased_at=at)
        write(rows, data_requests, kind="show", source="chat", asked_at=at, done_at=at)
        write(rows, audit, id=id_at(at), at=at, who="thu", action="x")
    write(rows, data_requests, kind="erase", source="staff", asked_at=old)
    person = rows.person(account, "1")
    rows.consent(person, Purpose.NEWS, withdrawn_at=old)
    rows.consent(person, Purpose.NEWS, withdrawn_at=young)
    rows.consent(person, Purpose.REMINDER)
    for drop, table, left in (
        (drop_proofs, consent_proofs, 1),
        (drop_requests, data_requests, 2),
        (drop_audit, audit, 1),
        (drop_withdrawn, consents, 2),
    ):
        assert rows.db.write_now(partial(drop, before=before)) == 1
        assert rows.db.write_now(partial(drop, before=before)) == 0
        assert count(rows, table) == left


def test_it_drops_messages_with_their_attempts_and_intents(rows: Rows, account: Account) -> None:
    before, old, young = rows.now - KEEP.figures, rows.now - days(401), rows.now - days(399)
    person = rows.person(account, "1")
    for number, (at, state) in enumerate(((old, "sent"), (old, "waiting"), (young, "sent"))):
        intent = _old_intent(rows, person, at, "queued", number)
        message = rows.message(
            account, person, "x", id=id_at(at) + number, created_at=at, state=state, intent_id=intent
        )
        write(rows, attempts, outbox_id=message, number=1, epoch=1, started_at=at)
    _old_intent(rows, person, old, "skipped", 3)
    _old_intent(rows, person, old, "waiting", 4)
    assert rows.db.write_now(lambda c: drop_messages(c, before)) == 1
    assert rows.db.write_now(lambda c: drop_intents(c, before)) == 2
    assert (count(rows, outbox), count(rows, attempts), count(rows, intents)) == (2, 2, 3)
    assert rows.db.write_now(lambda c: drop_messages(c, before)) == 0


def _old_intent(rows: Rows, person: int, at: datetime, state: str, number: int) -> int:
    about = {"contact_id": person, "purpose": "reminder", "occasion": "x", "due_at": at, "expires_at": at}
    return write(rows, intents, **about, id=id_at(at) + number, key=str(number), state=state, created_at=at)


def test_it_forgets_words_about_pressure_and_counts_them_on(rows: Rows, account: Account) -> None:
    sealed = rows.ring.seal(b"x", "pressure_reports.words")
    ages: tuple[tuple[float, float | None], ...] = ((40, 31), (40, 29), (149, None), (151, None))
    ids = [
        write(
            rows,
            pressure_reports,
            said_on=rows.now - days(said),
            closed_at=None if closed is None else rows.now - days(closed),
            words_sealed=sealed,
        )
        for said, closed in ages
    ]
    assert rows.db.write_now(lambda c: forget_pressure(c, KEEP, rows.now)) == 2
    assert [one(rows, pressure_reports, identity).words_sealed is None for identity in ids] == [
        True,
        False,
        False,
        True,
    ]
    assert rows.db.write_now(lambda c: forget_pressure(c, KEEP, rows.now)) == 0


def test_it_drops_nothing_early_when_the_clock_jumps_by_less_than_a_day(rows: Rows, account: Account) -> None:
    """All is judged by moments in rows; a clock that is a day ahead is a day early, and no more."""
    them = past(rows, account, ended=118.9)
    withdraw(rows, them, Purpose.REMINDER)
    idle(rows, account, "1", 363.9)
    ahead = rows.now + timedelta(hours=24)
    assert list(rows.db.read_now(lambda c: old_people(c, KEEP, ahead, 0))) == []
    assert list(rows.db.read_now(lambda c: idle_addresses(c, KEEP, ahead))) == []
    far = rows.now - days(3650)
    assert list(rows.db.read_now(lambda c: old_people(c, KEEP, far, 0))) == []


def test_it_leaves_no_name_behind(rows: Rows, account: Account) -> None:
    them = past(rows, account, ended=200)
    withdraw(rows, them, Purpose.REMINDER)
    assert leave(rows, them)
    query = select(func.count()).select_from(contacts).where(contacts.c.name_sealed.is_not(None))
    assert rows.db.read_now(lambda c: c.execute(query).scalar_one()) == 0
    talk = one(rows, addresses, them.address).talk_sealed
    assert NAME not in str(load_talk(talk, rows.ring))
    assert PHONE not in str(load_talk(talk, rows.ring))
    assert count(rows, seen) == 1  # words have their own time
