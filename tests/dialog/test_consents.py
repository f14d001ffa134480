"""The five consents: each asked once, given by a clear act, withdrawn one by one."""

from dataclasses import replace
from datetime import date

import pytest

from bot.dialog.consents import to_ask
from bot.dialog.turns import Cancel, GiveConsent, KeepBloodGroup, WithdrawConsent
from bot.domain.consents import Purpose
from bot.domain.conversations import Conversation, Handoff
from bot.domain.updates import ChannelKind
from tests.dialog.stage import FIRST, MAI, NOW, SECOND, MakeStage, Stage, booked

GIVEN = date(2026, 8, 1)
REGISTER = ("/dangky", ">Đồng ý", ">Không cần", ">Dùng", ">Không làm")
R, REMINDER, NEWS, URGENT, HONOUR = Purpose


def register(chat: Stage, *lines: str) -> list[str]:
    """Somebody we know registers once more; the answer to the confirmation."""
    return chat.play(*REGISTER, *lines, ">07:30", ">Xác nhận")


def test_it_asks_for_news_under_the_first_ticket_and_never_again(stage: MakeStage) -> None:
    chat = stage(person=MAI, drives=(FIRST,))
    assert register(chat) == ["registration.confirmed", "consent.news"]
    assert chat.labels == ["Đồng ý", "Không, cảm ơn", "Lịch của tôi", "Trước khi hiến", "Menu"]
    assert chat.tap("Không, cảm ơn") == ["consents.left"]
    assert not any(isinstance(effect, GiveConsent) for effect in chat.effects)
    chat.catalogue = replace(chat.catalogue, drives=(SECOND,))
    assert register(chat) == ["registration.confirmed"]


def test_it_asks_who_has_given_before_for_appeals_and_then_for_honour(stage: MakeStage) -> None:
    known = Conversation(greeted=True, asked=("news",))
    chat = stage(person=MAI, drives=(FIRST,), last_given_on=GIVEN, conversation=known)
    assert register(chat) == ["registration.confirmed", "consent.urgent"]
    chat.catalogue = replace(chat.catalogue, drives=(SECOND,))
    assert register(chat) == ["registration.confirmed", "consent.honour"]
    assert chat.say("đồng ý ạ") == ["consents.on.honour"]
    assert chat.dossier.consents >= {HONOUR}
    assert chat.conversation.asked == ("news", "urgent", "honour")


def test_it_takes_no_silence_for_a_yes(stage: MakeStage) -> None:
    chat = stage(person=MAI, drives=(FIRST,))
    register(chat)
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]
    assert chat.dossier.consents == {R}
    assert chat.say("có") != ["consents.on.news"]


def test_it_asks_nothing_more_of_who_said_stop(stage: MakeStage) -> None:
    chat = stage(person=MAI, drives=(FIRST,), last_given_on=GIVEN)
    chat.say("DỪNG")
    assert register(chat) == ["registration.confirmed"]


@pytest.mark.parametrize("typed", ["bật tin tức", "dong y nhan tin", "tôi muốn nhận tin về các đợt hiến máu"])
def test_who_asks_for_news_is_shown_the_question_and_never_subscribed_by_it(stage: MakeStage, typed: str) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    assert chat.say(typed) == ["consent.news"]
    assert NEWS not in chat.dossier.consents
    assert chat.tap("Đồng ý") == ["consents.on.news"]
    assert NEWS in chat.dossier.consents
    assert chat.say(typed) == ["consents.on.news"]


def test_who_asks_for_news_and_is_nobody_yet_is_told_to_register_first(stage: MakeStage) -> None:
    chat = stage(drives=(FIRST,))
    assert chat.say("bật tin tức") == ["consents.register-first"]
    assert chat.dossier.consents == frozenset()


