"""It polls Telegram and forgets an update only when it is safe."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.channels.base import Account, Received, Throttled, Unavailable
from bot.channels.telegram import Telegram
from bot.channels.telegram_polling import LONGEST_PAUSE, Polled, pause, poll
from bot.channels.telegram_updates import decode
from bot.domain.updates import Pressed, Said, Update
from tests.channels.conftest import telegram_account
from tests.platforms import FakeTelegram, Trouble

USER = 520000001
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Inbox:
    """Takes updates as the intake does; fails as often as told."""

    def __init__(self, wanted: int, failures: int = 0) -> None:
        self.updates: list[Update] = []
        self.faulty: list[tuple[str, bytes]] = []
        self.tries = 0
        self.failures = failures
        self.wanted = wanted
        self.full = asyncio.Event()

    async def deliver(self, polled: Sequence[Polled]) -> None:
        self.tries += 1
        if self.tries <= self.failures:
            raise ConnectionError("the database is away")
        self.updates.extend(update for one in polled for update in one.received.updates)
        self.faulty.extend(fault for one in polled for fault in one.received.faulty)
        if len(self.updates) >= self.wanted:
            self.full.set()


async def run(telegram: Telegram, fake: FakeTelegram, inbox: Inbox, rounds_after: int = 0) -> list[float]:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    polling = asyncio.create_task(
        poll(telegram, telegram_account(fake), inbox.deliver, clock=lambda: NOW, sleep=sleep, seconds=5)
    )
    async with asyncio.timeout(10):
        await inbox.full.wait()
        while fake.waiting:  # the next call's offset makes Telegram forget
            await asyncio.sleep(0.01)
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await polling
    assert polling.cancelled()
    return pauses


def texts(fake: FakeTelegram, *words: str) -> None:
    for word in words:
        fake.queue(fake.update("message", {**fake._message(USER), "text": word}))


async def test_delivers_in_order_and_takes_the_webhook_away_first(
    telegram: Telegram, fake_telegram: FakeTelegram
) -> None:
    fake_telegram.hook["url"] = "https://vidu.vn/x"
    texts(fake_telegram, "một", "hai")
    inbox = Inbox(wanted=2)
    assert await run(telegram, fake_telegram, inbox) == []
    assert [update.event for update in inbox.updates] == [Said("một"), Said("hai")]
    assert fake_telegram.hook["url"] == ""


async def test_says_whose_webhook_it_took_away(
    telegram: Telegram, fake_telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody may poll by mistake with the token of a bot that serves people elsewhere."""
    fake_telegram.hook["url"] = "https://hienmau.vidu.vn/webhooks/telegram/secret-path"
    texts(fake_telegram, "một")
    await run(telegram, fake_telegram, Inbox(wanted=1))
    [told] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "had a webhook at hienmau.vidu.vn" in told
    assert "secret-path" not in told


async def test_takes_away_a_webhook_that_was_registered_meanwhile(
    telegram: Telegram, fake_telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    texts(fake_telegram, "một")
    refused = {"ok": False, "error_code": 409, "description": "Conflict: can't use getUpdates while webhook is active"}
    fake_telegram.fail_next(Trouble(409, refused))
    assert len(await run(telegram, fake_telegram, Inbox(wanted=1))) == 1
    taken_away = [call for call in fake_telegram.calls if call.path.endswith("/deleteWebhook")]
    assert len(taken_away) == 2
    assert "Misconfigured: this bot has a webhook, so it cannot be polled" in caplog.text


async def test_an_error_of_another_kind_is_named_without_its_words(
    telegram: Telegram, fake_telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    texts(fake_telegram, "một")
    await run(telegram, fake_telegram, Inbox(wanted=1, failures=1))
    assert "failed (ConnectionError), try 1" in caplog.text
    assert "the database is away" not in caplog.text


async def test_asks_again_for_what_was_not_committed(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    texts(fake_telegram, "một")
    inbox = Inbox(wanted=1, failures=2)
    pauses = await run(telegram, fake_telegram, inbox)
    assert [update.event for update in inbox.updates] == [Said("một")]
    assert len(pauses) == 2


async def test_answers_presses_through_the_api(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    update = fake_telegram.press(USER, "c:1")
    fake_telegram.queue(update)
    inbox = Inbox(wanted=1)
    await run(telegram, fake_telegram, inbox)
    assert inbox.updates[0].event == Pressed("c:1")
    assert fake_telegram.answered == [update["callback_query"]["id"]]


async def test_goes_on_past_what_it_leaves_alone(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.queue(fake_telegram.update("poll_answer", {}))
    texts(fake_telegram, "một")
    inbox = Inbox(wanted=1)
    await run(telegram, fake_telegram, inbox)
    assert len(inbox.updates) == 1


async def test_hands_on_what_it_cannot_decode_and_goes_on(
    telegram: Telegram, fake_telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.channels import telegram_polling

    def decode_but(account: Account, raw: Mapping[str, Any], now: datetime | None) -> Received:
        if raw["message"]["text"] == "lạ":
            raise KeyError("words that nobody shall read in a log")
        return decode(account, raw, now)

    monkeypatch.setattr(telegram_polling, "decode", decode_but)
    texts(fake_telegram, "lạ", "một")
    inbox = Inbox(wanted=1)
    await run(telegram, fake_telegram, inbox)
    assert [update.event for update in inbox.updates] == [Said("một")]
    [(reason, raw)] = inbox.faulty
    assert reason == "telegram: not decoded, KeyError"
    assert json.loads(raw)["message"]["text"] == "lạ"


async def test_hands_on_what_is_no_object(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    """Telegram would never; a proxy in between might."""
    texts(fake_telegram, "một")
    fake_telegram.fail_next(Trouble(200, {"ok": True, "result": [7, *fake_telegram.waiting]}))
    inbox = Inbox(wanted=1)
    assert await run(telegram, fake_telegram, inbox) == []
    assert inbox.faulty == [("telegram: the update is not a JSON object", b"7")]


async def test_half_an_emoji_does_not_stop_everybody(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    texts(fake_telegram, "\ud83d cắt đôi", "hai")
    inbox = Inbox(wanted=2)
    assert await run(telegram, fake_telegram, inbox) == []
    assert [update.event for update in inbox.updates] == [Said(" cắt đôi"), Said("hai")]


async def test_rests_when_nothing_can_be_acknowledged(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.fail_next(Trouble(200, {"ok": True, "result": [{"message": {"text": "?"}}]}))
    texts(fake_telegram, "một")
    assert len(await run(telegram, fake_telegram, Inbox(wanted=1))) == 1


async def test_waits_as_long_as_asked_when_it_is_too_fast(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    texts(fake_telegram, "một")
    fake_telegram.fail_next(Trouble(429, {"ok": False, "description": "x", "parameters": {"retry_after": 9}}))
    assert await run(telegram, fake_telegram, Inbox(wanted=1)) == [9.0]


@pytest.mark.parametrize(
    ("failures", "shortest", "longest"),
    [
        pytest.param(1, 0.5, 1.0, id="first"),
        pytest.param(4, 4.0, 8.0, id="fourth"),
        pytest.param(99, 30.0, 60.0, id="99th"),
    ],
)
def test_backs_off_with_jitter(failures: int, shortest: float, longest: float) -> None:
    waits = {pause(failures, Unavailable("x")) for _ in range(50)}
    assert shortest <= min(waits) < max(waits) <= longest <= LONGEST_PAUSE
    assert pause(failures, Throttled("x", retry_after=120.0)) == 120.0
