"""`tick --at`: on strict platforms, from registration to the person's screen, once."""

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.storage.leases import take
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from bot.storage.tables import registrations
from scheduler.claiming import lane_name
from scheduler.parts import Parts
from tests.channels.conftest import messenger_account, telegram_account, zalo_account
from tests.facts import MESSENGER, TELEGRAM, ZALO
from tests.platforms import LOST_AFTER, FakeMessenger, FakeTelegram, FakeZalo
from tests.scheduler.conftest import Stage
from tests.scheduler.ground import QUIET, Rows, SetClock, Tape, days, local

EVE = local(4, "18:00")
NOTHING = {"planned": 0, "queued": 0, "sent": 0, "failed": 0, "unknown": 0, "moved": 0, "skipped": {}, "waiting": 0}


@pytest.fixture
def slot(stage: Stage) -> int:
    return stage.rows.drive(local(5, "09:30"))[0]


@pytest.fixture
def account(stage: Stage) -> Account:
    return stage.rows.account()


def known(stage: Stage, like: Account) -> Account:
    """The same account under the id of its row."""
    stored = stage.rows.account(like.kind, like.external_id)
    return Account(stored.id, like.kind, like.code, like.external_id, secrets=like.secrets)


async def test_it_reminds_on_telegram_once_however_often_it_is_called(stage: Stage, slot: int) -> None:
    session = SharedSession()
    async with FakeTelegram() as platform:
        account = known(stage, telegram_account(platform))
        channel = Telegram([account], session, limits=TELEGRAM, base=platform.base_url)
        platform.webhook_start("123456789")
        stage.rows.book(stage.rows.person(account, "123456789"), slot)
        parts = stage.parts({ChannelKind.TELEGRAM: channel}, [account])
        first = await stage.tick(parts, EVE)
        again = [await stage.tick(parts, EVE) for _ in range(3)]
        assert first == NOTHING | {"planned": 2, "queued": 1, "sent": 1}
        assert again == [NOTHING] * 3
        (text,) = platform.texts("123456789")
        assert "09:30" in text
        assert [payload.split(".")[1] for _, payload in platform.sent[0].choices] == ["keep", "move", "cancel"]
    await session.close()


@pytest.mark.parametrize(
    ("wrote", "expected"),
    [
        pytest.param(EVE - days(6), {"sent": 1, "skipped": {}}, id="sends inside seven days"),
        pytest.param(EVE - days(7.5), {"sent": 0, "skipped": {"zalo-window-over": 1}}, id="records the skip outside"),
    ],
)
async def test_on_zalo_it(stage: Stage, slot: int, wrote: datetime, expected: dict[str, object]) -> None:
    session = SharedSession()
    async with FakeZalo(now=wrote) as platform:
        account = known(stage, zalo_account(platform))
        channel = Zalo([account], session, limits=ZALO, base=platform.base_url)
        platform.webhook_start("8000000000000000001")
        stage.rows.book(stage.rows.person(account, "8000000000000000001", wrote_at=wrote), slot)
        parts = stage.parts({ChannelKind.ZALO: channel}, [account])
        stage.clock.now = platform.now = EVE
        counts = await stage.tick(parts, EVE)
        assert {name: counts[name] for name in expected} == expected
        assert len(platform.sent) == expected["sent"]
        if platform.sent:
            assert "1. Tôi sẽ đến\n2. Đổi giờ\n3. Huỷ đăng ký" in platform.sent[0].text
    await session.close()


@pytest.mark.parametrize(
    ("wrote", "expected"),
    [
        pytest.param(EVE - days(0.9), {"sent": 1, "skipped": {}}, id="sends inside 24 hours"),
        pytest.param(
            EVE - days(1.1), {"sent": 0, "skipped": {"messenger-window-over": 1}}, id="records the skip outside"
        ),
    ],
)
async def test_on_messenger_it(stage: Stage, slot: int, wrote: datetime, expected: dict[str, object]) -> None:
    session = SharedSession()
    async with FakeMessenger(now=wrote) as platform:
        account = known(stage, messenger_account(platform))
        channel = Messenger([account], session, limits=MESSENGER, base=platform.base_url)
        platform.touch("6000000000000001")
        stage.rows.book(stage.rows.person(account, "6000000000000001", wrote_at=wrote), slot)
        parts = stage.parts({ChannelKind.MESSENGER: channel}, [account])
        stage.clock.now = platform.now = EVE
        counts = await stage.tick(parts, EVE)
        assert {name: counts[name] for name in expected} == expected
        assert len(platform.sent) == expected["sent"]
    await session.close()


async def test_it_judges_the_windows_of_the_moment_it_pretends(stage: Stage, slot: int) -> None:
    zalo = stage.rows.account(ChannelKind.ZALO, "4000")
    stage.rows.book(stage.rows.person(zalo, "1"), slot)
    tape = Tape(ChannelKind.ZALO)
    counts = await stage.tick(stage.with_tape(tape, zalo), EVE)
    assert counts == NOTHING | {"planned": 2, "skipped": {"zalo-window-over": 1}}
    assert tape.calls == []


