"""The copy of a person: every table that holds something of theirs is in it, and any number of messages fits."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation
from bot.domain.messages import Choice, Message
from bot.storage import personal_messages
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.ids import address_id, new_id
from bot.storage.personal_copy import UNREADABLE, held_of
from bot.storage.personal_home import consent_stands, home_of, language_of_talk
from bot.storage.personal_messages import PAGE, copy_chunks, homes_of, message_pages, newest_messages
from bot.storage.pressure import LABEL
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    accounts,
    addresses,
    consents,
    contacts,
    data_requests,
    donations,
    donors,
    intents,
    kept_aside,
    metadata,
    outbox,
    pressure_reports,
    registrations,
    seen,
    staff,
    staff_addresses,
    units,
)
from bot.storage.talks import dump_talk
from tests.storage.ground import add_drive

CONTACT, OTHER = 71, 72


def add_account(connection: Connection) -> int:
    identity = new_id()
    connection.execute(insert(accounts).values(id=identity, kind="zalo", code="oa", external_id="4001"))
    return identity


def add_home(connection: Connection, ring: KeyRing, account: int, contact: int, user: str, now: datetime) -> int:
    identity = address_id(account, user)
    talk = dump_talk(Conversation(language="en", greeted=True), ring)
    connection.execute(
        insert(addresses).values(
            id=identity, account_id=account, user_id=user, contact_id=contact, first_seen_at=now, last_inbound_at=now,
            talk_sealed=talk,
        )
    )  # fmt: skip
    return identity


def say(connection: Connection, ring: KeyRing, home: int, name: str, text: str, at: datetime) -> None:
    connection.execute(
        insert(seen).values(
            address_id=home, update_id=name, received_at=at, kind="said", text_sealed=ring.seal_text(text, "seen.text")
        )
    )


def answer(
    connection: Connection, ring: KeyRing, account: int, home: int, text: str, at: datetime, state: str = "sent"
) -> None:
    identity = new_id()
    message = Message(text, (Choice("Menu", "m.menu"),))
    connection.execute(
        insert(outbox).values(
            id=identity, key=f"k{identity}", account_id=account, address_id=home, contact_id=CONTACT, purpose="reply",
            priority=0, body_sealed=ring.seal_json(message.to_json(), "outbox.body"), state=state, created_at=at,
            due_at=at,
        )
    )  # fmt: skip


def fill(connection: Connection, ring: KeyRing, now: datetime) -> int:
    """A person of whom there is something in every table, and somebody else with the same. The person's address."""
    unit, account, member = new_id(), add_account(connection), new_id()
    connection.execute(insert(units).values(id=unit, code="cdcs", name="CĐCS Thử", level="grassroots"))
    connection.execute(insert(staff).values(id=member, login="mai", name="Mai", role="organiser", unit_id=unit))
    drive, made = add_drive(connection, unit, now + timedelta(days=5), capacities=(5,), code="d-1")
    homes = [
        add_home(connection, ring, account, CONTACT, "u1", now),
        add_home(connection, ring, account, OTHER, "u2", now),
    ]
    for contact, home, word in ((CONTACT, homes[0], "mine"), (OTHER, homes[1], "theirs")):
        seal = ring.seal_text
        rows: list[tuple[Any, dict[str, Any]]] = [
            (contacts, {"id": contact, "unit_id": unit, "name_sealed": seal(f"name {word}", "contacts.name"),
                        "birth_date_sealed": seal("1990-05-12", "contacts.birth_date"),
                        "phone_sealed": seal("+84912345678", "contacts.phone"), "created_at": now, "updated_at": now}),
            (donors, {"contact_id": contact, "blood_group_sealed": seal("O-", "donors.blood_group"), "donations": 2,
                      "last_given_on": date(2026, 8, 1)}),
            (registrations, {"id": new_id(), "contact_id": contact, "address_id": home, "drive_id": drive,
                             "slot_id": made[0], "unit_id": unit, "ticket": f"T-{word}", "state": "booked",
                             "created_at": now, "updated_at": now}),
            (donations, {"id": new_id(), "contact_id": contact, "drive_id": drive, "given_on": date(2026, 8, 1),
                         "component": "whole_blood", "ml": 350, "verified": True, "created_at": now}),
            (consents, {"id": new_id(), "contact_id": contact, "purpose": "news", "wording": f"news@{word}",
                        "given_at": now, "address_id": home}),
            (intents, {"id": new_id(), "key": f"i-{word}", "contact_id": contact, "address_id": home,
                       "purpose": "reminder", "occasion": f"occasion {word}", "due_at": now, "expires_at": now,
                       "state": "waiting", "created_at": now}),
            (kept_aside, {"id": new_id(), "account_id": account, "address_id": home, "channel": "zalo",
                          "received_at": now, "reason": "fault",
                          "body_sealed": ring.seal(f"aside {word}".encode(), "kept_aside.body")}),
            (pressure_reports, {"id": new_id(), "unit_id": unit, "said_on": now, "address_id": home,
                                "words_sealed": seal(f"pressed {word}", LABEL)}),
            (staff_addresses, {"address_id": home, "staff_id": member, "linked_at": now}),
            (data_requests, {"id": new_id(), "kind": "show", "source": "chat", "contact_id": contact, "asked_at": now}),
        ]  # fmt: skip
        for table, row in rows:
            connection.execute(insert(table).values(row))
        say(connection, ring, home, f"1-{word}", f"said {word}", now)
        answer(connection, ring, account, home, f"answered {word}", now)
    return homes[0]


