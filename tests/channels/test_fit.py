"""It fits messages to every channel: legal parts, nothing lost."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.fit import fit, offered, trouble
from bot.channels.splitting import measure, shorten, split, visible
from bot.domain.messages import Choice, Link, Message
from bot.domain.platforms import Limits
from tests.facts import MESSENGER, TELEGRAM, WEB, ZALO

ALL = {"telegram": TELEGRAM, "messenger": MESSENGER, "zalo": ZALO, "web": WEB}
HINT = "Trả lời bằng số."
SMALL = Limits(text=80, choices=3, label=12, link_text=40, caption=30)
TIGHT = (SMALL, Limits(text=60, choices=0, label=20, joined=True), Limits(text=50, choices=2, label=9, fleeting=True))

words = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(" \n.!?ảậ😀👩‍🏭"), max_size=300)
choices = st.lists(
    st.builds(
        Choice,
        st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40),
        st.text("abc:123", min_size=1, max_size=20),
    ),
    max_size=18,
).map(tuple)
links = st.none() | st.builds(
    Link, st.text("xem thêm ", max_size=30), st.sampled_from(["https://vidu.vn/a", "http://127.0.0.1:8080/form/x"])
)
pictures = st.none() | st.just("https://vidu.vn/anh.png")
turns = st.lists(st.builds(Message, words, choices, links, pictures, st.booleans()), max_size=4)
unhurried = settings(deadline=None, max_examples=60)
channels = st.sampled_from([*ALL.values(), *TIGHT])


def bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def letters(text: str) -> str:
    """Without marks: where a cut takes the space between two of them, they change places when they are composed."""
    plain = "".join(unicodedata.normalize("NFD", text).split())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def marks(text: str) -> int:
    return sum(unicodedata.combining(sign) > 0 for sign in unicodedata.normalize("NFD", text))


@unhurried
@given(turns, channels)
def test_makes_only_legal_parts(turn: list[Message], limits: Limits) -> None:
    assert [trouble(part, limits) for part in fit(turn, limits, HINT)] == ["" for _ in fit(turn, limits, HINT)]


@unhurried
@given(turns, channels)
def test_loses_no_character(turn: list[Message], limits: Limits) -> None:
    whole = "".join(part.text for part in fit(turn, limits, HINT))
    at = 0
    said = [message.text for message in turn if visible(message.text)]  # a lone soft hyphen is nothing to send
    for text in said:
        found = letters(whole).find(letters(text), at)
        assert found >= 0
        at = found + len(letters(text))
    assert marks(whole) >= sum(marks(text) for text in said)


@unhurried
@given(turns, channels)
def test_loses_no_label_and_keeps_every_payload_of_the_menu_that_counts_in_reach(
    turn: list[Message], limits: Limits
) -> None:
    parts = fit(turn, limits, HINT)
    shown = bare("".join(part.text for part in parts))
    tapped = [choice for part in parts for choice in part.choices]
    labels = {bare(choice.label) for choice in tapped}
    for choice in (choice for message in turn for choice in message.choices):
        assert bare(choice.label) in shown or bare(choice.label) in labels
    for number, choice in enumerate(offered(turn), start=1):
        by_number = bare(f"{number}.{' '.join(choice.label.split()) or choice.payload}") in shown
        assert by_number or choice.payload in {tap.payload for tap in tapped}


@unhurried
@given(turns, channels)
def test_keeps_links_and_pictures(turn: list[Message], limits: Limits) -> None:
    parts = fit(turn, limits, HINT)
    text = bare("".join(part.text for part in parts))
    for message in turn:
        if message.link:
            assert message.link.url in text or any(part.link and part.link.url == message.link.url for part in parts)
    assert sum(bool(part.image) for part in parts) == sum(bool(message.image) for message in turn)


@unhurried
@given(words, st.integers(20, 120))
def test_splits_without_losing_order_or_more_than_white_space(text: str, size: int) -> None:
    pieces = split(text, size)
    assert all(0 < measure(piece) <= size for piece in pieces)
    assert "".join("".join(piece.split()) for piece in pieces) == "".join(text.split())


@unhurried
@given(st.text(max_size=80), st.integers(8, 40))
def test_shortens_to_the_limit_on_one_line(label: str, limit: int) -> None:
    short = shorten(label, limit)
    assert measure(short) <= limit
    assert "\n" not in short


@pytest.mark.parametrize(
    ("label", "limit", "expected"),
    [
        pytest.param("Ca sáng", 20, "Ca sáng", id="a label that fits stays"),
        pytest.param("CĐCS Công ty Chè Than Uyên", 20, "CĐCS Công ty Chè…", id="cut at a word"),
        pytest.param("Anhchịchọnmộtcasángđể", 10, "Anhchịchọ…", id="a single long word is cut in it"),
        pytest.param("Sáng thứ Bảy, 05/12 ở Tân Phong", 14, "Sáng thứ Bảy…", id="no comma before the dots"),
        pytest.param("Hai\ndòng", 20, "Hai dòng", id="always one line"),
    ],
)
def test_shortens_labels(label: str, limit: int, expected: str) -> None:
    assert shorten(label, limit) == expected


def menu(*labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(label, f"c:{number}") for number, label in enumerate(labels, start=1))


def test_joins_a_zalo_turn_into_one_call_with_a_numbered_menu() -> None:
    turn = [
        Message("Cảm ơn anh/chị.", link=Link("Mẫu đăng ký", "https://vidu.vn/form/t")),
        Message("Anh/chị chọn ca nào?", menu("Sáng", "Chiều")),
    ]
    assert fit(turn, ZALO, HINT) == (
        Message(
            "Cảm ơn anh/chị.\n\nMẫu đăng ký: https://vidu.vn/form/t\n\nAnh/chị chọn ca nào?\n\n"
            "1. Sáng\n2. Chiều\n\nTrả lời bằng số."
        ),
    )


def test_numbers_only_the_menu_that_is_remembered() -> None:
    turn = [Message("Một", menu("A", "B")), Message("Hai", menu("C", "D")), Message("Ba")]
    (part,) = fit(turn, ZALO)
    assert part.text == "Một\n\n• A\n• B\n\nHai\n\nBa\n\n1. C\n2. D"
    assert offered(turn) == menu("C", "D")


def test_writes_a_long_menu_out_and_keeps_as_many_buttons_as_fit() -> None:
    labels = [f"Ca {hour} giờ" for hour in range(15)]
    (part,) = fit([Message("Chọn ca:", menu(*labels))], MESSENGER, HINT)
    assert part.text.startswith("Chọn ca:\n\n1. Ca 0 giờ\n2. Ca 1 giờ\n")
    assert part.text.endswith(f"15. Ca 14 giờ\n\n{HINT}")
    assert [choice.label for choice in part.choices] == [f"{n}. Ca {n - 1} giờ" for n in range(1, 14)]


def test_writes_labels_out_that_a_button_would_cut() -> None:
    (part,) = fit([Message("Đơn vị?", menu("CĐCS Công ty Chè Than Uyên", "Khác"))], MESSENGER)
    assert part.text == "Đơn vị?\n\n1. CĐCS Công ty Chè Than Uyên\n2. Khác"
    assert [choice.label for choice in part.choices] == ["1. CĐCS Công ty Chè…", "2. Khác"]


def test_puts_quick_replies_on_the_last_message_because_they_vanish_with_the_next() -> None:
    turn = [Message("Một", menu("A")), Message("Hai", menu("B")), Message("Ba")]
    parts = fit(turn, MESSENGER)
    assert [part.text for part in parts] == ["Một\n\n• A", "Hai", "Ba"]
    assert [part.choices for part in parts] == [(), (), (Choice("B", "c:1"),)]


def test_keeps_telegram_menus_where_they_are() -> None:
    turn = [Message("Một", menu("A")), Message("Hai")]
    assert fit(turn, TELEGRAM) == tuple(turn)


def test_cuts_at_a_paragraph_and_puts_the_menu_on_the_last_part() -> None:
    first, second = "Câu một. " * 200, "Câu hai. " * 150
    parts = fit([Message(f"{first}\n\n{second}", menu("A"))], MESSENGER)
    assert [part.text for part in parts] == [first.strip(), second.strip()]
    assert [len(part.choices) for part in parts] == [0, 1]


@pytest.mark.parametrize(
    ("limits", "message", "button"),
    [
        pytest.param(TELEGRAM, Message("Xem", link=Link("Mở", "https://vidu.vn/a")), True, id="https on telegram"),
        pytest.param(
            TELEGRAM, Message("Xem", link=Link("Mở", "http://127.0.0.1:8080/a")), False, id="local on telegram"
        ),
        pytest.param(
            TELEGRAM,
            Message("Xem", link=Link("Mở", "https://vidu.vn/a"), ask_phone=True),
            False,
            id="the phone keyboard has no links",
        ),
        pytest.param(MESSENGER, Message("Xem", link=Link("Mở", "https://vidu.vn/a")), True, id="messenger"),
        pytest.param(
            MESSENGER,
            Message("Xem", menu("A"), Link("Mở", "https://vidu.vn/a")),
            False,
            id="beside quick replies",
        ),
        pytest.param(
            MESSENGER,
            Message("Xem " * 200, link=Link("Mở", "https://vidu.vn/a")),
            False,
            id="text over the template's 640",
        ),
        pytest.param(ZALO, Message("Xem", link=Link("Mở", "https://vidu.vn/a")), False, id="zalo has no buttons"),
    ],
)
def test_makes_a_link_a_button_where_it_may(limits: Limits, message: Message, button: bool) -> None:
    last = fit([message], limits)[-1]
    assert (last.link is not None) is button
    assert ("https://" in last.text or "http://" in last.text) is not button


def test_sends_a_picture_first_where_it_cannot_carry_the_text() -> None:
    message = Message("Chào", menu("A"), image="https://vidu.vn/a.png")
    assert fit([message], MESSENGER) == (
        Message("", image="https://vidu.vn/a.png"),
        Message("Chào", menu("A")),
    )
    assert fit([message], TELEGRAM) == (message,)


def test_never_cuts_an_emoji_in_two() -> None:
    worker = "👩‍🏭"
    pieces = split(worker * 40, 50)
    assert all(piece.replace(worker, "") == "" for piece in pieces)


def test_names_the_link_before_the_numbers() -> None:
    message = Message("Đăng ký ạ?", menu("Hỏi ở đây"), Link("Một trang", "https://vidu.vn/form/t"))
    (part,) = fit([message], ZALO, HINT)
    assert part.text == f"Đăng ký ạ?\n\nMột trang: https://vidu.vn/form/t\n\n1. Hỏi ở đây\n\n{HINT}"


def test_says_nothing_for_nothing() -> None:
    assert fit([Message("  ")], TELEGRAM) == ()
    assert offered([Message("x")]) == ()
