"""It tells what certainly was not sent apart from what may have arrived."""

import pytest

from bot.channels.base import Unavailable, Uncertain
from bot.channels.http import SharedSession, call
from tests.platforms import LOST_AFTER, FakeTelegram


async def test_gives_the_answer_whatever_its_status(session: SharedSession, fake_telegram: FakeTelegram) -> None:
    answer = await call(session(), "GET", f"{fake_telegram.base_url}/nothing")
    assert answer.status == 404
    assert answer.json()["ok"] is False


async def test_is_uncertain_when_the_answer_takes_too_long(session: SharedSession, fake_telegram: FakeTelegram) -> None:
    url = f"{fake_telegram.base_url}/bot{fake_telegram.token}/getUpdates"
    with pytest.raises(Uncertain, match="SocketTimeoutError"):
        await call(session(), "POST", url, json={"timeout": 5}, answer_seconds=0.05)


async def test_is_uncertain_when_the_connection_breaks(session: SharedSession, fake_telegram: FakeTelegram) -> None:
    fake_telegram.fail_next(LOST_AFTER)
    url = f"{fake_telegram.base_url}/bot{fake_telegram.token}/sendMessage"
    with pytest.raises(Uncertain):
        await call(session(), "POST", url, json={"chat_id": 1, "text": "x"})
    assert len(fake_telegram.calls) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/bot7:secret/x", "https://127.0.0.1:9/bot7:secret/x"])
async def test_is_sure_when_there_was_no_connection(session: SharedSession, url: str) -> None:
    with pytest.raises(Unavailable) as raised:
        await call(session(), "POST", url, json={})
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_is_sure_when_the_other_side_speaks_no_tls(session: SharedSession, fake_telegram: FakeTelegram) -> None:
    with pytest.raises(Unavailable):
        await call(session(), "POST", fake_telegram.base_url.replace("http:", "https:"), json={})


async def test_opens_the_session_again_after_closing(fake_telegram: FakeTelegram) -> None:
    shared = SharedSession()
    first = shared()
    assert shared() is first
    await shared.close()
    assert first.closed
    assert not shared().closed
    await shared.close()
    await shared.close()
