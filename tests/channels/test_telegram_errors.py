"""Each refusal of the Bot API says what to do next, whatever the library makes of it."""

import warnings

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.channels.base import (
    ContactGone,
    Misconfigured,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
)
from bot.channels.telegram import Telegram
from bot.domain.messages import Message
from tests.channels.conftest import telegram_account
from tests.platforms import LOST_AFTER, LOST_BEFORE, FakeTelegram, Trouble

FAKE = FakeTelegram()
ACCOUNT = telegram_account(FAKE)
USER = 520000001


def said(status: int, description: str) -> Trouble:
    return Trouble(status, {"ok": False, "error_code": status, "description": description})


@pytest.mark.parametrize(
    ("trouble", "error", "code"),
    [
        pytest.param(
            Trouble(429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 7}}),
            Throttled,
            "429",
            id="429",
        ),
        pytest.param(Trouble(429, "<html>"), Throttled, "429", id="429 of a proxy"),
        pytest.param(
            Trouble(400, {"ok": False, "description": "x", "parameters": {"migrate_to_chat_id": -100}}),
            Rejected,
            "400",
            id="migrated",
        ),
        pytest.param(
            Trouble(403, {"ok": False, "error_code": 403, "description": "Forbidden: user is deactivated"}),
            ContactGone,
            "403",
            id="deactivated",
        ),
        pytest.param(
            Trouble(400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}),
            ContactGone,
            "400",
            id="chat not found",
        ),
        pytest.param(
            Trouble(400, {"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities"}),
            Rejected,
            "400",
            id="bad request",
        ),
        pytest.param(Trouble(401, {"ok": False, "description": "Unauthorized"}), Misconfigured, "401", id="401"),
        pytest.param(Trouble(404, {"ok": False, "description": "Not Found"}), Misconfigured, "401", id="404"),
        pytest.param(Trouble(409, {"ok": False, "description": "Conflict"}), Misconfigured, "409", id="409"),
        pytest.param(said(403, "Forbidden: bot was blocked by the user"), ContactGone, "403", id="blocked"),
        pytest.param(
            said(403, "Forbidden: bot can't initiate conversation with a user"), ContactGone, "403", id="not started"
        ),
        pytest.param(said(403, "Forbidden: bot was kicked from the group chat"), ContactGone, "403", id="kicked"),
        pytest.param(said(400, "Bad Request: message is not modified"), Rejected, "400", id="not modified"),
        pytest.param(said(400, "Bad Request: message is too long"), Rejected, "400", id="too long"),
        pytest.param(said(400, "Bad Request: query is too old"), Rejected, "400", id="too old"),
        pytest.param(said(400, "Bad Request: BUTTON_DATA_INVALID"), Rejected, "400", id="button"),
        pytest.param(Trouble(400, "<html>"), Rejected, "400", id="400 of a proxy"),
        pytest.param(Trouble(413, "<html>"), Rejected, "400", id="413 of a proxy"),
        pytest.param(said(402, "Payment Required"), Rejected, "400", id="402"),
        pytest.param(Trouble(408, "<html>"), Uncertain, "", id="408"),
        pytest.param(Trouble(302, "<html>"), Uncertain, "", id="a captive portal"),
        pytest.param(Trouble(429, {"ok": False}, {"Retry-After": "3"}), Throttled, "429", id="429 in a header"),
        pytest.param(
            Trouble(200, {"ok": False, "description": "x", "parameters": {"retry_after": 7}}),
            Throttled,
            "429",
            id="429 under a status of 200",
        ),
        pytest.param(said(503, "Service Unavailable"), Unavailable, "", id="503"),
        pytest.param(Trouble(504, "<html>"), Uncertain, "", id="504"),
        pytest.param(
            Trouble(500, {"ok": False, "error_code": 500, "description": "Internal"}), Unavailable, "", id="500"
        ),
        pytest.param(Trouble(500, "<html>"), Uncertain, "", id="500 of a proxy"),
        pytest.param(Trouble(502, {"ok": False, "description": "Bad Gateway"}), Uncertain, "", id="502"),
        pytest.param(
            Trouble(200, {"ok": False, "error_code": 400, "description": "chat not found"}),
            ContactGone,
            "400",
            id="200 but no",
        ),
        pytest.param(Trouble(200, "<html>"), Uncertain, "", id="200 but no JSON"),
        pytest.param(Trouble(200, {"ok": True, "result": {}}, after=True), Uncertain, "", id="200 without an id"),
        pytest.param(LOST_BEFORE, Uncertain, "", id="lost before"),
        pytest.param(LOST_AFTER, Uncertain, "", id="lost after"),
    ],
)
async def test_says_what_to_do(
    telegram: Telegram, fake_telegram: FakeTelegram, trouble: Trouble, error: type[SendError], code: str
) -> None:
    fake_telegram.touch(str(USER))
    fake_telegram.fail_next(trouble)
    with pytest.raises(error) as raised:
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")
    assert type(raised.value) is error
    assert raised.value.code == code
    assert len(fake_telegram.sent) == (1 if trouble.after else 0)