async def test_it_never_repeats_a_message_whose_answer_was_lost(stage: Stage, slot: int) -> None:
    session = SharedSession()
    async with FakeTelegram() as platform:
        account = known(stage, telegram_account(platform))
        channel = Telegram([account], session, limits=TELEGRAM, base=platform.base_url)
        platform.webhook_start("123456789")
        stage.rows.book(stage.rows.person(account, "123456789"), slot)
        parts = stage.parts({ChannelKind.TELEGRAM: channel}, [account])
        platform.fail_next(LOST_AFTER)
        counts = [await stage.tick(parts, EVE) for _ in range(3)]
        assert [count["unknown"] for count in counts] == [1, 0, 0]
        assert len(platform.sent) == 1
    await session.close()


async def test_it_lets_people_sleep_and_leaves_the_plan_as_it_was(stage: Stage, account: Account, slot: int) -> None:
    """A rehearsal at night must not push a reminder away from its real evening."""
    tape = Tape()
    stage.rows.book(stage.rows.person(account, "1"), slot)
    parts = stage.with_tape(tape, account)
    assert await stage.tick(parts, local(4, "22:00")) == NOTHING | {"planned": 2, "waiting": 1}
    assert await stage.tick(parts, local(4, "22:00")) == NOTHING | {"waiting": 1}
    assert (await stage.tick(parts, EVE))["sent"] == 1


async def test_it_enqueues_and_leaves_the_sending_to_a_live_sender(stage: Stage, account: Account, slot: int) -> None:
    stage.rows.book(stage.rows.person(account, "1"), slot)
    stage.db.write_now(lambda c: take(c, lane_name(account.id), "the server", stage.clock.now))
    tape = Tape()
    counts = await stage.tick(stage.with_tape(tape, account), EVE)
    assert counts == NOTHING | {"planned": 2, "queued": 1, "waiting": 1}
    assert tape.calls == []
    stage.clock.now += timedelta(seconds=16)
    counts = await stage.tick(stage.with_tape(tape, account), EVE)
    assert counts == NOTHING | {"sent": 1}


async def test_it_sends_replies_that_were_left_too(stage: Stage, account: Account) -> None:
    stage.rows.message(account, stage.rows.person(account, "1"), "reply")
    assert (await stage.tick(stage.with_tape(Tape(), account), EVE))["sent"] == 1


async def test_it_sends_the_eve_and_then_the_morning(stage: Stage, account: Account, slot: int) -> None:
    tape = Tape()
    stage.rows.book(stage.rows.person(account, "1"), slot)
    parts = stage.with_tape(tape, account)
    for at in (EVE - timedelta(seconds=1), EVE, local(5, "07:30"), local(5, "09:30"), local(6, "09:30")):
        await stage.tick(parts, at)
    assert ["ngủ ít nhất" in tape.texts[0], "Chào anh/chị" in tape.texts[1]] == [True, True]
    assert len(tape.texts) == 2


async def test_it_says_only_the_morning_when_both_are_overdue(stage: Stage, account: Account, slot: int) -> None:
    tape = Tape()
    stage.rows.book(stage.rows.person(account, "1"), slot)
    counts = await stage.tick(stage.with_tape(tape, account), local(5, "08:00"))
    assert (counts["sent"], counts["skipped"]) == (1, {"expired": 1})
    assert "Chào anh/chị" in tape.texts[0]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(1, 30)),
        st.tuples(st.just("move"), st.integers(0, 3)),
        st.tuples(st.just("cancel"), st.just(0)),
        st.tuples(st.just("book again"), st.integers(0, 3)),
        st.tuples(st.just("plan only"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, seed=st.integers(0, 2**16))
async def test_it_never_writes_at_night_and_never_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], seed: int
) -> None:
    """Whatever people do between the sweeps of twelve days, each message comes once for a slot, and never at night."""
    path = tmp_path_factory.mktemp("year") / "house.db"
    start, ring = local(1, "08:00"), KeyRing([b"k" * 32])
    with Database(f"sqlite:///{path}") as db:
        migrate(db)
        await _live(Stage(db, ring, SetClock(start), Rows(db, ring, start)), steps, random.Random(seed))


async def _live(stage: Stage, steps: list[tuple[str, int]], chance: random.Random) -> None:
    times = [local(5, "07:30"), local(5, "09:30"), local(6, "08:30"), local(7, "13:00")]
    slots = [stage.rows.drive(at, code=f"d{number}")[0] for number, at in enumerate(times)]
    account = stage.rows.account()
    registration = stage.rows.book(stage.rows.person(account, "1"), slots[0])
    tape = Tape()
    parts: Parts = stage.with_tape(tape, account)
    for step, number in steps:
        stage.clock.now += timedelta(minutes=chance.randrange(1, 90))
        if step == "pass":
            await _sweep_and_send(stage, parts, tape, stage.clock.now + timedelta(hours=number))
        elif step == "move":
            stage.rows.move(registration, slots[number], stage.clock.now)
        elif step == "cancel":
            stage.rows.change(registrations, registration, state="cancelled", planned_at=None)
        elif step == "book again":
            stage.rows.change(registrations, registration, state="booked")
            stage.rows.move(registration, slots[number], stage.clock.now)
    keys = [row.key for row in stage.rows.intents()]
    assert len(keys) == len(set(keys))
    assert len(tape.texts) == len(set(tape.texts))


async def _sweep_and_send(stage: Stage, parts: Parts, tape: Tape, at: datetime) -> None:
    before = len(tape.calls)
    await stage.sweep(parts, at)
    await parts.sender.send_due()
    if len(tape.calls) > before:
        assert not QUIET.covers(at, drive_day=True)
