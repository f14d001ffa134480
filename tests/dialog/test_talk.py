"""The talk outside the form: greeting, menu, questions, language, the human, silent events."""

from datetime import timedelta

import pytest

from bot.dialog.turns import AskForHuman
from bot.domain.changing import replace
from bot.domain.conversations import Conversation, Handoff
from bot.domain.updates import (
    Echoed,
    Event,
    Left,
    Receipted,
    Returned,
    Routed,
    SentSomething,
    TookBack,
    Unknown,
)
from tests.dialog.stage import FIRST, NOW, MakeStage, booked, drive


def test_it_greets_as_an_automatic_assistant_with_a_menu(stage: MakeStage) -> None:
    chat = stage(new=True)
    assert chat.start() == ["greeting.hello"]
    assert "trợ lý tự động" in chat.last.text
    assert chat.labels == [
        "Đăng ký hiến máu", "Các đợt hiến máu", "Tự xem trước 1 phút", "Hỏi về hiến máu", "An toàn COVID-19",
        "Gặp người phụ trách", "English",
    ]  # fmt: skip


def test_it_answers_a_first_question_and_introduces_itself_in_one_breath(stage: MakeStage) -> None:
    chat = stage(new=True)
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]
    assert "trợ lý tự động" in chat.last.text.splitlines()[0]
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]
    assert "trợ lý tự động" not in chat.last.text.splitlines()[0]


def test_it_does_not_put_an_introduction_before_urgent_words(stage: MakeStage) -> None:
    chat = stage(new=True)
    chat.say("em bị ngất rồi")
    assert chat.last.text.startswith("Nếu nguy hiểm")


WAYS = [
    ("1", ["consent.registration"]),
    ("dang ky hien mau", ["consent.registration"]),
    ("các đợt", ["drives.list"]),
    ("2", ["drives.list"]),
    ("hoi ve hien mau", ["questions.topics"]),
    ("an toan covid", ["topic.covid-safety"]),
    ("gặp người phụ trách", ["human.told"]),
    ("english", ["language.set", "menu.what"]),
    ("/lich", ["mine.none"]),
    ("lịch của tôi", ["mine.none"]),
    ("/huy", ["mine.none"]),
    ("/menu", ["menu.what"]),
    ("/start", ["greeting.hello"]),
    ("/khonghieu", ["topic.unknown"]),
]


@pytest.mark.parametrize(("they_say", "we_answer"), WAYS, ids=[way[0] for way in WAYS])
def test_it_understands_numbers_labels_and_commands(stage: MakeStage, they_say: str, we_answer: list[str]) -> None:
    chat = stage()
    chat.say("menu")
    assert chat.say(they_say) == we_answer


QUESTIONS = [
    ("hiến máu xong nên ăn gì", ["topic.after"]),
    ("ai duoc hien mau", ["topic.who-may"]),
    ("hôm nào hiến máu, ở đâu?", ["drives.list"]),
    ("em muốn đăng ký hiến máu", ["consent.registration"]),
    ("cảm ơn nhé", ["greeting.again"]),
    ("giá vàng hôm nay bao nhiêu", ["topic.unknown"]),
]


@pytest.mark.parametrize(("they_say", "we_answer"), QUESTIONS, ids=[question[0] for question in QUESTIONS])
def test_it_answers_a_question_or_says_that_it_does_not_know(
    stage: MakeStage, they_say: str, we_answer: list[str]
) -> None:
    assert stage().say(they_say) == we_answer


def test_it_offers_a_human_when_it_does_not_know(stage: MakeStage) -> None:
    chat = stage()
    chat.say("giá vàng hôm nay bao nhiêu")
    assert chat.labels[0] == "Gặp người phụ trách"
    assert chat.tap("Gặp người") == ["human.told"]


def test_it_offers_the_next_steps_that_the_topic_names(stage: MakeStage) -> None:
    chat = stage()
    chat.press("t.side-effects")
    assert chat.labels == ["Gặp người phụ trách", "Sau khi hiến", "Menu"]
    assert chat.tap("Sau khi hiến") == ["topic.after"]


def test_it_leads_to_the_list_from_a_topic_that_is_gone(stage: MakeStage) -> None:
    assert stage().press("t.long-gone") == ["questions.topics"]


def test_it_lists_drives_with_places_left_and_registers_by_a_tap(stage: MakeStage) -> None:
    chat = stage(drives=(drive(1, 5, taken=10), drive(2, 13, taken=7)))
    assert chat.press("m.drives") == ["drives.list"]
    assert "Đã đủ người" in chat.last.text
    assert "Còn 12 chỗ" in chat.last.text
    assert "Thứ Bảy, 05/12/2026, 07:30–09:30" in chat.last.text
    assert chat.tap("CN 13/12") == ["consent.registration"]
    assert chat.form.answers["drive_id"] == 2


def test_it_greets_as_usual_when_the_poster_is_of_another_time(stage: MakeStage) -> None:
    chat = stage(new=True)
    assert chat.start("lc-2020-01") == ["greeting.hello"]
    assert chat.conversation.ref == "lc-2020-01"


def test_it_speaks_english_on_request_and_back(stage: MakeStage) -> None:
    chat = stage()
    chat.say("menu")
    assert chat.tap("English") == ["language.set", "menu.what"]
    assert chat.labels[0] == "Register"
    assert chat.tap("Tiếng Việt") == ["language.set", "menu.what"]
    assert chat.labels[0] == "Đăng ký hiến máu"


def test_it_goes_through_a_whole_registration_in_english(stage: MakeStage) -> None:
    chat = stage(conversation=Conversation(language="en", greeted=True), drives=(FIRST,))
    chat.play("register", "yes", "no", "Lo Thi Mai", "20 Nov 1990", "0912345678", "none", ">My unit", "no", "7:30")
    assert chat.about == ["registration.review"]
    assert "Saturday, 5 December 2026" in chat.last.text
    assert chat.say("confirm") == ["registration.confirmed", "consent.news"]


