"""Whatever people type and tap, in whatever order: an answer within every limit, and never an exception."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialog.payloads import parse
from bot.domain.consents import Purpose
from bot.domain.conversations import Handoff
from bot.domain.updates import ChannelKind, FilledForm, Pressed, Said, SentSomething, SharedPhone, Started
from tests.dialog.stage import FIRST, MAI, REMINDERS, SECOND, MakeStage, after_reminder, booked, drive
from tests.dialog.test_page import GOOD

TYPED = [
    "đồng ý", "không", "có", "Lò Thị Mai", "20/11/1990", "1/1/2015", "0912345678", "than uyen", "cong ty", "công đoàn", "7h30", "05/12",
    "1", "2", "3", "8", "10", "menu", "/start", "/dangky", "/lich", "/huy", "/xoa", "/english", "/tiengviet", "thoát", "dừng",
    "hiến máu có đau không?", "giá vàng bao nhiêu", "em bị ngất rồi", "gặp người thật", "xin chào", "👍", "…", " ",
    "huỷ lịch", "sửa họ tên", "xác nhận", "confirm", "/dulieu", "xoá hết", "/biep", "bỏ qua", "bị ép đi hiến máu", "dừng tin tức", "đừng nhắc nữa", "O+", "nhóm AB",
    "/canbo K7QX-2MPD", "đừng dùng máu của tôi", "yes", "http://a.b", "x" * 3000,
    "để sau", "tháng sau hỏi lại", "em sẽ đến", "khoẻ rồi", "hơi chóng mặt", "tôi làm ca đêm", "/gio", "hết làm ca đêm rồi",
]  # fmt: skip

TEXT = st.builds(Said, st.one_of(st.sampled_from(TYPED), st.text(max_size=40)))
TAP = st.integers(0, 9)
PRESS = st.builds(
    Pressed, st.one_of(st.text(max_size=70), st.from_regex(r"[rgdmtlcbepnw][0-9]?\.[a-z0-9.+-]{1,18}", fullmatch=True))
)
OTHER = st.sampled_from(
    [
        Started(),
        Started("lc-2026-12-05"),
        SharedPhone("84912345678"),
        SharedPhone(""),
        SentSomething("sticker"),
        FilledForm("registration", GOOD),
        FilledForm("registration", {}),
        FilledForm("other", {}),
    ]
)
STEPS = st.lists(
    st.one_of(TEXT, TAP, TAP, TAP, PRESS, OTHER, st.timedeltas(timedelta(0), timedelta(days=40))), max_size=30
)
KNOWN = st.sampled_from(
    [
        {},
        {"new": True},
        {"person": MAI},
        {"person": MAI, "registrations": (booked(1),), "next_on": date(2026, 12, 30)},
        {"person": MAI, "registrations": (booked(1), booked(2)), "consents": frozenset(Purpose)},
        {"person": MAI, "last_given_on": date(2026, 8, 1), "consents": frozenset({Purpose.NEWS, Purpose.URGENT})},
        *({name: known for name, known in after_reminder(what).items() if name != "drives"} for what in REMINDERS),
    ]
)
DRIVES = st.sampled_from(
    [(), (FIRST,), (FIRST, SECOND), (drive(1, 5, slots=1, taken=9),), tuple(drive(n, n) for n in range(1, 13))]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, known=KNOWN, drives=DRIVES, channel=st.sampled_from(ChannelKind), refuse=st.booleans())
def test_it_answers_whatever_comes(stage: MakeStage, steps, known, drives, channel, refuse) -> None:  # type: ignore[no-untyped-def]
    chat = stage(drives=drives, channel=channel, **known)
    for step in steps:
        if isinstance(step, timedelta):
            chat.now += step
            chat.catalogue = stage(drives=tuple(d for d in drives if d.ends_at > chat.now)).catalogue
        elif isinstance(step, int):
            offered = chat.conversation.offered
            if offered:
                payload = offered[step % len(offered)].payload
                assert str(parse(payload)) == payload
                assert chat.press(payload, refuse=refuse)
        else:
            answered = chat.hear(step)
            assert answered or chat.conversation.handoff is Handoff.TALKING
