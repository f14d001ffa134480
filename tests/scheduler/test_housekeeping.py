"""What is over is ended, what need not be kept is wiped, and everything else stays."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.domain.conversations import Conversation, FormState
from bot.domain.messages import Choice
from bot.domain.outbox import MessagePurpose
from bot.domain.retention import Retention
from bot.storage.ids import new_id
from bot.storage.tables import addresses, contacts, drives, kept_aside, outbox, seen, staff, staff_keys
from bot.storage.talks import dump_talk, load_talk
from bot.storage.used_links import link_is_used, use_link
from scheduler.forgetting import forget
from scheduler.housekeeping import expire_messages, tidy
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Rows, Tape, days
from tests.storage.erased import NAME, erase, everything, somebody


async def test_it_drops_keys_that_have_run_out(stage: Stage, now: datetime) -> None:
    who = new_id()
    keys = [(b"old", now - days(1)), (b"just", now), (b"good", now + days(1))]
    rows = [{"secret_hash": name, "staff_id": who, "kind": "session", "expires_at": at} for name, at in keys]
    stage.db.write_now(lambda c: c.execute(staff.insert().values(id=who, login="thu", name="Thử", role="viewer")))
    stage.db.write_now(lambda c: c.execute(staff_keys.insert(), rows))
    counts = await tidy(stage.with_tape(Tape(), stage.rows.account()))
    assert counts["keys"] == 2
    assert stage.db.read_now(lambda c: c.execute(select(staff_keys.c.secret_hash)).scalars().all()) == [b"good"]


async def test_it_forgets_forms_nobody_came_back_to(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    form = FormState("registration", 1, "phone", {"name": "Lò Văn Thử"}, touched_at=now)
    talk = Conversation("en", True, form, 1, (Choice("Go on", "r1.form.go"),))
    for user, touched in (("old", now - days(30)), ("young", now - days(29))):
        stage.rows.person(account, user, form_touched_at=touched, talk_sealed=dump_talk(talk, stage.ring))
    counts = await tidy(stage.with_tape(Tape(), account))
    assert counts["forms"] == 1
    rows = stage.db.read_now(lambda c: c.execute(select(addresses)).all())
    talks = {row.user_id: (load_talk(row.talk_sealed, stage.ring), row.form_touched_at) for row in rows}
    assert talks["old"] == (Conversation("en", True, None, 1), None)
    assert talks["young"] == (talk, now - days(29))


async def test_it_forgets_words_in_time_and_repeats_a_little_later(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    rows = [
        {
            "account_id": account.id,
            "update_id": str(age),
            "address_id": 1,
            "received_at": now - days(age),
            "kind": "said",
            "text_sealed": stage.ring.seal_text("lời", "seen.text"),
        }
        for age in (1, 4, 7, 9)
    ]
    stage.db.write_now(lambda c: c.execute(seen.insert(), rows))
    parts = stage.with_tape(Tape(), account)
    counts = await tidy(replace(parts, retention=Retention(words=timedelta(days=3))))
    assert (counts["seen"], counts["words"]) == (1, 2)
    left = stage.db.read_now(lambda c: c.execute(select(seen.c.update_id, seen.c.text_sealed.is_(None))).all())
    assert {row[0]: bool(row[1]) for row in left} == {"1": False, "4": True, "7": True}


async def test_it_empties_old_messages_that_are_done(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    person = stage.rows.person(account, "1")
    old: dict[str, Any] = {"created_at": now - days(30)}
    done = [stage.rows.message(account, person, f"done {n}", state="sent", **old) for n in range(3)]
    waiting = stage.rows.message(account, person, "waits", **old)
    young = stage.rows.message(account, person, "young", state="sent")
    parts = stage.with_tape(Tape(), account)
    assert (await tidy(parts))["bodies"] == 3
    assert (await tidy(parts))["bodies"] == 0
    texts = {row.id: stage.rows.body(row).text for row in stage.rows.outbox()}
    assert texts == dict.fromkeys(done, "") | {waiting: "waits", young: "young"}


async def test_it_drops_what_was_kept_aside(stage: Stage, now: datetime) -> None:
    rows = [
        {"id": new_id(), "channel": "zalo", "received_at": now - days(age), "reason": "x", "body_sealed": b"x"}
        for age in (29, 30, 31)
    ]
    stage.db.write_now(lambda c: c.execute(kept_aside.insert(), rows))
    assert (await tidy(stage.with_tape(Tape(), stage.rows.account())))["kept_aside"] == 2


async def test_it_ends_messages_of_accounts_that_no_lane_serves(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    stage.rows.message(account, stage.rows.person(account, "1"), "x", expires_at=now)
    assert await expire_messages(stage.with_tape(Tape(), account)) == 1
    assert stage.rows.states() == ["skipped"]


async def test_it_works_through_more_than_one_page(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    rows = [
        {"account_id": account.id, "update_id": str(n), "address_id": 1, "received_at": now - days(40), "kind": "said"}
        for n in range(450)
    ]
    stage.db.write_now(lambda c: c.execute(seen.insert(), rows))
    assert (await tidy(stage.with_tape(Tape(), account)))["seen"] == 450


def _past_people(rows: Rows, many: int) -> list[int]:
    """People without a lasting consent whose drive was long ago."""
    account = rows.account()
    slot = rows.drive(rows.now - days(200), capacities=(many,))[0]
    rows.db.write_now(lambda c: c.execute(drives.update().values(ends_at=rows.now - days(200))))
    people = [rows.person(account, str(number), wrote_at=rows.now - days(200)) for number in range(many)]
    for person in people:
        rows.book(person, slot)
        rows.message(account, person, "x", state="sent", created_at=rows.now - days(200))
    old = {"updated_at": rows.now - days(200), "name_sealed": rows.ring.seal_text(NAME, "contacts.name")}
    rows.db.write_now(lambda c: c.execute(contacts.update().values(old)))
    return people


async def test_it_lets_people_go_and_says_how_many(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    people = _past_people(stage.rows, 3)
    parts = stage.with_tape(Tape(), stage.rows.account(external_id="2"))
    with caplog.at_level(logging.INFO, "scheduler.housekeeping"):
        counts = await tidy(parts)
        again = await tidy(parts)
    assert (counts["people"], counts["registrations"], counts["addresses"]) == (3, 0, 0)
    assert not any(again.values())
    (line,) = [record.getMessage() for record in caplog.records if record.name == "scheduler.housekeeping"]
    assert "people 3" in line
    assert " 0" not in line
    assert NAME not in everything(stage.rows)
    found = stage.db.read_now(lambda c: c.execute(select(addresses.c.contact_id)).scalars().all())
    assert len(found) == 3
    assert not set(found) & set(people)


async def test_it_lets_idle_addresses_go_in_pages(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    rows = [
        {
            "id": new_id(),
            "account_id": account.id,
            "user_id": str(number),
            "contact_id": new_id(),
            "first_seen_at": now - days(400),
            "last_inbound_at": now - days(400),
        }
        for number in range(450)
    ]
    stage.db.write_now(lambda c: c.execute(addresses.insert(), rows))
    parts = stage.with_tape(Tape(), account)
    assert (await tidy(parts))["addresses"] == 450
    assert (await forget(parts))["erased"] == 450
    assert stage.db.read_now(lambda c: c.execute(select(addresses.c.id)).first()) is None


def _bytes(file: str) -> bytes:
    return Path(file).read_bytes()


async def test_it_forgets_the_erased_and_cuts_the_log(stage: Stage) -> None:
    account = stage.rows.account()
    parts = stage.with_tape(Tape(), account)
    assert await forget(parts) == {"erased": 0}
    them = somebody(stage.rows, account)
    stage.rows.message(account, them.address, f"Chào {NAME}", state="sent")
    erase(stage.rows, them.address)
    assert (await forget(parts))["erased"] == 2
    assert stage.rows.outbox()[0].address_id is None
    if stage.db.is_sqlite:
        file = stage.db.url.database or ""
        assert _bytes(f"{file}-wal") == b""
        assert [name for name in (b"520000001", b"ABCDE23456") if name in _bytes(file)] == []


async def test_it_keeps_a_person_whose_goodbye_is_not_out(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    them = somebody(stage.rows, account)
    goodbye = stage.rows.message(account, them.address, "đã xoá")
    erase(stage.rows, them.address)
    tape = Tape()
    parts = stage.with_tape(tape, account)
    await forget(parts)
    assert stage.rows.outbox(goodbye)[0].address_id == them.address
    await stage.tick(parts, now)
    assert tape.texts == ["đã xoá"]
    await forget(parts)
    assert stage.rows.outbox(goodbye)[0].address_id is None
    assert not stage.db.read_now(lambda c: c.execute(select(addresses.c.id)).all())


async def test_it_does_not_wait_for_a_reader_to_cut_the_log(stage: Stage) -> None:
    if not stage.db.is_sqlite:
        assert await stage.db.empty_log()
        return
    with stage.db._read_engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM outbox"))
        stage.rows.message(stage.rows.account(), stage.rows.person(stage.rows.account(external_id="2"), "1"), "x")
        assert not await stage.db.empty_log()
    assert await stage.db.empty_log()
    assert stage.db.read_now(lambda c: len(c.execute(select(outbox.c.id)).all())) == 1


async def test_it_shares_the_forgetting_among_processes(stage: Stage) -> None:
    account = stage.rows.account()
    parts = stage.with_tape(Tape(), account)
    for number in range(30):
        person = stage.rows.person(account, str(number))
        stage.rows.messages([(account, person, "x", MessagePurpose.REPLY)] * 20, state="sent")
        stage.rows.db.write_now(lambda c: c.execute(contacts.delete()))
        erase(stage.rows, person)
    done = await asyncio.gather(*(forget(parts) for _ in range(4)))
    await forget(parts)
    assert sum(one["erased"] for one in done) <= 30 * 21
    assert stage.db.read_now(lambda c: c.execute(select(addresses.c.id)).all()) == []
    assert {row.address_id for row in stage.rows.outbox()} == {None}


async def test_it_drops_used_links_that_have_ended(stage: Stage, now: datetime) -> None:
    for token, ends in (("old", now - days(2)), ("young", now + days(1))):
        stage.db.write_now(lambda c, token=token, ends=ends: use_link(c, token, ends, ends))  # type: ignore[misc]
    assert (await tidy(stage.with_tape(Tape(), stage.rows.account())))["links"] == 1
    assert stage.db.read_now(lambda c: link_is_used(c, "young"))
    assert not stage.db.read_now(lambda c: link_is_used(c, "old"))
