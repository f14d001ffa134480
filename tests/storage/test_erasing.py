"""Erasure: at once for the eye, in pages for the rest, once however often, and nobody else is touched."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select, update

from bot.channels.base import Account
from bot.domain.consents import Purpose
from bot.domain.outbox import MessagePurpose, Outcome, after
from bot.storage.audit import note
from bot.storage.data_requests import note_request, request_by_code
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.forgetting import PAGE, anything_to_forget, forget_erased
from bot.storage.ids import new_id
from bot.storage.outbox import Finished, begin_attempts, due, finish
from bot.storage.proofs import proofs_of
from bot.storage.requests_desk import list_requests
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    addresses,
    audit,
    consent_proofs,
    consents,
    contacts,
    data_requests,
    donations,
    donors,
    intents,
    kept_aside,
    outbox,
    pressure_reports,
    registrations,
    seen,
    slots,
    staff_addresses,
)
from tests.scheduler.ground import Rows
from tests.storage.erased import NAME, PHONE, TICKET, WORDS, count, erase, everything, forget_all, somebody

TRACES = (NAME, PHONE, PHONE[3:], TICKET, WORDS, "1990-05-12", "520000001")


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


def one(rows: Rows, table: Any, identity: int) -> Any:
    query = select(table).where(table.c.id == identity)
    return rows.db.read_now(lambda c: c.execute(query).one())


def test_it_leaves_counts_and_nobody(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    other = somebody(rows, account, "520000002")
    erase(rows, them.address)
    shell, home = one(rows, contacts, them.address), one(rows, addresses, them.address)
    assert (shell.name_sealed, shell.phone_blind, shell.name_words, shell.language) == (None, None, None, "vi")
    assert shell.erased_at == home.erased_at == now
    assert home.contact_id != them.address
    assert (home.talk_sealed, home.form_touched_at, home.handoff) == (None, None, "none")
    booked, came = one(rows, registrations, them.booked), one(rows, registrations, them.came)
    assert (booked.state, came.state) == ("cancelled", "donated")
    assert (came.ticket, came.address_id, came.dangerous_work) == (f"erased-{them.came}", None, False)
    assert one(rows, slots, them.slots[0]).taken == 0
    assert count(rows, donations) == 2
    forget_all(rows)
    for table in (donors, addresses, seen, kept_aside, staff_addresses):
        column = table.c.contact_id if table is donors else table.c.get("address_id", table.c.get("id"))
        found = rows.db.read_now(partial(_column, column=column))
        wanted = {other.address} | ({them.address} if table is seen else set())  # a repeat must stay a repeat
        assert set(found) == wanted, table.name
    assert one(rows, contacts, other.address).name_sealed is not None
    assert one(rows, registrations, other.booked).state == "booked"


def test_it_leaves_no_trace_of_the_only_person(rows: Rows, account: Account) -> None:
    them = somebody(rows, account)
    rows.message(account, them.address, f"Chào {NAME}, mã {TICKET}", state="sent", platform_id="m-1")
    rows.db.write_now(lambda c: note(c, rows.now, "thu", "replied", f"address {them.address}"))
    before = everything(rows)
    assert [trace for trace in TRACES if trace not in before] == []
    erase(rows, them.address)
    forget_all(rows)
    left = everything(rows)
    assert [trace for trace in TRACES if trace in left] == []
    assert f"address {them.address}" not in left


def test_it_keeps_the_proof_of_consent(rows: Rows, account: Account, ring: KeyRing, now: datetime) -> None:
    them = somebody(rows, account)
    long_ago = now - timedelta(days=3)
    rows.consent(them.address, Purpose.NEWS, withdrawn_at=long_ago)
    rows.db.write_now(lambda c: c.execute(update(consents).where(consents.c.purpose == "news").values(address_id=None)))
    erase(rows, them.address)
    erase(rows, them.address)
    proofs = rows.db.read_now(lambda c: proofs_of(c, ring, account.id, them.user))
    assert {(p.purpose, p.withdrawn_at) for p in proofs} == {
        ("registration", now),
        ("reminder", now),
        ("news", long_ago),
    }
    assert {p.wording for p in proofs} == {"consent.registration@1", "consent.reminder@1", "consent.news@1"}
    assert count(rows, consents) == 0
    assert rows.db.read_now(lambda c: proofs_of(c, ring, account.id, "somebody else")) == []


def test_it_proves_by_the_phone_where_there_was_no_chat(rows: Rows, ring: KeyRing, now: datetime) -> None:
    identity = new_id()
    row = {"id": identity, "phone_blind": ring.blind(PHONE), "created_at": now, "updated_at": now}
    rows.db.write_now(lambda c: c.execute(contacts.insert().values(row)))
    paper = {"id": new_id(), "contact_id": identity, "purpose": "urgent", "wording": "paper@1", "given_at": now}
    rows.db.write_now(lambda c: c.execute(consents.insert().values(paper)))
    erase(rows, identity)
    who = rows.db.read_now(lambda c: c.execute(select(consent_proofs.c.who)).scalar_one())
    assert who == ring.blind(PHONE)


def test_it_can_be_asked_of_nobody_and_of_an_address_alone(rows: Rows, account: Account, now: datetime) -> None:
    erase(rows, 4711)
    address = rows.person(account, "9")
    rows.db.write_now(lambda c: c.execute(delete(contacts)))
    erase(rows, address)
    forget_all(rows)
    assert count(rows, addresses) == 0
    asked = rows.db.read_now(list_requests)
    assert sorted((one.kind, one.source, one.contact_id, one.done_at) for one in asked) == [
        ("erase", "chat", 4711, now),
        ("erase", "chat", address, now),
    ]
    noted = rows.db.read_now(lambda c: c.execute(select(audit.c.who, audit.c.action, audit.c.subject)).all())
    assert ("chat", "erased", f"contact {address}") in [tuple(row) for row in noted]


def test_it_erases_every_address_of_a_person(rows: Rows, account: Account) -> None:
    them = somebody(rows, account)
    second = rows.person(account, "520000009")
    rows.change(addresses, second, contact_id=them.address)
    erase(rows, them.address)
    ids = rows.db.read_now(lambda c: c.execute(select(addresses.c.contact_id)).scalars().all())
    assert len({*ids, them.address}) == 3
    forget_all(rows)
    assert count(rows, addresses) == 0


def test_it_stops_what_waits_but_lets_the_goodbye_out(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    reminder = rows.message(account, them.address, "ngày mai", created_at=now - timedelta(minutes=1))
    goodbye = rows.message(account, them.address, "đã xoá")
    intent = _intend(rows, them.address, them.booked)
    erase(rows, them.address)
    assert rows.states(reminder, goodbye) == ["skipped", "waiting"]
    kept = one(rows, intents, intent)
    assert (kept.state, kept.reason, kept.address_id) == ("skipped", "erased", None)
    forget_all(rows)
    assert count(rows, addresses) == 1
    assert rows.body(rows.outbox(goodbye)[0]).text == "đã xoá"
    assert rows.outbox(reminder)[0].address_id is None
    _send(rows, account, Outcome.SENT)
    forget_all(rows)
    (row,) = rows.outbox(goodbye)
    assert (row.state, row.key, row.contact_id, row.address_id, row.platform_id) == (
        "sent", f"erased:{goodbye}", None, None, None,
    )  # fmt: skip
    assert rows.body(row).text == ""
    assert count(rows, addresses) == 0


def _intend(rows: Rows, address: int, registration: int) -> int:
    identity = new_id()
    row = {
        "id": identity,
        "key": f"drive-eve:{registration}",
        "contact_id": address,
        "address_id": address,
        "purpose": "drive",
        "occasion": "drive-eve",
        "registration_id": registration,
        "due_at": rows.now,
        "expires_at": rows.now,
        "state": "waiting",
        "created_at": rows.now,
    }
    rows.db.write_now(lambda c: c.execute(intents.insert().values(row)))
    return identity


def _send(rows: Rows, account: Account, outcome: Outcome, at: datetime | None = None) -> int:
    """One turn of the lane: claim, call, record. Returns how many were claimed."""
    moment = at or rows.now

    def work(connection: Any) -> int:
        found = due(connection, account.id, moment, 10)
        begin_attempts(connection, found, 1, moment)
        finish(connection, [_ended(one, moment, outcome) for one in found])
        return len(found)

    return rows.db.write_now(work)


def _ended(one: Any, at: datetime, outcome: Outcome) -> Finished:
    number = one.attempts + 1
    decision = after(outcome, number, at, expires_at=one.expires_at)
    return Finished(one.id, one.address_id, one.account_id, number, at, at, outcome, decision, platform_id="m")


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.UNAVAILABLE])
def test_it_waits_for_a_call_under_way_and_never_repeats_it(
    rows: Rows, account: Account, now: datetime, outcome: Outcome
) -> None:
    them = somebody(rows, account)
    message = rows.message(account, them.address, "đang gửi", created_at=now - timedelta(minutes=1))
    candidates = rows.db.write_now(lambda c: _begin(c, account, now))
    assert [one.id for one in candidates] == [message]
    erase(rows, them.address)
    forget_all(rows)
    assert rows.outbox(message)[0].address_id == them.address
    rows.db.write_now(lambda c: finish(c, [_ended(one, now, outcome) for one in candidates]))
    (row,) = rows.outbox(message)
    assert row.state == ("sent" if outcome is Outcome.SENT else "waiting")
    if row.state == "waiting":
        assert row.expires_at == now
        rows.change(outbox, message, state="skipped", reason="expired")
    forget_all(rows)
    assert rows.outbox(message)[0].address_id is None
    assert count(rows, addresses) == 0


def _begin(connection: Any, account: Account, now: datetime) -> list[Any]:
    found = due(connection, account.id, now, 10)
    begin_attempts(connection, found, 1, now)
    return list(found)


def test_it_gives_up_a_goodbye_that_cannot_go_out(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    goodbye = rows.message(account, them.address, "đã xoá")
    erase(rows, them.address)
    forget_all(rows, now + timedelta(hours=23))
    assert rows.states(goodbye) == ["waiting"]
    forget_all(rows, now + timedelta(hours=24))
    assert rows.states(goodbye) == ["skipped"]
    assert count(rows, addresses) == 0


def _hear(rows: Rows, address: int, update_id: str, at: datetime, kind: str = "said") -> None:
    told = rows.ring.seal_text(WORDS, "seen.text")
    row = {"address_id": address, "update_id": update_id, "received_at": at, "kind": kind, "text_sealed": told}
    rows.db.write_now(lambda c: c.execute(seen.insert().values(row)))


def test_it_lets_a_person_come_back_as_somebody_new(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    old = rows.message(account, them.address, f"Chào {NAME}", state="sent")
    erase(rows, them.address)
    later = now + timedelta(seconds=1)
    _hear(rows, them.address, "2", later)
    nobody = one(rows, addresses, them.address).contact_id
    new = rows.message(account, them.address, "Chào anh/chị", contact_id=nobody, created_at=later)
    forget_all(rows)
    home = one(rows, addresses, them.address)
    assert (home.erased_at, home.contact_id) == (None, nobody)
    assert (rows.outbox(old)[0].address_id, rows.outbox(new)[0].address_id) == (None, them.address)
    told = rows.db.read_now(lambda c: dict(c.execute(select(seen.c.update_id, seen.c.text_sealed)).all()))
    assert told["1"] is None
    assert told["2"] is not None
    assert not rows.db.read_now(anything_to_forget)


def test_it_does_not_take_a_receipt_for_a_return(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    erase(rows, them.address)
    for kind in ("receipted", "echoed", "left"):
        _hear(rows, them.address, kind, now + timedelta(seconds=1), kind)
    forget_all(rows)
    assert count(rows, addresses) == 0


def test_it_keeps_no_words_although_the_clock_was_put_back(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    _hear(rows, them.address, "2", now + timedelta(hours=3))
    erase(rows, them.address)
    forget_all(rows)
    assert count(rows, addresses) == 0
    assert rows.db.read_now(lambda c: c.execute(select(func.count(seen.c.text_sealed))).scalar_one()) == 0


def test_it_remembers_updates_as_long_as_they_may_be_repeated(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)
    for age in (1, 3):
        _hear(rows, them.address, f"{age} days", now - timedelta(days=age))
    erase(rows, them.address)
    forget_all(rows)
    left = rows.db.read_now(lambda c: c.execute(select(seen.c.update_id)).scalars().all())
    assert set(left) == {"1", "1 days"}


def _column(connection: Connection, column: Any) -> list[Any]:
    return list(connection.execute(select(column)).scalars())


def _insert(connection: Connection, table: Any, values: list[dict[str, Any]]) -> None:
    connection.execute(table.insert(), values)


MANY = 10_000


def _talkative(rows: Rows, account: Account) -> int:
    address = rows.person(account, "1")
    told = rows.ring.seal_text(WORDS, "seen.text")
    body = rows.ring.seal_json({"text": "x"}, "outbox.body")
    at = rows.now - timedelta(hours=1)
    for start in range(0, MANY, 1000):
        some = range(start, start + 1000)
        heard = [
            {"address_id": address, "update_id": str(n), "received_at": at, "kind": "said", "text_sealed": told}
            for n in some
        ]
        said = [
            {
                "id": new_id(),
                "key": f"reply:{n}",
                "account_id": account.id,
                "address_id": address,
                "contact_id": address,
                "purpose": "reply",
                "priority": 0,
                "body_sealed": body,
                "state": "sent",
                "created_at": at,
                "due_at": at,
            }
            for n in some
        ]
        rows.db.write_now(partial(_insert, table=seen, values=heard))
        rows.db.write_now(partial(_insert, table=outbox, values=said))
    return address


def test_it_forgets_10000_messages_in_small_pages(rows: Rows, account: Account) -> None:
    address = _talkative(rows, account)
    erase(rows, address)
    pages = forget_all(rows)
    assert max(pages) <= PAGE
    assert sum(pages) == (MANY - PAGE) + MANY + 1
    assert count(rows, addresses) == 0
    query = select(func.count()).where(outbox.c.address_id.is_not(None) | outbox.c.contact_id.is_not(None))
    assert rows.db.read_now(lambda c: c.execute(query).scalar_one()) == 0


def test_it_goes_on_where_it_was_killed(rows: Rows, account: Account) -> None:
    """A page that was not committed never was; one that was committed is not done again."""
    people = [somebody(rows, account, str(520000001 + number)) for number in range(3)]
    for them in people:
        rows.messages([(account, them.address, "x", MessagePurpose.REPLY)] * 2, state="sent")
        erase(rows, them.address)
    pages = 0
    while True:
        with rows.db.engine.connect() as connection:  # killed before the commit
            forget_erased(connection, rows.ring, rows.now)
            connection.rollback()
        if not rows.db.write_now(lambda c: forget_erased(c, rows.ring, rows.now)):
            break
        pages += 1
    assert pages >= 2
    assert count(rows, addresses) == 0
    assert {row.key for row in rows.outbox()} == {f"erased:{row.id}" for row in rows.outbox()}


def test_it_lets_go_of_calls_back_and_staffs_chats(rows: Rows, account: Account) -> None:
    them = somebody(rows, account)
    erase(rows, them.address)
    (call_back,) = rows.db.read_now(lambda c: c.execute(select(pressure_reports.c.address_id)).scalars().all())
    assert call_back is None
    assert count(rows, staff_addresses) == 0
    assert count(rows, kept_aside) == 0


def test_it_finds_a_request_by_its_code(rows: Rows, account: Account, now: datetime) -> None:
    them = somebody(rows, account)

    def ask(connection: Any) -> None:
        erase_person(connection, rows.ring, them.address, now, source="platform", code="ab-12")

    rows.db.write_now(ask)
    rows.db.write_now(lambda c: note_request(c, "show", "staff", now, by="thu", done=False))
    found = rows.db.read_now(lambda c: request_by_code(c, "ab-12"))
    assert found is not None
    assert (found.kind, found.source, found.done_at) == ("erase", "platform", now)
    assert rows.db.read_now(lambda c: request_by_code(c, "other")) is None
    hashes = rows.db.read_now(lambda c: c.execute(select(data_requests.c.code_hash)).scalars().all())
    assert b"ab-12" not in hashes
    with pytest.raises(ValueError, match="no such request"):
        rows.db.write_now(lambda c: note_request(c, "look", "chat", now))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["erase", "erase", "cancel"])), max_size=8))
def test_it_gives_each_place_back_exactly_once(rows: Rows, steps: list[tuple[int, str]]) -> None:
    tag = new_id()
    account = rows.account(external_id=str(tag))
    shared = rows.drive(rows.now + timedelta(days=5), code=f"shared-{tag}")
    people = [somebody(rows, account, f"{tag}{number}", shared) for number in range(4)]
    for number, step in steps:
        them = people[number]
        if step == "erase":
            erase(rows, them.address)
        elif one(rows, registrations, them.booked).state == "booked":
            rows.cancel(them.booked)
            rows.change(slots, shared[0], taken=slots.c.taken - 1)
    booked = select(func.count()).where(registrations.c.slot_id == shared[0], registrations.c.state == "booked")
    assert one(rows, slots, shared[0]).taken == rows.db.read_now(lambda c: c.execute(booked).scalar_one())


@pytest.mark.parametrize("chat", [pytest.param(True, id="with a chat"), pytest.param(False, id="known by paper")])
async def test_it_erases_once_when_asked_twice_at_the_same_moment(rows: Rows, account: Account, chat: bool) -> None:
    them = somebody(rows, account)
    if not chat:
        rows.change(addresses, them.address, contact_id=new_id())
    given = count(rows, consents)
    work = partial(erase_person, ring=rows.ring, contact_id=them.address, now=rows.now, source="staff")
    await asyncio.gather(*(rows.db.write(work) for _ in range(4)))
    assert count(rows, consent_proofs) == given >= 2
    assert one(rows, slots, them.slots[0]).taken == 0
    assert one(rows, contacts, them.address).name_sealed is None
