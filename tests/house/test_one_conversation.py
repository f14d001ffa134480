"""One conversation, told once, over four wires of the real program: what is read is the same, whatever carries it."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select

from bot.storage.tables import outbox, registrations
from tests.house.test_conversations import all_sent
from tests.house.town import Town
from tests.house.web_wire import WebWire, web_wire
from tests.house.wires import MessengerWire, TelegramWire, ZaloWire

AnyWire = TelegramWire | MessengerWire | ZaloWire | WebWire

CONVERSATION = (
    ("xin chào", ("trợ lý tự động", "em luôn ở đây")),
    ("hien mau co dau khong", ("Kim vào hơi nhói", "kim vào hơi nhói")),
    ("dang ky {code}", ("cần lưu: họ tên",)),
    (">Đồng ý", ("không bắt buộc",)),
    (">Nhắc tôi", ("họ và tên đầy đủ",)),
    ("lo van thu", ("sinh ngày nào",)),
    ("12-5-1990", ("Số điện thoại",)),
    ("hien mau co bi lay benh ko", ("dùng một lần rồi bỏ",)),
    ("0912 345 678", ("việc rất nặng",)),
    (">Không làm", ("mấy giờ",)),
    (">10:00", ("xem lại giúp em",)),
    (">Xác nhận", ("Mã phiếu",)),
    ("em muon doi gio", ("10:00",)),
    (">Đổi giờ", ("10:30",)),
    (">10:30", ("10:30",)),
    ("huy giup em", ("chắc chắn muốn huỷ",)),
    (">Huỷ", ("huỷ",)),
    ("/dulieu", ("Họ tên (L.V.T.)",)),
    ("cho em gap nguoi", ("đã báo người phụ trách",)),
    ("dung", ("Dạ, em dừng",)),
)
"""What they say, or tap (">" and a part of the label) → one of these stands in the answer."""


@asynccontextmanager
async def wire_of(town: Town, channel: str) -> AsyncIterator[AnyWire]:
    if channel != "web":
        yield town.wire(channel)
        return
    async with web_wire(town.server.port) as page:
        yield page


@pytest.mark.parametrize(
    ("channel", "database_url"),
    [("telegram", "sqlite"), ("messenger", "sqlite"), ("zalo", "sqlite"), ("web", "sqlite"), ("zalo", "postgresql")],
    indirect=["database_url"],
)
async def test_it_is_the_same_on_every_wire(town: Town, channel: str) -> None:
    async with wire_of(town, channel) as wire:
        for line, wanted in CONVERSATION:
            they = line.format(code=town.code)
            answer = await _answer(wire, they)
            sys.stdout.write(f"\n— {they}\n{answer}\n")  # to be read by a person: pytest -s
            assert any(words in answer for words in wanted), f"{they!r} → {answer}"
        sys.stdout.write(_calls(town, channel, wire))
        assert set(await all_sent(town)) == {"sent"}
        assert town.db.read_now(lambda c: c.execute(select(registrations.c.state)).scalars().all()) == ["cancelled"]
        if channel == "zalo":  # one turn is one call
            assert len(wire.messages()) == len(CONVERSATION)
        if channel == "web":  # the commit is the delivery, and every line of it reached the page
            kept = town.db.read_now(lambda c: c.execute(select(outbox.c.id)).scalars().all())
            assert {message.platform_id for message in wire.messages()} == {str(one) for one in kept}
        else:
            assert [call for call in town.platforms[channel].calls if call.status != 200] == []


async def _answer(wire: AnyWire, they: str) -> str:
    """What is read next: texts, and the buttons under them."""
    before = len(wire.messages())
    await (wire.choose(they[1:]) if they.startswith(">") else wire.type(they))
    return "\n".join(
        " ".join((message.text, *(f"[{label}]" for label, _ in message.choices)))
        for message in wire.messages()[before:]
    )


def _calls(town: Town, channel: str, wire: AnyWire) -> str:
    """The call log; everybody in it is invented."""
    if isinstance(wire, WebWire):
        return "\n".join(("", *wire.calls, ""))
    lines = (
        f"{call.method} {call.path.rsplit('/', 1)[-1]} {call.status} {json.dumps(dict(call.body), ensure_ascii=False)}"
        for call in town.platforms[channel].calls
    )
    return "\n".join(("", *lines, ""))
