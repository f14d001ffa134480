"""The self-check as people go through it: six taps, their own words, ways back and out, and nothing left behind."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.dialog.selfcheck_groups import GROUPS, NEVER_ASKED_APART, YEAR, Kind
from bot.dialog.turns import AskLater, GiveConsent
from bot.domain.consents import Purpose
from bot.domain.conversations import OVER, Conversation, Handoff
from bot.domain.rules import NO_RULES
from bot.domain.updates import ChannelKind, Echoed, Receipted, SentSomething
from bot.library.library import Library
from tests.dialog.stage import FIRST, MAI, NOW, MakeStage, Stage, booked

HEALTHY = ("50", "Chưa hiến", "Không có", "Không có", "Không có", "Không có")
GIVEN = date(2025, 1, 5)
ENTRIES = [
    "/kiemtra", "kiểm tra", "tự xem trước", "em co hien dc ko, kiem tra giup em", "kiểm tra xem em có hiến được không",
    "e muon tu kiem tra truoc khi di hien", "check giup e xem co hien mau dc k",
]  # fmt: skip
ORDINARY = [
    "hiến máu có được kiểm tra HIV không", "kiểm tra giúp em lịch hẹn của em", "em xăm hôm 2/3 hiến được chưa",
    "máu có được kiểm tra không", "em có hiến được không",
]  # fmt: skip


def walk(chat: Stage, *lines: str) -> list[str]:
    """Every turn keeps neither their words nor ours."""
    for line in lines:
        chat.play(line)
        assert (chat.said.keep_words, chat.said.keep_answer) == (False, False), line
    return chat.about


def taps(chat: Stage, *labels: str) -> list[str]:
    return walk(chat, *(f">{label}" for label in labels))


def begun(stage: MakeStage, **known: Any) -> Stage:
    chat = stage(**known)
    assert chat.say("/kiemtra") == ["self-check.begin"]
    return chat


def outcome(chat: Stage) -> dict[str, Any]:
    """What the state holds, without the way back."""
    return {k: v for k, v in chat.form.answers.items() if not k.startswith("before_") and k != "back"}


@pytest.mark.parametrize("typed", ENTRIES)
def test_it_begins_by_typed_words(stage: MakeStage, typed: str) -> None:
    assert stage().say(typed) == ["self-check.begin"]


@pytest.mark.parametrize("typed", ORDINARY)
def test_it_leaves_ordinary_questions_alone(stage: MakeStage, typed: str) -> None:
    assert stage().say(typed) != ["self-check.begin"]


def test_it_begins_from_the_menu_a_topic_and_the_registration(stage: MakeStage) -> None:
    chat = stage()
    chat.press("m.menu")
    assert chat.tap("Tự xem trước") == ["self-check.begin"]
    chat.press("t.who-may")
    assert chat.tap("Tự xem trước") == ["self-check.begin"]
    chat.press("m.register")
    assert chat.tap("Tự xem trước") == ["self-check.begin"]


def test_it_takes_six_taps_for_somebody_we_know(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    asked = [chat.about]
    for label in ("Từ 50 kg", *HEALTHY[1:]):
        asked.append(chat.tap(label))
    assert len(asked) - 1 == 6
    assert asked[1:-1] == [[f"self-check.ask-{step}"] for step in ("last", *GROUPS)]
    assert asked[-1] == ["self-check.may-come"]


def test_it_takes_seven_for_a_stranger(stage: MakeStage) -> None:
    chat = begun(stage)
    assert taps(chat, "18 đến 60", "Từ 50 kg", *HEALTHY[1:]) == ["self-check.may-come"]


def test_it_says_usually_who_decides_and_the_source(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", *(f">{label}" for label in HEALTHY[1:]))
    for told in ("thường", "450 ml", "Bác sĩ tại điểm hiến", "quyết định", "Thông tư 26/2013/TT-BYT", "đã xoá"):
        assert told.casefold() in chat.last.text.casefold()
    assert "đủ điều kiện" not in chat.last.text
    assert chat.labels == ["Đăng ký hiến máu", "Trước khi hiến", "Gặp người phụ trách", "Menu"]


def test_it_is_done_by_typed_words_alone(stage: MakeStage) -> None:
    chat = begun(stage)
    assert walk(chat, "em 28 tuoi", "53 ky", "chua bao gio hien", "ko", "hong a", "dạ không", "k") == [
        "self-check.may-come"
    ]


def test_it_is_done_by_numbers_alone(stage: MakeStage) -> None:
    assert walk(begun(stage), "2", "4", "1", "1", "1", "1", "1") == ["self-check.may-come"]


@pytest.mark.parametrize(
    ("typed", "label"),
    [("43kg", "42 đến"), ("43,5 ký", "42 đến"), ("nặng 47", "45 đến"), ("50", "Từ 50"), ("100", "Từ 50")],
)
def test_it_reads_a_weight_as_its_band(stage: MakeStage, typed: str, label: str) -> None:
    spoken, tapped = begun(stage, person=MAI), begun(stage, person=MAI)
    walk(spoken, typed)
    taps(tapped, label)
    assert spoken.form.answers == tapped.form.answers


@pytest.mark.parametrize("typed", ["17", "em 17 tuổi", "sinh năm 2012", "1/1/2012", "Dưới 18 tuổi", "2k12"])
def test_it_ends_at_once_for_who_is_too_young(stage: MakeStage, typed: str) -> None:
    chat = begun(stage)
    assert walk(chat, typed) == ["self-check.young"]
    assert "18 tuổi" in chat.last.text


@pytest.mark.parametrize("typed", ["65", "sinh năm 1950", "2/2/1950", "Trên 60 tuổi"])
def test_it_leaves_who_is_older_to_the_doctor(stage: MakeStage, typed: str) -> None:
    chat = begun(stage)
    walk(chat, typed)
    assert outcome(chat) == {"doctor": True}


def test_it_ends_at_once_for_who_is_too_light(stage: MakeStage) -> None:
    assert walk(begun(stage, person=MAI), "40kg") == ["self-check.light"]


def test_it_names_the_day_of_something_told_in_own_words(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Không có", ">Không có")
    assert walk(chat, "e co xam hom 2/9") == ["self-check.ask-more"]
    assert outcome(chat) == {"ml": 450, "until": "2027-03-02"}
    assert walk(chat, "ko", "không") == ["self-check.wait"]
    assert "02/03/2027" in chat.last.text


def test_it_asks_which_and_when(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Không có", ">Không có", ">Có")
    assert chat.about == ["self-check.ask-which"]
    walk(chat, ">Xem thêm", ">Bệnh lao")
    assert chat.about == ["self-check.when-recovery"]
    assert chat.labels[0] == "Chưa khỏi hẳn"
    walk(chat, ">3–6 tháng")
    assert outcome(chat) == {"ml": 450, "until": "2027-08-22"}


@pytest.mark.parametrize("typed", ["em chưa khỏi ạ", "vẫn đang bị", "Chưa khỏi hẳn", "1"])
def test_it_counts_what_is_not_over_from_today(stage: MakeStage, typed: str) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Không có", ">Có", ">COVID", typed)
    assert outcome(chat) == {"ml": 450, "until": "2026-12-02"}


def test_it_adds_several_up_to_the_latest_day(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(
        chat,
        "47",
        "20/10/2026",
        ">Có",
        ">Đang ốm",
        ">Còn nữa",
        ">Rượu bia",
        ">Không còn",
        ">Có",
        ">Vắc-xin sởi",
        "hôm qua",
    )
    walk(chat, ">Còn nữa", ">Đến vùng", ">Không còn", "không", ">Không có")
    assert chat.about == ["self-check.wait"]
    for told in ("12/01/2027", "350 ml", "nên kể với bác sĩ"):
        assert told in chat.last.text


def test_it_suggests_another_day_to_the_tired(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Có", ">Rượu bia", ">Không còn", ">Không có", ">Không có", ">Không có")
    assert chat.about == ["self-check.not-today"]
    assert "23/11/2026" in chat.last.text


def test_it_never_asks_which_of_the_private_things(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Không có", ">Không có", ">Không có")
    assert taps(chat, "Có, hoặc ngại nói") == ["self-check.ask-doctor"]


def test_it_asks_what_was_given_only_where_it_matters(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Từ T2", ">Tiểu cầu", ">1–2 tuần")
    assert outcome(chat) == {"ml": 450, "until": "2026-11-29"}
    knows = begun(stage, person=MAI, last_given_on=date(2026, 11, 1), next_on=date(2027, 1, 24))
    assert walk(knows, "50") == ["self-check.ask-today"]
    assert outcome(knows) == {"ml": 450, "until": "2027-01-24"}


def test_it_knows_what_the_site_decided(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI, deferred_until=date(2027, 2, 1))
    walk(chat, "50", *(f">{label}" for label in HEALTHY[1:]))
    assert "01/02/2027" in chat.last.text


def test_it_answers_a_question_in_the_middle_and_goes_on(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến")
    assert walk(chat, "hien mau co dau k") == ["topic.needle", "self-check.ask-today"]
    assert walk(chat, "asdf qwe") == ["self-check.unclear"]
    assert walk(chat, "không") == ["self-check.ask-month"]


def test_it_does_not_take_a_no_for_the_thing_beside_it(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Không có", ">Không có")
    assert walk(chat, "không, nhưng em mới xăm")[-1] == "self-check.ask-year"


def test_it_offers_a_human_after_three_misses(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "xyz", "xyz", "xyz")
    assert chat.labels[-1] == "Gặp người phụ trách"
    assert chat.say("Gặp người phụ trách") == ["human.told"]
    assert not chat.said.keep_words
    assert chat.form is None


def test_it_goes_back_one_question_with_the_outcome_as_it_was(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    assert "Quay lại" not in chat.labels
    walk(chat, "50", ">Chưa hiến", ">Có")
    before = outcome(chat)
    walk(chat, ">Đang ốm")
    assert outcome(chat) != before
    assert walk(chat, ">Quay lại") == ["self-check.ask-which"]
    assert outcome(chat) == before
    assert walk(chat, "quay lại") == ["self-check.ask-weight"]
    assert outcome(chat) == {}


@pytest.mark.parametrize("way_out", [">Thôi", "thoát", "thôi, không xem nữa"])
@pytest.mark.parametrize("lines", [(), ("43kg",), ("43kg", ">Chưa hiến", ">Có", ">Đang ốm")])
def test_it_is_wiped_when_left(stage: MakeStage, lines: tuple[str, ...], way_out: str) -> None:
    chat = begun(stage, person=MAI)
    assert walk(chat, *lines, way_out) == ["self-check.left"]
    assert (chat.form.step, dict(chat.form.answers)) == (OVER, {})
    chat.say("menu")
    assert chat.form is None


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("menu", "menu.what"), ("em bị ngất rồi", "urgent.first"), ("DỪNG", "stop.done"), ("/xoa", "erase.ask"),
     ("em bị ép đi hiến máu", "pressure.begin"), ("cho em gặp người", "human.told"), ("em muốn đăng ký", "consent.registration")],
)  # fmt: skip
def test_it_gives_way_to_what_comes_first(stage: MakeStage, typed: str, answer: str) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Có")
    assert chat.say(typed)[-1] == answer
    assert not chat.said.keep_words
    assert "month" not in repr(chat.conversation)
    assert "self-check" not in repr(chat.conversation)


def test_it_begins_anew_when_asked_for_in_the_middle(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "43kg")
    assert chat.say("/kiemtra") == ["self-check.begin"]
    assert outcome(chat) == {}
    assert not chat.said.keep_words


def test_it_is_wiped_by_a_picture_but_not_by_a_receipt(stage: MakeStage) -> None:
    chat = begun(stage)
    chat.hear(Receipted("read"))
    assert chat.form is not None
    chat.hear(SentSomething("image"))
    assert chat.form is None


def test_it_is_erased_after_a_quarter_of_an_hour(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "43kg")
    assert walk(chat.later(minutes=15), ">Chưa hiến") == ["self-check.ask-today"]
    assert walk(chat.later(minutes=16), ">Không có") == ["self-check.late"]
    assert "đã xoá" in chat.last.text
    assert dict(chat.form.answers) == {}
    assert chat.tap("Tự xem trước") == ["self-check.begin"]


def test_it_says_that_a_late_press_is_past(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    old = chat.conversation.offered[0].payload
    walk(chat, "50")
    assert chat.press(old) == ["self-check.ask-last"]
    walk(chat, ">Thôi")
    assert chat.press(old) == ["registration.past"]
    assert not chat.said.keep_words


def test_its_next_steps_can_be_typed_too(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "50", *(f">{label}" for label in HEALTHY[1:]))
    assert chat.say("1") == ["consent.registration"]
    assert chat.said.keep_words


def test_it_leads_back_to_the_drive_that_it_came_from(stage: MakeStage) -> None:
    chat = stage(person=MAI)
    chat.press("d.2")
    chat.tap("Tự xem trước")
    assert "đã xoá" not in chat.last.text
    walk(chat, "50", *(f">{label}" for label in HEALTHY[1:]))
    chat.tap("Đăng ký")
    assert chat.form.answers["drive_id"] == 2


def test_it_tells_that_a_half_filled_registration_is_wiped(stage: MakeStage) -> None:
    chat = stage(drives=(FIRST,))
    chat.play("/dangky", ">Đồng ý", ">Không cần", "Lò Thị Mai")
    assert chat.say("/kiemtra") == ["self-check.begin"]
    assert "đã xoá" in chat.last.text
    assert "Lò" not in repr(chat.conversation)


def waiting(stage: MakeStage, **known: Any) -> Stage:
    """At the end, to come back from 2 March 2027 on."""
    chat = begun(stage, **known)
    walk(
        chat,
        *(() if known.get("person") else ("28",)),
        "50",
        ">Chưa hiến",
        ">Không có",
        ">Không có",
        "có xăm hôm 2/9",
        "không",
        "không",
    )
    assert chat.about == ["self-check.wait"]
    return chat


@pytest.mark.parametrize("yes", [">Nhắc tôi nhé", "dạ có", "đồng ý"])
def test_it_reminds_through_the_consent_and_keeps_the_day_alone(stage: MakeStage, yes: str) -> None:
    chat = waiting(stage, person=MAI, last_given_on=GIVEN)
    assert chat.tap("Nhắc tôi") == ["consent.reminder"]
    assert chat.done == []
    assert chat.play(yes) == ["self-check.reminded"]
    kept = [effect for effect in chat.done if isinstance(effect, AskLater)]
    assert kept == [AskLater(date(2027, 3, 2))]
    assert any(isinstance(effect, GiveConsent) for effect in chat.done)


def test_it_reminds_at_once_who_agreed_before_and_nobody_who_says_no(stage: MakeStage) -> None:
    agreed = waiting(stage, person=MAI, last_given_on=GIVEN, consents=frozenset({Purpose.REMINDER}))
    assert agreed.tap("Nhắc tôi") == ["self-check.reminded"]
    assert agreed.done == [AskLater(date(2027, 3, 2))]
    declined = waiting(stage, person=MAI, last_given_on=GIVEN)
    declined.tap("Nhắc tôi")
    assert declined.say("không") == ["reminder.off"]
    assert declined.done == []


def test_it_offers_a_reminder_only_where_one_can_be_sent(stage: MakeStage) -> None:
    assert "Nhắc tôi hôm đó" not in waiting(stage).labels
    assert "Nhắc tôi hôm đó" in waiting(stage, person=MAI).labels
    assert "Nhắc tôi hôm đó" not in waiting(stage, person=MAI, channel=ChannelKind.WEB).labels
    assert "Nhắc tôi hôm đó" not in waiting(stage, person=MAI, last_given_on=GIVEN, channel=ChannelKind.WEB).labels


@pytest.mark.parametrize(
    "payload", ["z.20200101", "z.20990101", "z.20271399", "z.2027", "z.20270301.no", "z.20270301."]
)
def test_it_takes_no_day_that_it_never_offered(stage: MakeStage, payload: str) -> None:
    chat = stage(person=MAI)
    chat.press(payload)
    assert chat.about[0] == "registration.past"
    assert chat.done == []


def test_it_offers_to_register_only_for_a_drive_late_enough(stage: MakeStage) -> None:
    assert "Đăng ký hiến máu" not in waiting(stage).labels
    chat = begun(stage, person=MAI)
    walk(chat, "50", ">Chưa hiến", ">Có", ">Đang ốm", ">Không còn", ">Không có", ">Không có", ">Không có")
    assert "Đăng ký hiến máu" in chat.labels


def test_it_ends_when_staff_take_the_talk(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI)
    walk(chat, "43kg")
    chat.hear(Echoed("m_1", by_human=True))
    assert chat.say("không") == []
    assert chat.form is None
    owned = stage(conversation=Conversation(greeted=True, handoff=Handoff.TALKING, handoff_since=NOW))
    assert owned.say("kiểm tra xem em có hiến được không") == []
    assert owned.say("/kiemtra") == ["self-check.begin"]
    assert owned.conversation.handoff is Handoff.NONE


def test_it_gives_way_to_the_rule_for_everybody_where_no_rules_are_known(stage: MakeStage) -> None:
    chat = stage()
    chat.catalogue = replace(chat.catalogue, rules=NO_RULES)
    assert chat.say("/kiemtra") == ["topic.who-may"]


def test_it_holds_a_place_while_it_looks(stage: MakeStage) -> None:
    chat = begun(stage, person=MAI, registrations=(booked(),))
    assert walk(chat, "50", *(f">{label}" for label in HEALTHY[1:])) == ["self-check.may-come"]
    assert chat.done == []


def test_every_rule_is_asked_about(library: Library) -> None:
    asked = {item.rule_id for group in GROUPS.values() for item in group.items if item.rule_id}
    assert asked | NEVER_ASKED_APART == {rule.id for rule in library.rules.deferrals}
    assert len({item.name for item in YEAR.items}) == len(YEAR.items)
    assert all(item.kind in Kind for item in YEAR.items)
