"""What is over is ended, what need not be kept is wiped, and everything else stays."""

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.domain.conversations import Conversation, FormState
from bot.domain.messages import Choice
from bot.domain.retention import Retention
from bot.storage.ids import new_id
from bot.storage.tables import addresses, kept_aside, seen, staff, staff_keys
from bot.storage.talks import dump_talk, load_talk
from scheduler.housekeeping import expire_messages, tidy
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape, days


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
    short = type(parts)(
        **{name: getattr(parts, name) for name in parts.__slots__} | {"retention": Retention(words=timedelta(days=3))}
    )
    counts = await tidy(short)
    assert (counts["seen"], counts["words"]) == (1, 2)
    left = stage.db.read_now(lambda c: c.execute(select(seen.c.update_id, seen.c.text_sealed.is_(None))).all())
    assert {row[0]: bool(row[1]) for row in left} == {"1": False, "4": True, "7": True}


async def test_it_empties_old_messages_that_are_done(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    person = stage.rows.person(account, "1")
    old = {"created_at": now - days(30)}
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
