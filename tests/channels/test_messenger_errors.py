"""It says what to do by Graph's codes and answers, never by its words, and minds how much of the allowance is left."""

import json

import pytest

from bot.channels.base import (
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
)
from bot.channels.messenger import Messenger
from bot.channels.messenger_usage import HEADER, usage
from bot.domain.messages import Message
from tests.channels.messenger_ground import ACCOUNT, FAKE, USER
from tests.platforms import LOST_AFTER, LOST_BEFORE, FakeMessenger, Trouble
from tests.platforms.messenger import refusal


@pytest.mark.parametrize(
    ("code", "subcode", "error"),
    [
        *((code, 0, Unavailable) for code in (1, 2, 1200)),
        (1, 1357046, Uncertain),
        *((code, 0, Throttled) for code in (4, 17, 32, 613, 80001, 80006)),
        (613, 2534040, Throttled),
        *((code, sub, Rejected) for code, sub in ((613, 2018338), (4, 2018354), (9, 2018352), (613, 1893016))),
        *((10, sub, OutsideWindow) for sub in (2018278, 2018065, 2534022)),
        *((code, sub, ContactGone) for code, sub in ((200, 1545041), (551, 1545041), (551, 0), (10, 2018108))),
        *((100, sub, ContactGone) for sub in (2018001, 33)),
        *((100, sub, Rejected) for sub in (0, 2018008, 2018047, 2018074, 2018109, 2018294)),
        *((190, sub, Misconfigured) for sub in (0, 458, 459, 460, 463, 464, 467)),
        *((code, 0, Misconfigured) for code in (102, 200, 230, 10, 3)),
        *((200, sub, Misconfigured) for sub in (2018028, 2018027)),
        *((code, 0, Rejected) for code in (9000001, 10900, 10901, 10902, 10903)),
        *((100, sub, Rejected) for sub in (2018218, 2018247, 2018292)),
        (10, 1893015, Rejected),
        *((10, sub, Unavailable) for sub in (2018300, 2018321)),
        *((code, 0, Unavailable) for code in (2018300, 2018321)),
        (99999, 0, Rejected),
    ],
)
async def test_says_what_to_do_by_code(
    messenger: Messenger, fake_messenger: FakeMessenger, code: int, subcode: int, error: type[SendError]
) -> None:
    fake_messenger.fail_next(Trouble(400, refusal(code, subcode, "Lời giải thích đổi theo ngôn ngữ").body))
    with pytest.raises(error) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert type(raised.value) is error
    assert raised.value.code == (f"{code}/{subcode}" if subcode else str(code))
    assert "Lời giải thích" not in str(raised.value)


@pytest.mark.parametrize(("code", "subcode"), [(10, 1893063), (10, 1404170), (2022, 0), (368, 0), (368, 5)])
async def test_marks_a_page_under_a_ban(
    messenger: Messenger, fake_messenger: FakeMessenger, code: int, subcode: int
) -> None:
    """A probe finds it well, so its mark keeps the probe from letting it go on."""
    fake_messenger.fail_next(Trouble(400, refusal(code, subcode, "x").body))
    with pytest.raises(Misconfigured) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert raised.value.code == f"restricted {code}/{subcode}".removesuffix("/0")


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        pytest.param(Trouble(200, {"recipient_id": USER}, after=True), Uncertain, id="200 without an id"),
        pytest.param(Trouble(200, "<html>", after=True), Uncertain, id="200 without JSON"),
        pytest.param(Trouble(200, refusal(190, 0, "x").body), Misconfigured, id="an error with status 200"),
        pytest.param(Trouble(429, "<html>"), Throttled, id="429 of a proxy"),
        pytest.param(Trouble(500, "<html>"), Uncertain, id="500 of a proxy"),
        pytest.param(Trouble(500, refusal(99999, 0, "x").body), Unavailable, id="500 of Graph"),
        pytest.param(Trouble(502, refusal(99999, 0, "x").body), Uncertain, id="502"),
        pytest.param(Trouble(302, "", {"Location": "https://vidu.vn"}), Uncertain, id="sent elsewhere"),
        pytest.param(LOST_BEFORE, Uncertain, id="lost before"),
        pytest.param(LOST_AFTER, Uncertain, id="lost after"),
    ],
)
async def test_says_what_to_do_by_answer(
    messenger: Messenger, fake_messenger: FakeMessenger, trouble: Trouble, error: type[SendError]
) -> None:
    fake_messenger.touch(USER)
    fake_messenger.fail_next(trouble)
    with pytest.raises(error) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert type(raised.value) is error


async def test_waits_as_long_as_the_usage_header_says(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    usage = {FAKE.page_id: [{"type": "messenger", "estimated_time_to_regain_access": 7}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    fake_messenger.fail_next(Trouble(400, refusal(613, 0, "x").body, headers))
    with pytest.raises(Throttled) as raised:
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    assert raised.value.retry_after == 420


async def test_tells_the_lane_how_much_of_the_allowance_is_used(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    fake_messenger.touch(USER)
    first = await messenger.send(ACCOUNT, USER, Message("x"), "k:1")
    assert (first.load, first.rest) == (None, 0.0)
    fake_messenger.usage = {
        "call_count": 84,
        "total_cputime": 12,
        "total_time": 90,
        "estimated_time_to_regain_access": 3,
    }
    second = await messenger.send(ACCOUNT, USER, Message("x"), "k:2")
    assert (second.load, second.rest) == (0.9, 180.0)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "[]",
        "7",
        "no JSON",
        '{"1": 3}',
        '{"1": [{"call_count": "many"}]}',
        '{"1": [{"call_count": true}]}',
        '{"1": [-1]}',
    ],
)
def test_makes_nothing_of_a_header_it_cannot_read(header: str) -> None:
    assert (usage({HEADER: header}).load, usage({HEADER: header}).regain) == (None, 0.0)
