"""It finds out who would not hear us: a wrong token, a webhook that leads elsewhere, updates that wait."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.telegram import Telegram
from bot.channels.telegram_health import LATELY, MANY_WAIT, health_of
from bot.channels.telegram_updates import ALLOWED_UPDATES
from tests.channels.conftest import telegram_account
from tests.platforms import FakeTelegram

FAKE = FakeTelegram()
ACCOUNT = telegram_account(FAKE)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ME = {"id": 7000000001, "username": "hienmau_thu_bot"}
HOOK = {
    "url": "https://vidu.vn/webhooks/telegram/7000000001",
    "pending_update_count": 0,
    "allowed_updates": list(ALLOWED_UPDATES),
}


def failed(ago: timedelta) -> dict[str, Any]:
    return {"last_error_date": int((NOW - ago).timestamp()), "last_error_message": "Wrong response: 502 Bad Gateway"}


@pytest.mark.parametrize(
    ("hook", "problem"),
    [
        pytest.param({}, "", id="well"),
        pytest.param({"pending_update_count": MANY_WAIT}, "", id="a few wait"),
        pytest.param({"pending_update_count": MANY_WAIT + 1}, "101 updates wait", id="many wait"),
        pytest.param({"pending_update_count": 3, **failed(timedelta(minutes=1))}, "502 Bad Gateway", id="fails now"),
        pytest.param({"pending_update_count": 3, **failed(LATELY)}, "", id="failed some time ago"),
        pytest.param(failed(timedelta(minutes=1)), "", id="failed and has caught up"),
        pytest.param({"url": ""}, "set-webhook", id="no webhook"),
        pytest.param({"url": "https://khac.vn/hook"}, "another program", id="another's webhook"),
        pytest.param({"allowed_updates": ["message"]}, "my_chat_member", id="blocks are not told"),
        pytest.param({"allowed_updates": None, "pending_update_count": None}, "callback_query", id="odd"),
    ],
)
def test_judges_a_webhook(hook: Mapping[str, Any], problem: str) -> None:
    health = health_of(ME, {**HOOK, **hook}, ACCOUNT, NOW, polling=False)
    assert (problem in health.problem) if problem else (health.problem == "")
    assert health.ok is (problem == "")


@pytest.mark.parametrize(
    ("hook", "problem"),
    [
        pytest.param({"url": ""}, "", id="well"),
        pytest.param({}, "a webhook is registered", id="a webhook"),
        pytest.param({"url": "", "pending_update_count": 500}, "is giothong running", id="nobody polls"),
    ],
)
def test_judges_polling(hook: Mapping[str, Any], problem: str) -> None:
    health = health_of(ME, {**HOOK, **hook}, ACCOUNT, NOW, polling=True)
    assert (problem in health.problem) if problem else (health.problem == "")


def test_tells_what_telegram_told() -> None:
    facts = health_of(ME, {**HOOK, "pending_update_count": 3, **failed(LATELY)}, ACCOUNT, NOW, polling=False).facts
    assert facts["pending"] == "3"
    assert facts["last_error"] == "Wrong response: 502 Bad Gateway"
    assert facts["last_error_at"] == "2026-11-22T02:50:00+00:00"


async def test_checks_the_bot_and_its_webhook(telegram: Telegram, fake_telegram: FakeTelegram) -> None:
    assert "set-webhook" in (await telegram.check(ACCOUNT)).problem
    await telegram.set_webhook(ACCOUNT, "https://vidu.vn/webhooks/telegram/7000000001", "new_secret")
    assert fake_telegram.hook["allowed_updates"] == list(ALLOWED_UPDATES)
    health = await telegram.check(ACCOUNT)
    assert health.ok
    assert health.facts["bot"] == "hienmau_thu_bot"
    other = replace(ACCOUNT, id=7, secrets={"token": "7000000001:wrong-token-wrong"})
    assert not (await telegram.check(other)).ok
