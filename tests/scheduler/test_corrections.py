"""Corrections: whoever was told an older answer hears the new one, once, and nobody can read who asked what."""

import shutil
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.channels.base import Account
from bot.domain.updates import ChannelKind
from bot.library import Library, content_root
from bot.storage.corrections import OWED, Correction, ask_for, correction_of, open_corrections, told_otherwise
from bot.storage.tables import addresses, audit, corrections, outbox
from scheduler.corrections import correct
from scheduler.parts import Parts
from scheduler.sender import Sender
from tests.facts import PLATFORMS
from tests.intake.conftest import Ground, capacities, ground, library
from tests.scheduler.ground import QUIET, SetClock, Tape

__all__ = ["capacities", "ground"]
TOPIC, OTHER = "topic.tattoo", "topic.interval"
ASK, ASK_OTHER = "em mới xăm hình hiến máu được không", "bao lâu thì được hiến máu lại"
NEW_WORDS = "Nội dung này vừa được sửa để thử đính chính."


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The content with one answer changed."""
    root = tmp_path_factory.mktemp("content") / "content"
    shutil.copytree(content_root(), root)
    path = root / "topics" / "tattoo.yaml"
    words = path.read_text(encoding="utf-8")
    path.write_text(words.replace("text:\n  vi: |\n", f"text:\n  vi: |\n    {NEW_WORDS}\n\n", 1), encoding="utf-8")
    return Library.load(root)


class Desk:
    """The sweep on the intake's database, with a channel that notes what it is given."""

    def __init__(self, ground: Ground, words: Library, now: datetime) -> None:
        self.ground, self.words = ground, words
        self.tape, self.clock = Tape(), SetClock(now)
        account = Account(ground.account_id, ChannelKind.TELEGRAM, "telegram", "1")
        self.sender = Sender(
            ground.db, ground.ring, {ChannelKind.TELEGRAM: self.tape}, [account], PLATFORMS, self.clock, "here", QUIET
        )
        limits = {ChannelKind.TELEGRAM: self.tape.limits, ChannelKind.WEB: self.tape.limits}
        self.parts = Parts(
            ground.db, ground.ring, words, words.rules.intervals, limits, PLATFORMS, QUIET, self.clock, self.sender
        )

    def thought(self) -> Correction:
        return Correction(0, TOPIC, self.words.wording(TOPIC), self.clock.now - OWED)

    def count(self) -> int:
        return len(told_otherwise(self.ground.db, self.ground.ring, self.thought()))

    def ask(self) -> bool:
        wording = self.words.wording(TOPIC)
        return self.ground.db.write_now(lambda c: ask_for(c, "duyet", TOPIC, wording, self.clock.now))

    def corrections_sent(self) -> list[str]:
        return [text for _, text in self.tape.calls if NEW_WORDS in text]


@pytest.fixture
def desk(ground: Ground, corrected: Library, now: datetime) -> Desk:
    return Desk(ground, corrected, now + timedelta(minutes=5))


async def test_it_tells_everybody_who_was_told_otherwise_once(ground: Ground, desk: Desk) -> None:
    for user in (1, 2):
        await ground.walk(user, "/start", ASK)
    await ground.walk(3, "/start", ASK_OTHER)
    assert desk.count() == 2
    assert desk.ask()
    assert not desk.ask()
    await correct(desk.parts)
    await desk.sender.send_due()
    assert len(desk.corrections_sent()) == 2
    assert sorted(user for user, text in desk.tape.calls if NEW_WORDS in text) == ["1", "2"]
    assert "đính chính" in desk.corrections_sent()[0]
    sent = ground.db.read_now(lambda c: correction_of(c, desk.words.wording(TOPIC)))
    assert sent is not None
    assert (sent.reached, sent.finished_at) == (2, desk.clock.now)
    await correct(desk.parts)
    await desk.sender.send_due()
    assert len(desk.corrections_sent()) == 2


async def test_it_begins_again_after_a_kill_and_nobody_gets_it_twice(ground: Ground, desk: Desk) -> None:
    for user in (1, 2, 3):
        await ground.walk(user, "/start", ASK)
    desk.ask()
    await correct(desk.parts)
    await desk.sender.send_due()
    ground.db.write_now(lambda c: c.execute(update(corrections).values(finished_at=None)))  # killed before the end
    await correct(desk.parts)
    await desk.sender.send_due()
    assert len(desk.corrections_sent()) == 3
    assert ground.db.read_now(open_corrections) == []


async def test_it_leaves_alone_who_has_read_the_present_words(ground: Ground, desk: Desk, now: datetime) -> None:
    await ground.walk(1, "/start", ASK)
    same = Desk(ground, library(), now + timedelta(minutes=5))
    assert same.count() == 0


async def test_it_leaves_alone_who_was_told_too_long_ago(ground: Ground, desk: Desk) -> None:
    await ground.walk(1, "/start", ASK)
    desk.clock.now += timedelta(days=400)  # row ids are of the wall clock, the talk's own time is a little ahead
    assert desk.count() == 0


async def test_it_leaves_out_who_left_or_had_everything_erased(ground: Ground, desk: Desk) -> None:
    for user in (1, 2, 3):
        await ground.walk(user, "/start", ASK)
    await ground.walk(2, "/xoa", "Xoá hết")
    block = update(addresses).where(addresses.c.user_id == "3").values(blocked_at=desk.clock.now)
    ground.db.write_now(lambda c: c.execute(block))
    desk.ask()
    await correct(desk.parts)
    await desk.sender.send_due()
    assert [user for user, text in desk.tape.calls if NEW_WORDS in text] == ["1"]


async def test_it_sends_nothing_when_the_words_were_changed_again(ground: Ground, desk: Desk) -> None:
    await ground.walk(1, "/start", ASK)
    ground.db.write_now(lambda c: ask_for(c, "duyet", TOPIC, f"{TOPIC}@1", desk.clock.now))
    await correct(desk.parts)
    await desk.sender.send_due()
    assert desk.corrections_sent() == []
    assert ground.db.read_now(open_corrections) == []


async def test_it_waits_for_the_morning(ground: Ground, desk: Desk) -> None:
    await ground.walk(1, "/start", ASK)
    desk.clock.now = desk.clock.now.replace(hour=16, minute=0)  # eleven at night there
    desk.ask()
    await correct(desk.parts)
    await desk.sender.send_due()
    assert desk.corrections_sent() == []
    desk.clock.now += timedelta(hours=9)
    await desk.sender.send_due()
    assert len(desk.corrections_sent()) == 1


async def test_it_keeps_no_readable_trace_of_who_asked_what(ground: Ground, desk: Desk) -> None:
    await ground.walk(1, "/start", ASK)
    rows = ground.db.read_now(lambda c: c.execute(select(outbox)).mappings().all())
    plain = repr([{str(k): v for k, v in row.items() if not str(k).endswith("_sealed")} for row in rows])
    assert "topic" not in plain
    desk.ask()
    notes = ground.db.read_now(lambda c: c.execute(select(audit.c.action, audit.c.subject)).all())
    assert ("correction-asked", TOPIC) in [tuple(row) for row in notes]
