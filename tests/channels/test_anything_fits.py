"""Whatever the dialogue says, the strict platforms take what `fit` makes of it, and nothing is lost on the way."""

import asyncio
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.channels.base import Account, Channel
from bot.channels.fit import fit, offered, trouble
from bot.channels.http import SharedSession
from bot.channels.messenger import Messenger
from bot.channels.splitting import measure, split, visible
from bot.channels.telegram import Telegram
from bot.channels.zalo import Zalo
from bot.channels.zalo_events import TAPPED
from bot.domain.cards import Link, Location, TicketCard
from bot.domain.messages import Choice, Message
from bot.domain.platforms import Limits
from tests.channels.conftest import messenger_account, telegram_account, zalo_account
from tests.facts import MESSENGER, TELEGRAM, WEB, ZALO
from tests.platforms import FakeMessenger, FakeTelegram, FakeZalo, Sent

HINT = "Trả lời bằng số."
USER = "7300000001"
CARD = "https://hien.example/static/card/drop.png"

# --- anything a dialogue could say -----------------------------------------------------------------------------------

ODD = (
    "é", "e\u0301", "ệ", "ê\u0323", "👩‍🏭", "👍🏽", "🇻🇳", "🏴\U000e0067\U000e007f", "شكرا", "\u202e", "\u2066", "\u200b", "\u200d",
    "\ufe0f", "\ufeff", "\x00", "\x07", "\x1b[31m", "\u2028", "\r\n", "\t", "\u00a0", "<b>&amp;</b>", "_*[x](y)*_", "{}",
    "ﷺ", "ก็", "क्षि", "한", "\ud7ff", "\U0010ffff", "…", ". ", "? ", "\n\n", "”. ", "1. ", "• ",
)  # fmt: skip
letters = st.characters(exclude_categories=["Cs"])
scraps = st.one_of(st.sampled_from(ODD), st.text(letters, max_size=6), st.sampled_from([" ", "máu ", "anh/chị "]))
words = st.one_of(
    st.lists(scraps, max_size=40).map("".join),
    st.tuples(scraps, st.integers(1, 3000)).map(lambda pair: (pair[0] * pair[1])[:5000]),
)
labels = st.lists(scraps, max_size=12).map("".join)
menus = st.lists(labels, max_size=60).map(lambda found: tuple(Choice(label, f"c.{n}") for n, label in enumerate(found)))
urls = st.sampled_from(["https://vidu.vn/a?b=1&c=2", "https://hien.example/form/x.y.z", "http://127.0.0.1:8080/form/x"])
links = st.none() | st.builds(Link, labels, urls)
pictures = st.none() | st.just("https://vidu.vn/anh.png")
facts = st.lists(scraps, max_size=6).map("".join)
tickets = st.none() | st.builds(
    TicketCard, facts, facts, facts, facts, st.none() | st.builds(Link, st.just("Phiếu có mã QR"), urls),
    st.sampled_from(["", "https://vidu.vn/t/A.png"]),
)  # fmt: skip
locations = st.none() | st.builds(
    Location, facts, facts, st.none() | st.builds(Link, st.just("Bản đồ"), st.just("https://ban.do/?q=1"))
)
messages = st.builds(
    Message, words, menus, links, pictures, st.booleans(), ticket=tickets, location=locations,
)  # fmt: skip
turns = st.lists(messages, max_size=3)

# --- what a person gets to see of it -----------------------------------------------------------------------------------


def seen(text: str) -> str:
    """What is left of a text when white space and what nobody sees are taken out; NFC is the one change `fit` makes."""
    return "".join(filter(_is_seen, unicodedata.normalize("NFC", text)))


_is_seen = cache(visible)

SHORTEST_TITLE = 40
"""A title that was cut has most of its hundred characters; a text may end in "…" of its own accord."""


@dataclass(frozen=True)
class Got:
    """What arrived: all words, what can be tapped, links, pictures."""

    words: str
    taps: frozenset[str]
    labels: frozenset[str]
    links: frozenset[str]
    pictures: tuple[str, ...]


def read(one: Sent) -> str:
    """The words of one message; a card of Zalo's says the beginning of a long text once more as its title."""
    title, _, rest = one.text.partition("\n")
    is_title = len(title) > SHORTEST_TITLE and title.endswith("…") and rest.startswith(title[:-1])
    return rest if is_title else one.text


def got(sent: Sequence[Sent]) -> Got:
    return Got(
        seen("".join(map(read, sent))),
        frozenset(payload.removeprefix(TAPPED) for one in sent for _, payload in one.choices),
        frozenset(seen(label) for one in sent for label, _ in one.choices),
        frozenset(one.link for one in sent if one.link),
        tuple(one.image for one in sent if one.image),
    )


def lost(turn: Sequence[Message], at: Got, limits: Limits) -> Iterator[str]:
    """Everything of a turn that did not arrive."""
    for message in turn:
        yield from _lost_of(message, at, limits)
    for number, choice in enumerate(offered(turn), start=1):
        label = seen(choice.label) or seen(choice.payload)
        by_number = seen(f"{number}.") + label in at.words
        if not (by_number or choice.payload in at.taps or label in at.labels):
            yield f"choice {number}"
    wanted = sum(bool(message.image) for message in turn) + sum(_shows_picture(m, limits) for m in turn)
    if len(at.pictures) != wanted:
        yield "a picture"


def _lost_of(message: Message, at: Got, limits: Limits) -> Iterator[str]:
    if seen(message.text) not in at.words:
        yield "words"
    for choice in message.choices:
        label = seen(choice.label) or seen(choice.payload)
        if label not in at.words and label not in at.labels:
            yield "a label"
    for fact in (
        *(message.ticket.facts if message.ticket else ()),
        *(message.location.facts if message.location else ()),
    ):
        if seen(fact) not in at.words:
            yield "a fact"
    page = message.ticket.page if message.ticket else None
    for link in (message.link, page, message.location.map if message.location and page is None else None):
        if link and link.url not in at.words and link.url not in at.links:
            yield "a link"