@pytest.mark.parametrize(
    ("typed", "answer", "given"),
    [
        ("có", ["consents.on.news"], True),
        ("ok em", ["consents.on.news"], True),
        ("1", ["consents.on.news"], True),
        ("dong y", ["consents.on.news"], True),
        ("không", ["consents.left"], False),
        ("👍", ["consents.on.news"], True),
        ("thôi khỏi", ["consents.left"], False),
        ("2", ["consents.left"], False),
        ("dừng tin tức", ["consents.left"], False),
        ("khong muon nhan tin tuc", ["consents.left"], False),
    ],
)
def test_it_takes_typed_answers_like_taps(stage: MakeStage, typed: str, answer: list[str], given: bool) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    chat.press("c.news.ask")
    assert chat.say(typed) == answer
    assert (NEWS in chat.dossier.consents) is given


BLOOD = [
    (">O+", "O+"),
    ("o+", "O+"),
    ("nhóm O dương ạ", "O+"),
    ("AB âm", "AB-"),
    ("a -", "A-"),
    ("B rh+", "B+"),
    ("0+", "O+"),
    ("chưa biết", None),
    (">Chưa biết", None),
    ("bỏ qua", None),
]


@pytest.mark.parametrize(("answer", "kept"), BLOOD, ids=[row[0] for row in BLOOD])
def test_it_keeps_the_blood_group_for_appeals_only_if_told(stage: MakeStage, answer: str, kept: str | None) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    assert chat.play("/dulieu", ">Điều tôi", ">Đồng ý gọi", ">Đồng ý") == ["consents.ask-blood-group"]
    assert URGENT in chat.dossier.consents
    chat.play(answer)
    assert chat.about == (["consents.blood-kept"] if kept else ["consents.on.urgent"])
    assert chat.done == ([KeepBloodGroup(kept)] if kept else [])


