"""The life of a broadcast in its row: each step by the right person, from the right state, once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.domain.broadcasts import Broadcast, BroadcastState, Draft, Refusal, Refused
from bot.domain.changing import replace
from bot.domain.drives import DriveState
from bot.domain.ledgers import Ledger
from bot.domain.outbox import MessagePurpose
from bot.storage import broadcasts as life
from bot.storage.broadcast_sweeps import call_off_start, finish, hold_back
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.staff import StaffMember
from bot.storage.tables import addresses, audit, broadcast_images, broadcasts, drives, outbox, recipients
from tests.storage.ground import add_account, add_drive, add_unit

KEY = b"a key of the house"
WORDS = (("vi", "Tháng này có hai đợt hiến máu."),)
S = BroadcastState


class Stage:
    """One broadcast of one unit, and the moment."""

    def __init__(self, db: Database, now: datetime) -> None:
        self.db, self.now = db, now
        self.unit = db.write_now(add_unit)
        self.ledger = Ledger(now, segment=10)
        self.ledger.routes["zalo text"] = 8

    def draft(self, **changes: Any) -> Draft:
        return replace(Draft(MessagePurpose.NEWS, self.unit, "all", words=WORDS), **changes)

    def create(self, code: str = "tin-1", **changes: Any) -> Broadcast:
        self.do(life.create, "thuy", self.draft(**changes), code, self.now)
        return self.read(code)

    def approved(self, **changes: Any) -> Broadcast:
        self.do(life.submit, "thuy", self.create(**changes), self.ledger, self.now)
        self.approve("lan")
        return self.read()

    def approve(self, login: str, *, above: bool = True) -> None:
        was = self.read()
        self.do(life.approve, KEY, login, above, was, self.text(was), was.ledger, self.now)

    def start(self, was: Broadcast, *, people: int = 10, text: str = "", at: datetime | None = None) -> None:
        self.do(life.start, KEY, "lan", was, text or self.text(was), people, self.now, at)

    def text(self, broadcast: Broadcast) -> str:
        return self.db.read_now(lambda connection: life.text_of(connection, broadcast.draft, ""))

    def read(self, code: str = "tin-1") -> Broadcast:
        found = self.db.read_now(lambda connection: life.broadcast_at(connection, code))
        assert found is not None
        return found

    def do(self, step: Callable[..., Any], *values: Any) -> Any:
        return self.db.write_now(lambda connection: step(connection, *values))

    def refused(self, step: Callable[..., Any], *values: Any) -> Refusal:
        with pytest.raises(Refused) as caught:
            step(*values)
        return caught.value.why

    def row(self) -> Any:
        return self.db.read_now(lambda c: c.execute(select(broadcasts)).one())

    def drive(self, **changes: Any) -> int:
        return self.db.write_now(lambda c: add_drive(c, self.unit, self.now + timedelta(days=3), **changes))[0]


@pytest.fixture
def stage(db: Database, now: datetime) -> Stage:
    return Stage(db, now)


def test_a_broadcast_comes_back_as_it_was_written(stage: Stage) -> None:
    drive = stage.drive()
    made = stage.create(words=(("en", "Two drives."), *WORDS), drive_id=drive, template="drive-news", held_out=10)
    assert made.draft == stage.draft(
        words=(("en", "Two drives."), *WORDS), drive_id=drive, template="drive-news", held_out=10
    )
    assert (made.state, made.revision, made.created_by) == (S.DRAFT, 1, "thuy")


def test_its_life_is_draft_submitted_approved_running_paused_running_finished(stage: Stage) -> None:
    stage.start(stage.approved())
    assert (stage.read().state, stage.read().started_at) == (S.RUNNING, stage.now)
    stage.do(life.pause, "thuy", stage.read(), stage.now)
    assert (stage.read().state, stage.read().paused_at) == (S.PAUSED, stage.now)
    stage.do(life.resume, "thuy", stage.read(), stage.now)
    identity = stage.read().id
    assert stage.do(finish, identity, stage.now) is False, "nobody has been gone through yet"
    stage.do(lambda c: c.execute(update(broadcasts).values(expanded_at=stage.now)))
    assert stage.do(finish, identity, stage.now) is True
    assert (stage.read().state, stage.read().finished_at) == (S.FINISHED, stage.now)
    done = stage.db.read_now(lambda c: c.execute(select(audit.c.who, audit.c.action).order_by(audit.c.id)).all())
    assert [tuple(row) for row in done] == [
        ("thuy", "broadcast-created"),
        ("thuy", "broadcast-submitted"),
        ("lan", "broadcast-approved"),
        ("lan", "broadcast-started"),
        ("thuy", "broadcast-paused"),
        ("thuy", "broadcast-resumed"),
        ("system", "broadcast-finished"),
    ]


@pytest.mark.parametrize("code", ["", "a", "Tin-1", "tin 1", "-tin", "tin/1", "t" * 41])
def test_a_code_that_is_none_is_refused(stage: Stage, code: str) -> None:
    assert stage.refused(stage.create, code) is Refusal.BAD_CODE


def test_a_code_is_given_once(stage: Stage) -> None:
    stage.create()
    assert stage.refused(stage.create) is Refusal.CODE_TAKEN


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unit_id": 1}, Refusal.NO_SUCH_UNIT),
        ({"drive_id": 1}, Refusal.NO_DRIVE),
        ({"purpose": MessagePurpose.DRIVE}, Refusal.NO_DRIVE),
        ({"image_id": 1}, Refusal.NO_IMAGE),
    ],
)
def test_what_it_names_must_be_there(stage: Stage, changes: dict[str, Any], why: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        stage.create(**changes)
    assert caught.value.why is why


def test_an_empty_segment_is_not_submitted(stage: Stage) -> None:
    assert stage.refused(stage.do, life.submit, "thuy", stage.create(), Ledger(stage.now), stage.now) is Refusal.NOBODY
    assert stage.read().state is S.DRAFT


def test_an_urgent_one_needs_an_appeal(stage: Stage) -> None:
    urgent = stage.create(purpose=MessagePurpose.URGENT)
    assert stage.refused(stage.do, life.submit, "thuy", urgent, stage.ledger, stage.now) is Refusal.NEEDS_APPEAL


@pytest.mark.parametrize(
    ("purpose", "state", "late", "refused"),
    [
        (MessagePurpose.NEWS, DriveState.OPEN, 0, False),
        (MessagePurpose.NEWS, DriveState.CLOSED, 0, True),
        (MessagePurpose.NEWS, DriveState.DRAFT, 0, True),
        (MessagePurpose.NEWS, DriveState.CANCELLED, 0, True),
        (MessagePurpose.NEWS, DriveState.OPEN, 73, True),
        (MessagePurpose.DRIVE, DriveState.CLOSED, 0, False),
        (MessagePurpose.DRIVE, DriveState.CANCELLED, 0, True),
        (MessagePurpose.DRIVE, DriveState.OPEN, 80, True),
    ],
)
def test_the_drive_must_take_whom_it_calls(
    stage: Stage, purpose: MessagePurpose, state: DriveState, late: int, refused: bool
) -> None:
    made = stage.create(purpose=purpose, drive_id=stage.drive(state=state))
    later = stage.now + timedelta(hours=late)
    if refused:
        assert stage.refused(stage.do, life.submit, "thuy", made, stage.ledger, later) is Refusal.DRIVE_CLOSED
    else:
        stage.do(life.submit, "thuy", made, stage.ledger, later)
        assert stage.read().state is S.SUBMITTED


def test_whoever_wrote_it_does_not_approve_it(stage: Stage) -> None:
    stage.do(life.submit, "thuy", stage.create(), stage.ledger, stage.now)
    assert stage.refused(stage.approve, "thuy") is Refusal.OWN_DRAFT
    stage.do(life.change, "lan", stage.read(), stage.draft(segment="language:vi"), stage.now)
    stage.do(life.submit, "thuy", stage.read(), stage.ledger, stage.now)
    assert stage.refused(stage.approve, "lan") is Refusal.OWN_DRAFT, "whoever changed it last wrote it"
    stage.approve("thuy")
    assert stage.read().state is S.APPROVED


def test_it_takes_somebody_of_the_level_above(stage: Stage) -> None:
    stage.do(life.submit, "thuy", stage.create(), stage.ledger, stage.now)
    with pytest.raises(Refused) as caught:
        stage.approve("lan", above=False)
    assert caught.value.why is Refusal.NOT_ABOVE


def test_an_approval_needs_a_dry_run(stage: Stage) -> None:
    stage.do(life.submit, "thuy", stage.create(), stage.ledger, stage.now)
    was = stage.read()
    step = (life.approve, KEY, "lan", True, was, stage.text(was), "", stage.now)
    assert stage.refused(stage.do, *step) is Refusal.NO_DRY_RUN


def test_a_change_after_the_approval_voids_it(stage: Stage) -> None:
    was = stage.approved()
    stage.do(life.change, "thuy", was, stage.draft(words=(("vi", "Khác."),)), stage.now)
    assert (stage.read().state, stage.read().revision, stage.read().approved_by) == (S.DRAFT, 2, "")
    assert (stage.row().signature, stage.row().ledger) == (None, "")
    assert stage.refused(stage.start, stage.read()) is Refusal.WRONG_STATE


@pytest.mark.parametrize(
    "forged",
    [
        {"segment": "language:en"},
        {"words": '{"vi": "Khác."}'},
        {"held_out": 50},
        {"ledger": Ledger(datetime.fromisoformat("2026-11-22T03:00+00:00"), segment=9000).to_json()},
        {"approved_by": "thuy"},
        {"signature": None},
    ],
)
def test_nothing_but_what_was_signed_is_started(stage: Stage, forged: dict[str, Any]) -> None:
    stage.approved()
    stage.do(lambda c: c.execute(update(broadcasts).values(forged)))
    assert stage.refused(stage.start, stage.read()) is Refusal.CHANGED_SINCE
    assert stage.read().state is S.APPROVED


def test_other_words_of_its_topic_are_another_broadcast(stage: Stage) -> None:
    topic = stage.approved(topic="topic.why", words=())
    other = stage.db.read_now(lambda c: life.text_of(c, topic.draft, "topic.why@2"))
    with pytest.raises(Refused) as caught:
        stage.start(topic, text=other)
    assert caught.value.why is Refusal.CHANGED_SINCE


def test_another_picture_is_another_broadcast(stage: Stage) -> None:
    row = {"id": 7, "digest": "d1", "kind": "image/png", "body": b"1", "at": stage.now}
    stage.do(lambda c: c.execute(insert(broadcast_images).values(row)))
    was = stage.approved(image_id=7)
    stage.do(lambda c: c.execute(update(broadcast_images).values(digest="d2")))
    assert stage.refused(stage.start, was) is Refusal.CHANGED_SINCE


@pytest.mark.parametrize(
    ("people", "why"), [(0, Refusal.NOBODY), (101, Refusal.GREW), (100, None)], ids=["empty", "grown", "as large"]
)
def test_a_segment_that_grew_tenfold_is_looked_at_again(stage: Stage, people: int, why: Refusal | None) -> None:
    was = stage.approved()
    if why is None:
        stage.start(was, people=people)
        assert stage.read().state is S.RUNNING
        return
    with pytest.raises(Refused) as caught:
        stage.start(was, people=people)
    assert caught.value.why is why


def test_of_two_people_who_press_start_one_does_it(stage: Stage) -> None:
    seen_by_both = stage.approved()
    stage.start(seen_by_both)
    with pytest.raises(Refused) as caught:
        stage.start(seen_by_both)
    assert (caught.value.why, caught.value.detail) == (Refusal.WRONG_STATE, "running")


def test_an_approval_of_an_older_draft_is_none(stage: Stage) -> None:
    stage.do(life.submit, "thuy", stage.create(), stage.ledger, stage.now)
    seen = stage.read()
    stage.do(life.change, "thuy", seen, stage.draft(segment="language:vi"), stage.now)
    stage.do(life.submit, "thuy", stage.read(), stage.ledger, stage.now)
    step = (life.approve, KEY, "lan", True, seen, stage.text(seen), seen.ledger, stage.now)
    assert stage.refused(stage.do, *step) is Refusal.CHANGED_SINCE


def test_it_waits_for_its_time(stage: Stage) -> None:
    at = stage.now + timedelta(hours=2)
    assert stage.refused(lambda: stage.start(stage.approved(), at=stage.now)) is Refusal.IN_THE_PAST
    stage.start(stage.read(), at=at)
    assert (stage.read().state, stage.read().starts_at) == (S.SCHEDULED, at)

    def due_at(moment: datetime) -> list[str]:
        return [one.code for one in stage.db.read_now(lambda c: life.due_to_start(c, moment))]

    assert due_at(at - timedelta(seconds=1)) == []
    assert due_at(at + timedelta(hours=5)) == ["tin-1"]
    assert stage.do(call_off_start, stage.read().id, "grew", at) is True
    assert (stage.read().state, stage.read().pause_reason) == (S.APPROVED, "grew")


def test_a_drive_that_will_be_over_by_then_is_refused(stage: Stage) -> None:
    was = stage.approved(drive_id=stage.drive())
    stage.do(lambda c: c.execute(select(drives)).one())
    with pytest.raises(Refused) as caught:
        stage.start(was, at=stage.now + timedelta(days=4))
    assert (caught.value.why, caught.value.detail) == (Refusal.DRIVE_CLOSED, "mau-1")


def test_it_goes_back_to_its_writer(stage: Stage) -> None:
    stage.do(life.give_back, "lan", stage.approved(), stage.now)
    assert (stage.read().state, stage.row().signature) == (S.DRAFT, None)


def test_what_is_queued_is_held_let_go_and_taken_back(stage: Stage) -> None:
    stage.start(stage.approved())
    identity = stage.read().id
    _queue(stage, identity)
    stage.do(life.pause, "thuy", stage.read(), stage.now)
    assert _outbox(stage) == ("waiting", "paused")
    stage.do(life.resume, "thuy", stage.read(), stage.now)
    assert _outbox(stage) == ("waiting", "")
    assert stage.do(life.cancel, "thuy", stage.read(), stage.now) == 2
    assert _outbox(stage) == ("skipped", "recalled")
    state = stage.db.read_now(lambda c: c.execute(select(recipients.c.state).order_by(recipients.c.contact_id)).all())
    assert [row[0] for row in state] == ["queued", "skipped"]
    assert stage.read().state is S.CANCELLED
    assert stage.refused(stage.do, life.resume, "thuy", stage.read(), stage.now) is Refusal.WRONG_STATE


def test_it_is_held_back_by_the_program_with_a_reason(stage: Stage) -> None:
    stage.start(stage.approved())
    _queue(stage, stage.read().id)
    assert stage.do(hold_back, stage.read().id, "errors", stage.now) is True
    assert (stage.read().state, stage.read().pause_reason) == (S.PAUSED, "errors")
    assert _outbox(stage) == ("waiting", "paused")
    assert stage.do(hold_back, stage.read().id, "errors", stage.now) is False


def test_what_failed_is_tried_again_and_a_finished_one_runs_again(stage: Stage) -> None:
    stage.start(stage.approved())
    identity = stage.read().id
    _queue(stage, identity)
    stage.do(lambda c: c.execute(update(recipients).where(recipients.c.state == "waiting").values(state="skipped")))
    stage.do(lambda c: c.execute(update(outbox).values(state="failed", reason="rejected")))
    stage.do(lambda c: c.execute(update(broadcasts).values(state=S.FINISHED.value)))
    assert stage.do(life.retry, "thuy", stage.read(), ["gone"], stage.now) == 0
    assert stage.read().state is S.FINISHED
    assert stage.do(life.retry, "thuy", stage.read(), ["rejected"], stage.now) == 1
    assert stage.read().state is S.RUNNING


def test_staff_see_those_of_their_units(stage: Stage) -> None:
    stage.create()
    own = StaffMember(1, "thuy", "Thuỷ", "organiser", stage.unit, False, frozenset({stage.unit}), True)
    other = StaffMember(2, "minh", "Minh", "organiser", 5, False, frozenset({5}), False)
    assert [one.code for one in stage.db.read_now(lambda c: life.broadcasts_of(c, own))] == ["tin-1"]
    assert stage.db.read_now(lambda c: life.broadcasts_of(c, other)) == []


def _queue(stage: Stage, broadcast_id: int) -> None:
    """One message that stands in the outbox, and somebody whose turn has not come."""

    def write(connection: Any) -> None:
        account = add_account(connection, "zalo", "1")
        seen = {"first_seen_at": stage.now, "last_inbound_at": stage.now}
        home = {"id": 1, "account_id": account, "user_id": "1", "contact_id": 1, **seen}
        connection.execute(insert(addresses).values(home))
        row = {"id": new_id(), "key": "k", "account_id": account, "address_id": 1, "contact_id": 1, "state": "waiting"}
        row |= {"broadcast_id": broadcast_id, "purpose": "news", "priority": 3, "part": 0, "body_sealed": b"x"}
        connection.execute(insert(outbox).values(**row, created_at=stage.now, due_at=stage.now))
        people = [
            {"broadcast_id": broadcast_id, "contact_id": n, "state": s} for n, s in ((1, "queued"), (2, "waiting"))
        ]
        connection.execute(insert(recipients), people)

    stage.db.write_now(write)


def _outbox(stage: Stage) -> tuple[str, str]:
    row = stage.db.read_now(lambda c: c.execute(select(outbox.c.state, outbox.c.reason)).one())
    return row.state, row.reason
