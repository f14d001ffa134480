"""What was answered in confidence loses our words too, with the form that it belongs to; on both databases."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from bot.domain.conversations import SELF_CHECK, Conversation, FormState
from bot.domain.messages import Choice
from bot.domain.outbox import MessagePurpose
from bot.storage.chat_history import FLEETING
from bot.storage.tables import addresses, outbox
from bot.storage.tables.sending import IS_FLEETING
from bot.storage.talks import dump_talk, load_talk
from scheduler.fleeting import empty_answers
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import Tape

LATER = timedelta(minutes=15)


def checking(stage: Stage, account: Any, user: str, touched_at: datetime) -> int:
    """Somebody in the middle of a self-check."""
    form = FormState(SELF_CHECK, 1, "month", {"until": "2027-03-02"}, touched_at=touched_at)
    talk = dump_talk(Conversation("vi", True, form, 1, (Choice("Có", "x1.month.yes"),)), stage.ring)
    return stage.rows.person(account, user, talk_sealed=talk, form_touched_at=form.counts_from)


def answer(stage: Stage, account: Any, address: int, words: str, **columns: Any) -> int:
    (made,) = stage.rows.messages([(account, address, words, MessagePurpose.REPLY)], **columns)
    return made


def keyed(stage: Stage, message: int, key: str, at: datetime, state: str = "sent") -> int:
    stage.rows.change(outbox, message, key=key, created_at=at, state=state)
    return message


def held(stage: Stage, message: int) -> tuple[str, str]:
    """The key and the words of a message."""
    (row,) = stage.rows.outbox(message)
    return row.key, stage.rows.body(row).text


async def test_it_empties_what_is_due_and_wipes_the_form(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    address = checking(stage, account, "1", now)
    due = keyed(stage, answer(stage, account, address, "Chưa trước 02/03/2027"), f"{FLEETING}:7:1:0", now)
    private = keyed(stage, answer(stage, account, address, "Lời của cán bộ"), "private:7:2:0", now)
    stage.clock.now = now + LATER
    assert await empty_answers(stage.with_tape(Tape(), account)) == 1
    assert held(stage, due) == ("private:7:1:0", "")
    assert held(stage, private) == ("private:7:2:0", "Lời của cán bộ")
    (row,) = stage.db.read_now(lambda c: c.execute(select(addresses)).all())
    assert (load_talk(row.talk_sealed, stage.ring).form, row.form_touched_at) == (None, None)
    assert load_talk(row.talk_sealed, stage.ring).offered == ()


async def test_it_lets_be_what_is_young_or_on_its_way_and_a_check_that_goes_on(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    address = checking(stage, account, "1", now + timedelta(minutes=10))
    old = keyed(stage, answer(stage, account, address, "Câu trước"), f"{FLEETING}:7:1:0", now)
    young = keyed(stage, answer(stage, account, address, "Câu này"), f"{FLEETING}:7:2:0", now + timedelta(minutes=10))
    waiting = keyed(stage, answer(stage, account, address, "Chưa gửi"), f"{FLEETING}:7:3:0", now, "waiting")
    stage.clock.now = now + LATER
    assert await empty_answers(stage.with_tape(Tape(), account)) == 1
    assert [held(stage, one)[1] for one in (old, young, waiting)] == ["", "Câu này", "Chưa gửi"]
    (row,) = stage.db.read_now(lambda c: c.execute(select(addresses)).all())
    assert load_talk(row.talk_sealed, stage.ring).form is not None


async def test_it_goes_through_all_pages(stage: Stage, now: datetime) -> None:
    account = stage.rows.account()
    address = stage.rows.person(account, "1")
    for number, made in enumerate(stage.rows.messages([(account, address, "Câu", MessagePurpose.REPLY)] * 203)):
        keyed(stage, made, f"{FLEETING}:7:{number}:0", now)
    stage.clock.now = now + LATER
    parts = stage.with_tape(Tape(), account)
    assert await empty_answers(parts) == 203
    assert await empty_answers(parts) == 0


def test_it_finds_them_by_their_index(stage: Stage, now: datetime) -> None:
    query = f"SELECT id FROM outbox WHERE {IS_FLEETING} AND created_at <= '2026-11-22' ORDER BY created_at"

    def plan(connection: Connection) -> str:
        if stage.db.is_sqlite:
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return str(connection.exec_driver_sql(f"EXPLAIN {query}").all())

    assert "ix_outbox_fleeting" in stage.db.read_now(plan)