def test_it_records_a_yes_once_however_often_it_is_pressed(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    for purpose in ("news", "urgent", "reminder"):
        for _ in range(2):
            chat.press(f"c.{purpose}.yes")
    assert [effect.consent.purpose for effect in chat.effects if isinstance(effect, GiveConsent)] == [
        NEWS, URGENT, REMINDER,
    ]  # fmt: skip


def test_it_asks_for_the_sign_where_only_the_letter_was_typed(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    chat.play("/dulieu", ">Điều tôi", ">Đồng ý gọi", ">Đồng ý")
    assert chat.say("nhóm AB") == ["consents.blood-sign"]
    assert chat.labels == ["AB+", "AB-", "Chưa biết"]
    assert chat.tap("AB-") == ["consents.blood-kept"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+", "AB+"),
        ("-", "AB-"),
        ("dấu trừ ạ", "AB-"),
        ("dương tính", "AB+"),
        ("âm", "AB-"),
        ("cộng", "AB+"),
        ("ab am", "AB-"),
    ],
)
def test_it_takes_the_sign_alone_where_it_asked_for_it(stage: MakeStage, typed: str, kept: str) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    chat.press("c.urgent.yes")
    assert chat.say("+") == ["topic.unknown"]
    chat.press("c.urgent.yes")
    chat.say("nhóm AB")
    assert chat.say(typed) == ["consents.blood-kept"]
    assert chat.done == [KeepBloodGroup(kept)]


def test_it_keeps_no_blood_group_without_the_consent(stage: MakeStage) -> None:
    assert stage(person=MAI).press("b.O+") == ["registration.past", "menu.what"]
    assert stage().press("b.X") == ["registration.past", "menu.what"]


def test_it_lists_each_purpose_with_a_way_to_change_it(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=frozenset({R, REMINDER}))
    assert chat.press("m.consents") == ["consents.list"]
    assert "nhắc lịch: anh/chị đã đồng ý" in chat.last.text
    assert "tin tức: chưa đồng ý" in chat.last.text
    assert chat.labels == [
        "Thôi giữ chỗ", "Thôi nhắc lịch", "Đồng ý tin tức", "Đồng ý gọi khẩn cấp", "Đồng ý nêu tên", "Menu",
    ]  # fmt: skip
    assert chat.tap("Thôi nhắc lịch") == ["consents.off.reminder"]
    assert chat.done == [WithdrawConsent((REMINDER,))]


@pytest.mark.parametrize("typed", ["những điều tôi đồng ý", "xem nhung dieu toi dong y a", "điều tôi đồng ý"])
def test_it_lists_them_for_the_typed_button(stage: MakeStage, typed: str) -> None:
    assert stage(person=MAI).play("/dulieu", typed) == ["consents.list"]


def test_it_explains_that_the_registrations_consent_is_the_place(stage: MakeStage) -> None:
    chat = stage(person=MAI, registrations=(booked(1), booked(2)), consents=frozenset({R}))
    assert chat.press("c.registration.off") == ["consents.registration-places"]
    assert chat.labels == ["Huỷ chỗ", "Xoá hết", "Menu"]
    assert chat.done == []
    assert chat.tap("Huỷ chỗ") == ["consents.off.registration"]
    assert chat.done == [Cancel(1), Cancel(2), WithdrawConsent((R,))]
    assert chat.press("c.registration.yes") == ["consents.list"]


def test_it_withdraws_the_registrations_consent_without_a_place(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=frozenset({R}))
    assert chat.press("c.registration.off") == ["consents.registration-none"]
    assert chat.tap("Rút lại") == ["consents.off.registration"]
    assert chat.done == [WithdrawConsent((R,))]


def test_it_gives_no_consent_to_who_is_nobody_yet(stage: MakeStage) -> None:
    for payload in ("c.news.yes", "c.urgent.ask", "c.honour.no"):
        chat = stage()
        assert chat.press(payload) == ["consents.register-first"]
        assert chat.done == []


ONE_BY_ONE = [
    ("dừng tin tức", NEWS), ("dung tin tuc", NEWS), ("ngừng gửi tin tức nhé", NEWS), ("stop news", NEWS), ("/dung tin tuc", NEWS),
    ("thôi nhắc lịch", REMINDER), ("thoi nhac lich", REMINDER), ("đừng nhắc nữa ạ", REMINDER), ("stop reminders", REMINDER),
    ("đừng gọi khẩn cấp nữa", URGENT), ("dung goi khan cap nua", URGENT), ("không muốn nhận kêu gọi nữa", URGENT), ("stop appeals", URGENT),
    ("không nêu tên tôi", HONOUR), ("khong neu ten toi", HONOUR), ("đừng nêu tên em nhé", HONOUR), ("do not name me", HONOUR),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "purpose"), ONE_BY_ONE, ids=[row[0] for row in ONE_BY_ONE])
@pytest.mark.parametrize("owned", [False, True], ids=["", "while staff talk"])
def test_it_withdraws_just_that_purpose(stage: MakeStage, typed: str, purpose: Purpose, owned: bool) -> None:
    talking = Conversation(greeted=True, handoff=Handoff.TALKING if owned else Handoff.NONE, handoff_since=NOW)
    chat = stage(person=MAI, consents=frozenset(Purpose), conversation=talking)
    assert chat.say(typed) == [f"consents.off.{purpose}"]
    assert chat.done == [WithdrawConsent((purpose,))]
    assert chat.dossier.consents == frozenset(Purpose) - {purpose}


def test_it_takes_a_no_to_the_reminder_for_an_answer_of_the_form(stage: MakeStage) -> None:
    chat = stage(drives=(FIRST,))
    chat.play("/dangky", ">Đồng ý")
    assert chat.say("đừng nhắc") == ["registration.ask-name"]


@pytest.mark.parametrize("channel", ChannelKind)
def test_it_says_where_the_messages_pass(stage: MakeStage, channel: ChannelKind) -> None:
    chat = stage(person=MAI, channel=channel)
    chat.press("c.news.ask")
    assert chat.catalogue.words.text(f"channel.{channel}", "vi") in chat.last.text


def test_on_the_web_chat_it_asks_for_nothing_it_could_not_keep(stage: MakeStage) -> None:
    chat = stage(channel=ChannelKind.WEB, last_given_on=date(2026, 3, 2))
    assert to_ask(chat.talk()) is None
