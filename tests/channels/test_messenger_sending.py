"""It sends what Messenger takes: answers, notices, templates, staff's own words, one private reply to a comment."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.base import ContactGone, Misconfigured, OutsideWindow, Rejected
from bot.channels.fit import fit
from bot.channels.messenger import Messenger
from bot.domain.messages import Choice, Link, Manner, Message, TemplateCall
from bot.domain.updates import Echoed
from tests.channels.messenger_ground import ACCOUNT, USER
from tests.facts import MESSENGER
from tests.platforms import FakeMessenger, Trouble
from tests.platforms.messenger import refusal

ROOT = Path(__file__).parent.parent.parent
TYPED = Message("Chị xem giúp em lịch mới ạ", manner=Manner.PERSON)


async def test_sends_and_recognises_its_echo(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.touch(USER)
    receipt = await messenger.send(ACCOUNT, USER, Message("Ca nào ạ?", (Choice("Ca sáng", "c:1"),)), "reply:12:0")
    (sent,) = fake_messenger.sent
    assert (sent.text, sent.choices, sent.metadata) == ("Ca nào ạ?", (("Ca sáng", "c:1"),), "reply:12:0")
    call = fake_messenger.calls[-1]
    assert call.body["messaging_type"] == "RESPONSE"
    assert fake_messenger.token not in str(call.query)
    (echo,) = messenger.receive(fake_messenger.webhook_echo(sent).request()).updates
    assert echo.event == Echoed(receipt.platform_id, "Ca nào ạ?", "reply:12:0")


async def test_sends_every_part_of_a_turn(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.touch(USER)
    turn = [
        Message("Đợt hiến máu", image="https://vidu.vn/a.png", link=Link("Xem chỉ đường", "https://vidu.vn/d")),
        Message("Câu hỏi dài. " * 300, tuple(Choice(f"Công đoàn cơ sở trường {n}", f"u:{n}") for n in range(20))),
    ]
    for part in fit(turn, MESSENGER, "Trả lời bằng số."):
        await messenger.send(ACCOUNT, USER, part, "k")
    sent = fake_messenger.sent
    assert [bool(one.image) for one in sent] == [True] + [False] * (len(sent) - 1)
    assert sent[1].link == "https://vidu.vn/d"
    assert [len(one.choices) for one in sent] == [0] * (len(sent) - 1) + [13]


async def test_meets_the_window_the_stranger_and_the_blocked(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    with pytest.raises(ContactGone):
        await messenger.send(ACCOUNT, "1", Message("x"), "k")
    fake_messenger.touch(USER)
    fake_messenger.advance(hours=24, seconds=1)
    with pytest.raises(OutsideWindow):
        await messenger.send(ACCOUNT, USER, Message("x"), "k")
    fake_messenger.touch(USER)
    fake_messenger.blocked.add(USER)
    with pytest.raises(ContactGone):
        await messenger.send(ACCOUNT, USER, Message("x"), "k")


async def test_sends_a_utility_template_outside_the_window(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.touch(USER)
    fake_messenger.advance(days=84)
    fake_messenger.templates.approve("drive_eve", 2)
    call = TemplateCall("drive-eve", "drive_eve", {"time": "07:30", "place": "Nhà văn hoá"}, "page")
    await messenger.send(ACCOUNT, USER, Message("Em xin nhắc lịch", template=call), "k")
    assert (fake_messenger.sent[-1].template, [value for _, value in fake_messenger.sent[-1].params]) == (
        "drive_eve",
        ["07:30", "Nhà văn hoá"],
    )
    with pytest.raises(Rejected):
        await messenger.send(ACCOUNT, USER, Message("x", template=replace(call, params={"time": "07:30"})), "k")


@pytest.mark.parametrize(
    ("manner", "kind", "tag"),
    [
        (Manner.ANSWER, "RESPONSE", None),
        (Manner.NOTICE, "UPDATE", None),
        (Manner.PERSON, "MESSAGE_TAG", "HUMAN_AGENT"),
    ],
)
async def test_says_in_which_quality_it_speaks(
    messenger: Messenger, fake_messenger: FakeMessenger, manner: Manner, kind: str, tag: str | None
) -> None:
    fake_messenger.touch(USER)
    fake_messenger.human_agent = True
    await messenger.send(ACCOUNT, USER, Message("x", manner=manner), "k")
    body = fake_messenger.calls[-1].body
    assert (body["messaging_type"], body.get("tag")) == (kind, tag)


async def test_lets_staff_answer_for_seven_days(messenger: Messenger, fake_messenger: FakeMessenger) -> None:
    fake_messenger.human_agent = True
    fake_messenger.touch(USER)
    fake_messenger.advance(days=6, hours=23)
    await messenger.send(ACCOUNT, USER, TYPED, "staff:1:0")
    assert fake_messenger.texts(USER) == [TYPED.text]
    fake_messenger.advance(hours=1)
    with pytest.raises(OutsideWindow):
        await messenger.send(ACCOUNT, USER, TYPED, "staff:2:0")


async def test_does_not_stop_the_page_for_a_feature_it_lacks(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    fake_messenger.touch(USER)
    with pytest.raises(Rejected) as raised:
        await messenger.send(ACCOUNT, USER, TYPED, "k")
    assert (raised.value.code, str(raised.value)) == ("10", "the page has no Human Agent feature")
    fake_messenger.fail_next(Trouble(400, refusal(190, 460, "x").body))
    with pytest.raises(Misconfigured):
        await messenger.send(ACCOUNT, USER, TYPED, "k")


async def test_answers_a_comment_privately_once_within_seven_days(
    messenger: Messenger, fake_messenger: FakeMessenger
) -> None:
    menu = Message("Em chào anh/chị ạ", (Choice("Đăng ký", "m.register"),))
    for comment in ("77_1", "77_2"):
        fake_messenger.webhook_comment(comment, "đăng ký")
    receipt = await messenger.private_reply(ACCOUNT, "77_1", menu, "comment:77_1")
    assert fake_messenger.calls[-1].body["recipient"] == {"comment_id": "77_1"}
    assert receipt.platform_id == fake_messenger.sent[-1].platform_id
    with pytest.raises(Rejected):
        await messenger.private_reply(ACCOUNT, "77_1", menu, "comment:77_1")
    fake_messenger.advance(days=7)
    with pytest.raises(Rejected):
        await messenger.private_reply(ACCOUNT, "77_2", menu, "comment:77_2")
    assert len(fake_messenger.sent) == 1


RETIRED = (
    "CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE", "NON_PROMOTIONAL_SUBSCRIPTION",
    "notification_messages", "one_time_notif",
)  # fmt: skip


def test_knows_no_retired_way() -> None:
    """The tags that ended on 2026-04-27 and the recurring notifications that ended on 2026-02-10."""
    files = [file for folder in ("bot", "scheduler", "content") for file in (ROOT / folder).rglob("*.*")]
    texts = {
        file: file.read_text(encoding="utf-8") for file in files if file.suffix in (".py", ".yaml", ".html", ".js")
    }
    assert len(texts) > 100
    assert [(file.name, word) for file, text in texts.items() for word in RETIRED if word in text] == []