def whole(db: Database, ring: KeyRing, now: datetime, contact: int = CONTACT) -> dict[str, Any]:
    chunks = copy_chunks(db.read_now, ring, contact, now)
    assert chunks is not None
    told: dict[str, Any] = json.loads(b"".join(chunks))
    return told


def test_it_holds_everything_of_this_person_and_nothing_of_another(db: Database, ring: KeyRing, now: datetime) -> None:
    home = db.write_now(lambda connection: fill(connection, ring, now))
    told = whole(db, ring, now)
    assert told["person"]["name"] == "name mine"
    assert told["person"]["birth_date"] == "1990-05-12"
    assert told["person"]["phone"] == "+84912345678"
    assert told["person"]["unit"] == "CĐCS Thử"
    assert told["donor"]["blood_group"] == "O-"
    assert told["donor"]["last_given_on"] == "2026-08-01"
    assert told["registrations"][0]["ticket"] == "T-mine"
    assert told["donations"][0]["ml"] == 350
    assert (told["consents"][0]["wording"], told["consents"][0]["channel"]) == ("news@mine", "zalo")
    assert told["planned"][0]["occasion"] == "occasion mine"
    assert told["kept_aside"][0]["body"] == "aside mine"
    assert told["call_backs"][0]["words"] == "pressed mine"
    assert told["staff_chats"][0]["login"] == "mai"
    assert told["requests"][0]["kind"] == "show"
    assert told["addresses"][0]["address_id"] == str(home)
    assert told["addresses"][0]["user_id"] == "u1"
    assert told["addresses"][0]["talk"]["l"] == "en"
    assert [(m["from"], m["text"]) for m in told["messages"]] == [("you", "said mine"), ("us", "answered mine")]
    assert "theirs" not in json.dumps(told)
    assert "u2" not in json.dumps(told)


IN_THE_COPY = {
    "addresses", "appeal_candidates", "consent_proofs", "consents", "contacts", "data_requests", "deferrals", "donations", "donors", "intents",
    "joins", "kept_aside", "outbox", "pressure_reports", "recipients", "registrations", "seen", "staff_addresses", "tags",
}  # fmt: skip


SHORT_LIVED = {"audit", "staff_code_tries", "join_codes", "join_tries"}
"""audit: what staff did, under their name. The others: hashes of codes and counts of wrong ones, gone within the hour."""


def test_it_knows_every_table_that_names_a_person() -> None:
    """A new column that leads to a person belongs into the copy, or stands here with a reason."""
    leading = {
        table.name for table in metadata.tables.values() for column in table.columns
        if column.name in ("contact_id", "address_id", "user_id", "who", "kept_id", "gone_id") and table.name not in SHORT_LIVED
    }  # fmt: skip
    assert leading - IN_THE_COPY == set()


def test_it_tells_what_an_earlier_erasure_left(db: Database, ring: KeyRing, now: datetime) -> None:
    home = db.write_now(lambda connection: fill(connection, ring, now))
    db.write_now(lambda connection: erase_person(connection, ring, CONTACT, now, source="chat"))
    assert db.read_now(lambda connection: home_of(connection, home)) is None
    fresh = db.read_now(lambda c: c.execute(select(addresses.c.contact_id).where(addresses.c.id == home)).scalar_one())
    told = whole(db, ring, now, fresh)
    assert [proof["wording"] for proof in told["earlier_consents"]] == ["news@mine"]
    assert told["person"] is None
    assert "name mine" not in json.dumps(told)
    assert db.read_now(lambda connection: held_of(connection, ring, CONTACT)) is None


def test_it_has_nothing_for_nobody(db: Database, ring: KeyRing, now: datetime) -> None:
    assert copy_chunks(db.read_now, ring, 4711, now) is None
    assert list(message_pages(db.read_now, ring, {})) == []
    assert db.read_now(lambda connection: newest_messages(connection, ring, {}, 5)) == []


