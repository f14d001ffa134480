"""Whatever people tap and type in a self-check: an answer within every limit, no words kept, and no state left behind."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialog.payloads import parse
from bot.domain.conversations import OVER, SELF_CHECK
from bot.domain.updates import ChannelKind, Pressed, Said, SentSomething, SharedPhone, Started
from tests.dialog.stage import MAI, MakeStage, booked

TYPED = [
    "có", "không", "ko", "chưa", "rồi", "50", "43,5kg", "17", "28 tuổi", "hôm qua", "tháng trước", "2/9", "31/2/2026", "20/11/2030", "3 tháng",
    "em mới xăm", "em bị sốt xuất huyết tuần trước", "không bị sốt rét", "còn nữa", "hết rồi", "quay lại", "thoát", "xem thêm", "1", "2", "10",
    "xăm có hiến được không", "giá vàng bao nhiêu", "gặp người thật", "menu", "/kiemtra", "/dangky", "/xoa", "/english", "dừng", "👍", " ", "x" * 3000,
    "không, nhưng em mới xăm hôm qua", "chưa khỏi", "em bị ngất rồi", "2k12",
]  # fmt: skip
STEP = st.one_of(
    st.integers(0, 9),
    st.integers(0, 9),
    st.builds(Said, st.one_of(st.sampled_from(TYPED), st.text(max_size=30))),
    st.builds(Pressed, st.from_regex(r"x[0-9]\.[a-z]{3,7}(-(which|when|more))?\.[a-z0-9-]{1,12}", fullmatch=True)),
    st.sampled_from([SentSomething("sticker"), Started(), SharedPhone("84912345678")]),
    st.timedeltas(timedelta(0), timedelta(minutes=20)),
)
KNOWN = st.sampled_from(
    [
        {},
        {"new": True},
        {"person": MAI},
        {"person": MAI, "next_on": date(2026, 12, 30), "last_given_on": date(2026, 10, 7)},
        {"person": MAI, "deferred_until": date(2027, 5, 1), "registrations": (booked(),)},
    ]
)
ALLOWED = {
    "drive",
    "until",
    "doctor",
    "ml",
    "item",
    "back",
    "before_until",
    "before_doctor",
    "before_ml",
    "before_item",
}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25), known=KNOWN, channel=st.sampled_from(ChannelKind))
def test_it_answers_whatever_comes_and_keeps_nothing(  # type: ignore[no-untyped-def]
    stage: MakeStage, steps, known, channel
) -> None:
    chat = stage(channel=channel, **known)
    assert chat.say("/kiemtra") == ["self-check.begin"]
    for step in steps:
        before = chat.form
        running = before is not None and before.name == SELF_CHECK and before.step != OVER
        if isinstance(step, timedelta):
            chat.now += step
            continue
        if isinstance(step, int):
            offered = chat.conversation.offered
            if not offered:
                continue
            payload = offered[step % len(offered)].payload
            assert str(parse(payload)) == payload
            chat.press(payload)
        else:
            chat.hear(step)
        _keeps_nothing(chat, running=running)


def _keeps_nothing(chat, *, running: bool) -> None:  # type: ignore[no-untyped-def]
    form = chat.form
    assert not (running and chat.said.keep_words)
    checking = form is not None and form.name == SELF_CHECK
    assert not checking or not chat.said.keep_answer
    if checking:
        assert set(form.answers) <= (ALLOWED if form.step != OVER else {"drive"})
    else:
        assert not any(choice.payload.startswith("x") for choice in chat.conversation.offered)