def _shows_picture(message: Message, limits: Limits) -> bool:
    ticket = message.ticket
    return bool(ticket and ticket.picture and not (limits.joined and ticket.page))


# --- the wires ---------------------------------------------------------------------------------------------------------


@dataclass(repr=False)
class Wire:
    """One platform on loopback with our channel over it; `runner` is the loop they live in."""

    runner: asyncio.Runner
    channel: Channel
    account: Account
    fake: Any

    def send(self, parts: Sequence[Message]) -> list[Sent]:
        """Every part over the wire, one call each. Raises SendError where the platform refuses."""
        self.fake.sent.clear()
        self.fake.calls.clear()
        self.runner.run(self._send(parts))
        assert len(self.fake.calls) == len(parts)
        return list(self.fake.sent)

    async def _send(self, parts: Sequence[Message]) -> None:
        for number, part in enumerate(parts):
            await self.channel.send(self.account, USER, part, f"reply:1:{number}")


def opened(runner: asyncio.Runner, name: str) -> tuple[Wire, SharedSession]:
    session = SharedSession()
    fake: Any
    match name:
        case "telegram":
            fake = FakeTelegram()
        case "messenger":
            fake = FakeMessenger()
        case _:
            fake = FakeZalo(per_minute=10**9)
            fake.buttons = name == "zalo-buttons"
    runner.run(fake.start())
    fake.touch(USER)
    channel: Channel
    if name == "telegram":
        account = telegram_account(fake)
        channel = Telegram([account], session, limits=TELEGRAM, base=fake.base_url)
    elif name == "messenger":
        account = messenger_account(fake)
        channel = Messenger([account], session, limits=MESSENGER, base=fake.base_url)
    else:
        account = zalo_account(fake)
        channel = Zalo(
            [account], session, limits=ZALO, base=fake.base_url, business=fake.base_url,
            card_image=CARD, buttons=name == "zalo-buttons",
        )  # fmt: skip
    return Wire(runner, channel, account, fake), session


@pytest.fixture(scope="module", params=["telegram", "messenger", "zalo", "zalo-buttons"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    with asyncio.Runner() as runner:
        made, session = opened(runner, request.param)
        yield made
        runner.run(session.close())
        runner.run(made.fake.stop())


LONG = tuple(Choice(f"Công đoàn cơ sở số {n}", f"c.{n}") for n in range(60))
FULL = Message(
    "Xong rồi ạ! " * 300, LONG, Link("Mẫu đăng ký trên một trang", "https://vidu.vn/a"), "https://vidu.vn/a.png", True,
    ticket=TicketCard("ABCDE-12345", "Ngày hội", "07:30", "Nhà văn hoá", Link("Phiếu", "https://vidu.vn/t/A"), "https://vidu.vn/t/A.png"),
    location=Location("Nhà văn hoá", "Phường Tân Phong", Link("Bản đồ", "https://ban.do/?q=1")),
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(turns)
@example([FULL])
@example([FULL, FULL])
@example([Message("\u200b" * 5000), Message("", LONG[:3])])
@example([Message("\x00\x07", link=Link("\u200b", "https://vidu.vn/a"))])
@example([Message("🇻🇳" * 2500), Message("e\u0323\u0302" * 2000, image="https://vidu.vn/a.png")])
def test_the_platform_takes_every_part_and_nothing_is_lost(wire: Wire, turn: list[Message]) -> None:
    limits = wire.channel.limits
    arrived = got(wire.send(fit(turn, limits, HINT)))
    assert list(lost(turn, arrived, limits)) == []


@settings(deadline=None, max_examples=80)
@given(turns)
@example([FULL])
def test_the_web_chat_takes_every_part_and_nothing_is_lost(turn: list[Message]) -> None:
    parts = fit(turn, WEB, HINT)
    assert [trouble(part, WEB) for part in parts] == [""] * len(parts)
    assert [Message.from_json(part.to_json()) for part in parts] == list(parts)
    sent = [as_sent(part) for part in parts]
    assert list(lost(turn, got(sent), WEB)) == []


def as_sent(part: Message) -> Sent:
    choices = tuple((choice.label, choice.payload) for choice in part.choices)
    link, image = part.link.url if part.link else "", part.image or ""
    return Sent(USER, part.text, "1", FakeTelegram().now, choices, link, image)


@settings(deadline=None, max_examples=100)
@given(messages)
@example(FULL)
def test_a_message_comes_back_from_its_json(message: Message) -> None:
    assert Message.from_json(message.to_json()) == message


@settings(deadline=None, max_examples=100)
@given(words, st.integers(20, 200))
def test_no_sign_is_cut_in_two_where_there_is_another_way(text: str, size: int) -> None:
    plain = unicodedata.normalize("NFC", text)
    pieces = split(plain, size)
    assert all(0 < measure(piece) <= size for piece in pieces)
    assert "".join("".join(piece.split()) for piece in pieces) == "".join(plain.split())


@pytest.mark.parametrize("sign", ["👩‍🏭", "👍🏽", "🇻🇳", "❤️", "🏴\U000e0067\U000e007f", "x\u0323\u0302"])
@pytest.mark.parametrize("size", [23, 24, 25, 26, 27])
def test_signs_of_several_parts_stay_whole(sign: str, size: int) -> None:
    pieces = split(sign * 40, size)
    assert [piece.replace(sign, "") for piece in pieces] == [""] * len(pieces)
    assert "".join(pieces) == sign * 40