def test_it_says_where_a_key_is_gone(db: Database, ring: KeyRing, now: datetime) -> None:
    db.write_now(lambda connection: fill(connection, ring, now))
    told = whole(db, KeyRing([b"x" * 32]), now)
    assert told["person"]["name"] == UNREADABLE
    assert told["donor"]["blood_group"] == UNREADABLE
    assert told["addresses"][0]["talk"] == UNREADABLE
    assert {message["text"] for message in told["messages"]} == {UNREADABLE}


def test_it_tells_of_the_home_of_a_page(db: Database, ring: KeyRing, now: datetime) -> None:
    home = db.write_now(lambda connection: fill(connection, ring, now))
    found = db.read_now(lambda connection: home_of(connection, home))
    assert found is not None
    assert (found.contact_id, found.user_id) == (CONTACT, "u1")
    assert db.read_now(lambda connection: language_of_talk(connection, ring, home)) == "en"
    assert db.read_now(lambda connection: language_of_talk(connection, KeyRing([b"x" * 32]), home)) is None
    assert db.read_now(lambda connection: language_of_talk(connection, ring, 1)) is None
    stands = [db.read_now(partial(consent_stands, contact_id=CONTACT, purpose=purpose)) for purpose in Purpose]
    assert [purpose for purpose, stood in zip(Purpose, stands, strict=True) if stood] == [Purpose.NEWS]


# --- many messages ----------------------------------------------------------------------------------------------------

MANY = 3_000


@pytest.fixture
def talkative(db: Database, ring: KeyRing, now: datetime) -> dict[int, str]:
    """Thousands of messages of one person, half of them ours, many at the same moment. Address → channel."""

    def work(connection: Connection) -> dict[int, str]:
        account = add_account(connection)
        home = add_home(connection, ring, account, CONTACT, "u1", now)
        at = [now - timedelta(seconds=number // 7) for number in range(MANY // 2)]
        theirs = [
            {"address_id": home, "update_id": f"u{n}", "received_at": at[n], "kind": "said",
             "text_sealed": ring.seal_text(f"theirs {n} {'x' * 200}", "seen.text")}
            for n in range(MANY // 2)
        ]  # fmt: skip
        body = ring.seal_json(Message("ours " + "y" * 200).to_json(), "outbox.body")
        ours = [
            {"id": new_id(), "key": f"k{n}", "account_id": account, "address_id": home, "contact_id": CONTACT,
             "purpose": "reply", "priority": 0, "body_sealed": body, "state": "sent" if n % 10 else "skipped",
             "created_at": at[n], "due_at": at[n]}
            for n in range(MANY // 2)
        ]  # fmt: skip
        connection.execute(insert(seen), theirs)
        connection.execute(insert(outbox), ours)
        return {home: "zalo"}

    return db.write_now(work)


def test_it_reads_any_number_in_pages_each_once_and_in_order(
    db: Database, ring: KeyRing, talkative: dict[int, str]
) -> None:
    reads: list[int] = []

    def read(work: Callable[[Connection], Any]) -> Any:
        page = db.read_now(work)
        reads.append(len(page))
        return page

    messages = [message for page in message_pages(read, ring, talkative) for message in page]
    assert len(messages) == MANY
    assert len({(message.ours, message.ref) for message in messages}) == MANY
    assert [(m.at, m.ours) for m in messages] == sorted((m.at, m.ours) for m in messages)
    assert max(reads) == PAGE


def test_it_leaves_out_what_never_went_where_it_is_to_be_read(
    db: Database, ring: KeyRing, talkative: dict[int, str]
) -> None:
    readable = [message for page in message_pages(db.read_now, ring, talkative, readable=True) for message in page]
    assert len(readable) == MANY - MANY // 20
    newest = db.read_now(lambda connection: newest_messages(connection, ring, talkative, 50, 25))
    assert newest == readable[::-1][25:75]


def test_it_streams_them_in_small_pieces(
    db: Database, ring: KeyRing, talkative: dict[int, str], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_messages, "PAGE", 50)
    whole_size, largest = _drain(copy_chunks(db.read_now, ring, CONTACT, now))
    assert whole_size > MANY * 200
    assert largest < whole_size / 50


def _drain(chunks: Iterator[bytes] | None) -> tuple[int, int]:
    assert chunks is not None
    sizes = [len(chunk) for chunk in chunks]
    return sum(sizes), max(sizes)


def test_it_knows_the_homes_of_a_copy(db: Database, ring: KeyRing, talkative: dict[int, str]) -> None:
    held = db.read_now(lambda connection: held_of(connection, ring, CONTACT))
    assert held is not None
    assert homes_of(held) == talkative
