"""Messages on their way out: claimed in order, begun before the call, never sent twice."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, text, update

from bot.channels.base import Account
from bot.domain.outbox import MessagePurpose, Outcome, after
from bot.domain.updates import ChannelKind
from bot.storage.accounts import load_accounts, pause, resume
from bot.storage.database import Database
from bot.storage.outbox import Candidate, Finished, begin_attempts, due, expire, finish, has_due, postpone, skip
from bot.storage.outbox import _due as due_statement
from bot.storage.recovery import recover, settle_echoes, take_back
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses, attempts, outbox
from tests.scheduler.ground import Rows

REPLY, DRIVE, NEWS = MessagePurpose.REPLY, MessagePurpose.DRIVE, MessagePurpose.NEWS


@pytest.fixture
def rows(db: Database, ring: KeyRing, now: datetime) -> Rows:
    return Rows(db, ring, now)


@pytest.fixture
def account(rows: Rows) -> Account:
    return rows.account()


def claim(rows: Rows, account: Account, now: datetime, most: int = 10) -> list[Candidate]:
    """Due messages with their attempts begun, as a lane does it."""

    def work(connection: object) -> list[Candidate]:
        found = due(connection, account.id, now, most)  # type: ignore[arg-type]
        begin_attempts(connection, found, 1, now)  # type: ignore[arg-type]
        return found

    return rows.db.write_now(work)


def ended(one: Candidate, now: datetime, outcome: Outcome, **more: object) -> Finished:
    decision = after(outcome, one.attempts + 1, now, expires_at=one.expires_at)
    number = one.attempts + 1
    return Finished(one.id, one.address_id, one.account_id, number, now, now, outcome, decision, **more)  # type: ignore[arg-type]


def texts(rows: Rows, found: list[Candidate]) -> list[str]:
    return [rows.body(one).text for one in found]


@pytest.mark.parametrize(
    ("judged", "charged", "kept"),
    [
        pytest.param(55, False, 0, id="a free allowance paid for it"),
        pytest.param(55, True, 55, id="it cost what we thought"),
        pytest.param(0, True, 55, id="it was free when it was judged, and no more when its turn came"),
        pytest.param(None, True, 55, id="an answer that waited so long that it was no longer free"),
        pytest.param(200, True, 200, id="a template's own price counts"),
        pytest.param(None, None, None, id="the platform does not say"),
    ],
)
def test_it_keeps_what_the_platform_charged(
    rows: Rows, account: Account, now: datetime, judged: int | None, charged: bool | None, kept: int | None
) -> None:
    rows.messages([(account, rows.person(account, "1"), "x", REPLY)])
    rows.db.write_now(lambda c: c.execute(update(outbox).values(price_vnd=judged)))
    (one,) = claim(rows, account, now)
    sent = ended(one, now, Outcome.SENT, charged=charged, full_price=55)
    rows.db.write_now(lambda c: finish(c, [sent]))
    assert rows.outbox()[0].price_vnd == kept


def test_it_claims_replies_first_and_one_message_per_person(rows: Rows, account: Account, now: datetime) -> None:
    one, two, three = (rows.person(account, name) for name in ("1", "2", "3"))
    wanted = [(one, "news", NEWS), (two, "drive", DRIVE), (three, "first", REPLY), (three, "second", REPLY)]
    rows.messages([(account, address, words, purpose) for address, words, purpose in wanted])
    assert texts(rows, claim(rows, account, now)) == ["first", "drive", "news"]
    assert claim(rows, account, now) == []


def test_it_sends_the_next_part_when_the_one_before_has_ended(rows: Rows, account: Account, now: datetime) -> None:
    person = rows.person(account, "1")
    rows.messages([(account, person, words, REPLY) for words in ("part 0", "part 1", "part 2")])
    seen = []
    for _ in range(3):
        found = claim(rows, account, now)
        seen += texts(rows, found)
        rows.db.write_now(lambda c, found=found: finish(c, [ended(one, now, Outcome.SENT) for one in found]))
    assert seen == ["part 0", "part 1", "part 2"]
    assert rows.states() == ["sent"] * 3


def test_it_lets_later_parts_wait_for_one_that_is_tried_again(rows: Rows, account: Account, now: datetime) -> None:
    person = rows.person(account, "1")
    rows.messages([(account, person, words, REPLY) for words in ("part 0", "part 1")])
    (first,) = claim(rows, account, now)
    rows.db.write_now(lambda c: finish(c, [ended(first, now, Outcome.UNAVAILABLE)]))
    assert claim(rows, account, now + timedelta(seconds=1)) == []
    assert texts(rows, claim(rows, account, now + timedelta(seconds=3))) == ["part 0"]


def test_it_does_not_send_what_is_not_due_or_paused(rows: Rows, account: Account, now: datetime) -> None:
    person = rows.person(account, "1")
    rows.message(account, person, "later", due_at=now + timedelta(minutes=1))
    assert claim(rows, account, now) == []
    later = now + timedelta(minutes=1)
    rows.db.write_now(lambda c: pause(c, account.id, "misconfigured 401", now))
    assert not rows.db.read_now(lambda c: has_due(c, account.id, later))
    assert claim(rows, account, later) == []
    assert rows.db.write_now(lambda c: resume(c, account.id))
    assert rows.db.read_now(lambda c: has_due(c, account.id, later))
    assert texts(rows, claim(rows, account, later)) == ["later"]


def test_it_claims_only_from_its_own_account(rows: Rows, account: Account, now: datetime) -> None:
    other = rows.account(ChannelKind.ZALO, "4000")
    rows.message(other, rows.person(other, "9"), "elsewhere")
    assert claim(rows, account, now) == []


def test_it_records_outcomes_with_their_attempts(rows: Rows, account: Account, now: datetime) -> None:
    person = rows.person(account, "1")
    identity = rows.message(account, person, "hello")
    (one,) = claim(rows, account, now)
    assert rows.states(identity) == ["sending"]
    done = ended(one, now, Outcome.SENT, platform_id="4711")
    rows.db.write_now(lambda c: finish(c, [done]))
    rows.db.write_now(lambda c: finish(c, [done]))
    (row,) = rows.outbox(identity)
    assert (row.state, row.platform_id, row.sent_at, row.attempts) == ("sent", "4711", now, 1)
    found = rows.db.read_now(lambda c: c.execute(select(attempts)).all())
    assert [(a.number, a.outcome, a.epoch) for a in found] == [(1, "sent", 1)]


def test_it_stops_an_address_that_is_gone_unless_the_person_wrote_since(
    rows: Rows, account: Account, now: datetime
) -> None:
    gone, back = rows.person(account, "1"), rows.person(account, "2", wrote_at=now + timedelta(seconds=1))
    rows.messages([(account, gone, "a", REPLY), (account, back, "b", REPLY)])
    found = claim(rows, account, now)
    rows.db.write_now(lambda c: finish(c, [ended(one, now, Outcome.CONTACT_GONE) for one in found]))
    blocked = rows.db.read_now(lambda c: dict(c.execute(select(addresses.c.id, addresses.c.blocked_at)).all()))
    assert blocked == {gone: now, back: None}
    assert rows.states() == ["failed", "failed"]


def test_it_pauses_the_account_and_keeps_the_message(rows: Rows, account: Account, now: datetime) -> None:
    identity = rows.message(account, rows.person(account, "1"), "hello")
    found = claim(rows, account, now)
    rows.db.write_now(lambda c: finish(c, [ended(one, now, Outcome.MISCONFIGURED, code="401") for one in found]))
    assert rows.states(identity) == ["waiting"]
    (stored,) = rows.db.read_now(load_accounts)
    assert (stored.paused_at, stored.paused_reason) == (now, "misconfigured 401")


def test_it_never_sends_again_what_a_killed_sender_had_begun(rows: Rows, account: Account, now: datetime) -> None:
    person = rows.person(account, "1")
    begun, waiting = rows.messages([(account, person, "a", REPLY), (account, person, "b", REPLY)])
    claim(rows, account, now)
    assert rows.db.write_now(lambda c: recover(c, account.id, now)) == 1
    assert rows.db.write_now(lambda c: recover(c, account.id, now)) == 0
    (row,) = rows.outbox(begun)
    assert (row.state, row.reason) == ("unknown", "interrupted")
    assert [one.id for one in claim(rows, account, now + timedelta(days=1))] == [waiting]


def test_it_believes_a_late_outcome_more_than_the_recovery(rows: Rows, account: Account, now: datetime) -> None:
    identity = rows.message(account, rows.person(account, "1"), "hello")
    (one,) = claim(rows, account, now)
    rows.db.write_now(lambda c: recover(c, account.id, now))
    rows.db.write_now(lambda c: finish(c, [ended(one, now, Outcome.SENT, platform_id="1")]))
    assert rows.states(identity) == ["sent"]


def test_it_takes_back_what_it_never_called(rows: Rows, account: Account, now: datetime) -> None:
    people = [rows.person(account, name) for name in ("1", "2")]
    called, not_called = rows.messages([(account, person, "x", REPLY) for person in people])
    claim(rows, account, now)
    assert rows.db.write_now(lambda c: take_back(c, account.id, 1, [called], now)) == 1
    assert rows.states(called, not_called) == ["sending", "waiting"]
    assert [one.attempts for one in claim(rows, account, now)] == [1]


@pytest.mark.parametrize("begun", [pytest.param(True, id="unknown"), pytest.param(False, id="still under way")])
def test_it_settles_by_the_echo_of_its_key(rows: Rows, account: Account, now: datetime, begun: bool) -> None:
    identity = rows.message(account, rows.person(account, "1"), "hello")
    (one,) = claim(rows, account, now)
    if begun:
        rows.db.write_now(lambda c: recover(c, account.id, now))
    assert rows.db.write_now(lambda c: settle_echoes(c, [{"echo_key": one.key, "echo_id": "m_1"}], now))
    rows.db.write_now(lambda c: finish(c, [ended(one, now, Outcome.UNCERTAIN)]))
    (row,) = rows.outbox(identity)
    assert (row.state, row.platform_id) == ("sent", "m_1")
    assert not rows.db.write_now(lambda c: settle_echoes(c, [{"echo_key": "no such key", "echo_id": "m_2"}], now))


def test_it_skips_and_postpones_only_what_waits(rows: Rows, account: Account, now: datetime) -> None:
    people = [rows.person(account, name) for name in ("1", "2", "3")]
    a, b, c_ = rows.messages([(account, person, "x", REPLY) for person in people])
    later = now + timedelta(hours=1)
    rows.db.write_now(lambda c: skip(c, [(a, "zalo-window-over")]))
    rows.db.write_now(lambda c: postpone(c, [(b, later, "quiet-hours"), (a, later, "quiet-hours")]))
    found = {row.id: (row.state, row.reason, row.due_at) for row in rows.outbox()}
    assert found == {
        a: ("skipped", "zalo-window-over", now),
        b: ("waiting", "quiet-hours", later),
        c_: ("waiting", "", now),
    }


def test_it_ends_what_waited_too_long(rows: Rows, account: Account, now: datetime) -> None:
    person = rows.person(account, "1")
    late = rows.message(account, person, "late", expires_at=now)
    good = rows.message(account, person, "good", expires_at=now + timedelta(seconds=1))
    assert rows.db.write_now(lambda c: expire(c, now, 10)) == 1
    assert rows.states(late, good) == ["skipped", "waiting"]


def test_it_finds_due_messages_by_the_index_of_what_is_open(db: Database, now: datetime) -> None:
    values = {"account": 1, "now": now, "most": 8, "resting": [0]}

    def explain(connection: Connection) -> str:
        if db.is_sqlite:
            compiled = due_statement.params(values).compile(db.engine, compile_kwargs={"render_postcompile": True})
            numbers = (0,) * str(compiled).count("?")
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", numbers).all())
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        compiled = due_statement.params(values).compile(db.engine, compile_kwargs={"literal_binds": True})
        return str(connection.exec_driver_sql(f"EXPLAIN {compiled}").all())

    assert "ix_outbox_waiting" in db.read_now(explain)