async def test_passes_on_how_long_to_wait(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.fail_next(Trouble(429, {"ok": False, "description": "x", "parameters": {"retry_after": 7}}))
    with pytest.raises(Throttled) as raised:
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")
    assert raised.value.retry_after == 7


async def test_knows_that_nothing_was_sent_without_a_connection(
    telegram: Telegram, fake_telegram: FakeTelegram
) -> None:
    await fake_telegram.stop()
    with pytest.raises(Unavailable):
        await telegram.send(ACCOUNT, str(USER), Message("x"), "k")


async def send(telegram: Telegram) -> None:
    await telegram.send(ACCOUNT, str(USER), Message("x"), "k")


async def test_a_refusal_is_no_network_trouble(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    """In the library it is one: `except NetworkError: try again` would repeat a bad request for ever."""
    assert issubclass(BadRequest, NetworkError)
    assert issubclass(TimedOut, NetworkError)
    assert not any(issubclass(kind, NetworkError) for kind in (Forbidden, RetryAfter, ChatMigrated, InvalidToken))
    fake_telegram.fail_next(said(400, "Bad Request: message is too long"))
    with pytest.raises(Rejected):
        await send(telegram)


@pytest.mark.parametrize("as_timedelta", ["", "true"])
async def test_the_wait_is_a_number_whatever_the_library_is_told(
    telegram: Telegram, fake_telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, as_timedelta: str
) -> None:
    """The library's RetryAfter holds a number with a warning, or a timedelta, by an environment variable."""
    monkeypatch.setenv("PTB_TIMEDELTA", as_timedelta)
    fake_telegram.fail_next(Trouble(429, {"ok": False, "parameters": {"retry_after": 7}}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Throttled) as raised:
            await send(telegram)
    assert raised.value.retry_after == 7.0


async def test_a_bot_sends_without_being_initialized(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    """`initialize` would ask getMe first, and a bot whose getMe fails would never send."""
    fake_telegram.touch(str(USER))
    await send(telegram)
    assert [call.path.rsplit("/", 1)[-1] for call in fake_telegram.calls] == ["sendMessage"]


async def test_an_error_holds_no_token(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    """The library puts addresses into its errors, and addresses here hold the token."""
    await fake_telegram.stop()
    with pytest.raises(Unavailable) as raised:
        await send(telegram)
    assert fake_telegram.token not in repr(raised.value)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


async def test_two_that_poll_and_a_webhook_are_told_apart(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    fake_telegram.hook["url"] = "https://vidu.vn/x"
    with pytest.raises(Misconfigured, match="webhook"):
        await telegram.get_updates(ACCOUNT, None, 0)
    fake_telegram.fail_next(said(409, "Conflict: terminated by other getUpdates request"))
    with pytest.raises(Misconfigured, match="another program"):
        await telegram.get_updates(ACCOUNT, None, 0)