@pytest.mark.parametrize(
    "event",
    [
        Left(),
        Returned(),
        Echoed("m1", "text", metadata="key"),
        Echoed("m1", "text", by_human=True),
        Receipted("read", ("m1",)),
        TookBack("m1"),
        Routed(to_us=True),
        Routed(to_us=False),
        Unknown("poke"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_it_never_answers_a_silent_event(stage: MakeStage, event: Event) -> None:
    chat = stage(new=True)
    assert chat.hear(event) == []
    assert chat.done == []
    assert not chat.conversation.greeted


def test_it_says_that_it_reads_only_text(stage: MakeStage) -> None:
    assert stage().hear(SentSomething("sticker")) == ["menu.only-text", "menu.what"]


def test_it_tells_staff_once_and_goes_on_answering(stage: MakeStage) -> None:
    chat = stage()
    assert chat.press("m.human") == ["human.told"]
    assert chat.done == [AskForHuman()]
    assert chat.conversation.handoff is Handoff.WAITING
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]
    assert chat.press("m.human") == ["human.still"]
    assert chat.done == []
    assert chat.tap("Về trợ lý") == ["human.back", "menu.what"]
    assert chat.conversation.handoff is Handoff.NONE


def test_it_needs_no_human_for_a_request_about_personal_data(stage: MakeStage) -> None:
    chat = stage()
    chat.press("m.human")
    assert chat.say("/xoa") == ["erase.ask"]
    assert chat.say("/dulieu") == ["data.nothing"]


TALKING = Conversation(greeted=True, handoff=Handoff.TALKING, handoff_since=NOW)


@pytest.mark.parametrize(
    ("they_say", "we_answer"),
    [
        pytest.param("chị ơi mai em đến được không", [], id="ordinary text"),
        pytest.param("2", [], id="a number"),
        pytest.param("em bị ngất rồi", ["urgent.first"], id="urgent words"),
        pytest.param("dừng nhận tin", ["stop.done"], id="stop words"),
        pytest.param("/menu", ["menu.what"], id="a command"),
    ],
)
def test_it_is_silent_while_staff_talk_except_for_what_must_be(
    stage: MakeStage, they_say: str, we_answer: list[str]
) -> None:
    chat = stage(conversation=TALKING)
    assert chat.say(they_say) == we_answer
    assert chat.conversation.handoff is Handoff.TALKING


def test_it_keeps_stickers_for_staff_while_they_talk(stage: MakeStage) -> None:
    assert stage(conversation=TALKING).hear(SentSomething("image")) == []


def test_it_comes_back_from_staff_by_a_press(stage: MakeStage) -> None:
    chat = stage(conversation=TALKING)
    assert chat.press("m.human") == ["human.here"]
    assert chat.tap("Về trợ lý") == ["human.back", "menu.what"]
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]


def test_it_answers_again_when_staff_forgot_the_talk(stage: MakeStage) -> None:
    chat = stage(conversation=TALKING).later(hours=25)
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]


def test_it_is_silent_after_staff_wrote_in_the_platform_itself(stage: MakeStage) -> None:
    chat = stage()
    chat.hear(Echoed("m1", "Chào anh", by_human=True))
    assert chat.say("em cảm ơn") == []
    assert chat.conversation.handoff_since == NOW
    assert chat.later(hours=1).hear(Echoed("m2", "Vâng", by_human=True)) == []
    assert chat.conversation.handoff_since == NOW + timedelta(hours=1)


def test_it_is_silent_while_the_platform_has_given_the_talk_to_others(stage: MakeStage) -> None:
    chat = stage()
    chat.hear(Routed(to_us=False))
    assert chat.say("hiến máu có đau không?") == []
    chat.hear(Routed(to_us=True))
    assert chat.say("hiến máu có đau không?") == ["topic.needle"]


def test_it_keeps_on_the_list_who_waits_for_a_person(stage: MakeStage) -> None:
    waiting = Conversation(greeted=True, handoff=Handoff.WAITING, handoff_since=NOW)
    chat = stage(conversation=waiting)
    chat.hear(Routed(to_us=True))
    assert chat.conversation == waiting
    urgent = replace(waiting, handoff_urgent=True)
    chat = stage(conversation=urgent)
    for to_us in (False, True):
        chat.hear(Routed(to_us=to_us))
        assert chat.conversation == urgent


@pytest.mark.parametrize(
    "payload",
    [
        "",
        ".",
        "m.",
        "m.nowhere",
        "g.slot.1",
        "g.slot.x.1",
        "d.x",
        "d.99999999999999999999",
        "l.fr",
        "r.slot.1",
        "rr1.a.b",
        "g.to0.1.1",
        "ü.1",
    ],
)
def test_it_takes_no_harm_from_an_unknown_payload(stage: MakeStage, payload: str) -> None:
    chat = stage(registrations=(booked(),))
    before = chat.conversation
    assert chat.press(payload)
    assert chat.done == []
    assert (chat.conversation.form, chat.conversation.language) == (before.form, before.language) or payload.startswith(
        "d."
    )


@pytest.mark.parametrize("text", ["em không muốn sống nữa", "em muon chet", "sống làm gì nữa hả em"])
def test_it_has_words_of_its_own_for_somebody_who_does_not_want_to_live(stage: MakeStage, text: str) -> None:
    chat = stage()
    assert chat.say(text) == ["urgent.despair"]
    assert chat.done == [AskForHuman(urgent=True)]
    assert "115" in chat.last.text
    assert "gác chân" not in chat.last.text
