"""My page: what somebody finds about themselves, a past donation as they tell it, the thank-you card."""

from datetime import date
from typing import Any

import pytest

from bot.dialog.payloads import Own, parse
from bot.dialog.turns import GiveConsent, NameCard, TellDonation
from bot.domain.consents import Purpose
from bot.domain.donations import Component
from bot.domain.recognition import Step, following, reached
from bot.domain.updates import ChannelKind
from tests.dialog.stage import MAI, MakeStage, booked

AGREED = frozenset({Purpose.REGISTRATION, Purpose.REMINDER})
GAVE = {"person": MAI, "consents": AGREED, "last_given_on": date(2026, 9, 2), "next_on": date(2026, 11, 25), "given": 3}
CARD = "https://giothong.example/card/abc"


@pytest.mark.parametrize(
    "typed", ["/toi", "trang cua toi", "toi hien may lan roi", "cho em xem lich su hien mau cua em"]
)
def test_it_is_found_as_people_ask_for_it(stage: MakeStage, typed: str) -> None:
    chat = stage(**GAVE)
    assert chat.say(typed) == ["mypage.title"]
    assert "từ 25/11/2026, tính từ lần hiến 02/09/2026" in chat.last.text
    assert "ghi nhận: 3" in chat.last.text
    assert "từ 20 lần" in chat.last.text


def test_it_stands_in_the_menu_of_those_we_know(stage: MakeStage) -> None:
    known, new = stage(person=MAI), stage()
    for chat in (known, new):
        chat.say("/menu")
    assert "Trang của tôi" in known.labels
    assert "Trang của tôi" not in new.labels
    assert len(known.labels) <= 10


def test_it_keeps_what_is_told_apart_from_what_is_recorded(stage: MakeStage) -> None:
    chat = stage(**{**GAVE, "given": 0, "told": 2})
    chat.say("/toi")
    assert "Ngoài ra 2 lần" in chat.last.text
    assert "ghi nhận" not in chat.last.text
    assert "mốc" not in chat.last.text.lower()


def test_a_site_s_word_goes_before_the_usual_interval_and_says_no_reason(stage: MakeStage) -> None:
    chat = stage(person=MAI, deferred_until=date(2027, 1, 15))
    chat.say("/toi")
    assert "quay lại từ 15/01/2027" in chat.last.text


@pytest.mark.parametrize("next_on", [date(2026, 10, 1), date(2027, 1, 10), date(2027, 1, 15)])
def test_no_earlier_date_stands_beside_what_the_site_said(stage: MakeStage, next_on: date) -> None:
    chat = stage(**{**GAVE, "next_on": next_on, "deferred_until": date(2027, 1, 15)})
    chat.say("/toi")
    assert "quay lại từ 15/01/2027" in chat.last.text
    assert not any(said in chat.last.text for said in ("đã đủ", "Lần tới"))


def test_a_step_that_was_reached_is_said_with_what_to_do_and_the_one_after_it(stage: MakeStage) -> None:
    chat = stage(**{**GAVE, "given": 23})
    chat.say("/toi")
    assert "có thể được đề nghị" in chat.last.text
    assert "từ 30 lần" in chat.last.text
    assert "bằng khen cấp tỉnh" in chat.last.text
    assert "giữ đủ giấy chứng nhận" in chat.last.text


def test_it_shows_the_places_held(stage: MakeStage) -> None:
    chat = stage(**GAVE, registrations=(booked(slot=1),))
    chat.say("/toi")
    assert "08:00, Thứ Bảy, 05/12/2026" in chat.last.text
    assert chat.labels[0] == "Lịch của tôi"
    assert len(chat.labels) <= 10


@pytest.mark.parametrize(
    ("verified", "at", "after"), [(0, None, 20), (19, None, 20), (20, 20, 30), (69, 40, 70), (70, 70, None)]
)
def test_steps_are_reached_one_after_another(verified: int, at: int | None, after: int | None) -> None:
    steps = tuple(Step(str(one), one) for one in (20, 30, 40, 70))
    step, coming = reached(steps, verified), following(steps, verified)
    assert (step.at if step else None, coming.at if coming else None) == (at, after)


# --- a past donation, told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2/9/2026", date(2026, 9, 2)), ("hom 2/9", date(2026, 9, 2)), ("3 thang truoc", date(2026, 8, 22)),
     ("ngày 2 tháng 9 năm 2026", date(2026, 9, 2)), ("02-09-26", date(2026, 9, 2))],
)  # fmt: skip
def test_a_past_donation_is_told_in_two_answers(stage: MakeStage, typed: str, day: date) -> None:
    chat = stage(person=MAI, consents=AGREED)
    assert chat.press("y.tell") == ["told.ask"]
    assert chat.say(typed) == ["told.what"]
    assert chat.tap("Tiểu cầu") == ["told.kept"]
    assert TellDonation(day, Component.PLATELETS) in chat.said.effects
    assert "không tính vào tôn vinh" in chat.last.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [("2/9/2030", "told.future"), ("2/9/2008", "told.too-young"), ("31/2/2026", "told.again"), ("99", "told.again")],
)
def test_a_day_that_cannot_be_is_asked_for_again(stage: MakeStage, typed: str, said: str) -> None:
    chat = stage(person=MAI, consents=AGREED)
    chat.press("y.tell")
    assert chat.say(typed) == [said]
    assert not any(isinstance(effect, TellDonation) for effect in chat.said.effects)
    assert chat.say("2/9/2026") == ["told.what"]


def test_a_question_in_between_is_answered(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=AGREED)
    chat.press("y.tell")
    assert chat.say("hiến máu có đau không") == ["topic.needle"]


@pytest.mark.parametrize("known", [{}, {"person": MAI}])
def test_nothing_is_kept_of_who_agreed_to_nothing(stage: MakeStage, known: dict[str, Any]) -> None:
    chat = stage(**known)
    assert chat.press("y.tell") == ["told.consent-first"]
    chat.press("y.gave.20260902.whole_blood")
    assert not any(isinstance(effect, TellDonation) for effect in chat.said.effects)


@pytest.mark.parametrize("payload", ["y.gave.20300101.plasma", "y.gave.20050101.plasma"])
def test_a_button_is_judged_as_a_typed_day_is(stage: MakeStage, payload: str) -> None:
    chat = stage(person=MAI, consents=AGREED)
    chat.press(payload)
    assert not any(isinstance(effect, TellDonation) for effect in chat.said.effects)


@pytest.mark.parametrize(
    "payload",
    ["y.gave", "y.gave.20260230.plasma", "y.gave.20260902", "y.gave.20260902.gold", "y.x", "y.tell.20260902.x"],
)
def test_what_we_never_wrote_means_nothing(payload: str) -> None:
    assert parse(payload) is None


def test_payloads_come_back_as_they_were() -> None:
    for own in (Own("tell"), Own("gave", date(2026, 9, 2), "whole_blood"), Own("named")):
        assert parse(str(own)) == own


# --- the card ------------------------------------------------------------------------------------------------------------


def test_a_card_asks_for_the_name_once_and_takes_no_for_an_answer(stage: MakeStage) -> None:
    chat = stage(**GAVE, card_link=lambda address, now: CARD)
    assert chat.press("y.card") == ["card.ask-name"]
    assert chat.tap("Không ghi tên") == ["card.here"]
    assert chat.last.image == CARD
    assert NameCard("") in chat.said.effects
    assert not any(isinstance(effect, GiveConsent) for effect in chat.said.effects)


def test_a_name_on_it_is_the_consent_to_be_named(stage: MakeStage) -> None:
    chat = stage(**GAVE, card_link=lambda address, now: CARD)
    chat.press("y.named")
    assert NameCard("Lò Thị Mai") in chat.said.effects
    (given,) = (effect for effect in chat.said.effects if isinstance(effect, GiveConsent))
    assert (given.consent.purpose, given.consent.wording) == (Purpose.HONOUR, "card.ask-name@1")
    assert "c.honour.off" in [choice.payload for choice in chat.last.choices]


def test_on_zalo_it_is_a_link_in_the_same_call(stage: MakeStage) -> None:
    chat = stage(**GAVE, card_link=lambda address, now: CARD, channel=ChannelKind.ZALO)
    chat.press("y.plain")
    assert chat.last.image is None
    assert chat.last.link is not None
    assert chat.last.link.url == CARD


def test_without_a_recorded_donation_there_is_none(stage: MakeStage) -> None:
    chat = stage(person=MAI, consents=AGREED, told=2, card_link=lambda address, now: CARD)
    assert chat.press("y.card") == ["card.none"]
    assert chat.press("y.named") == ["card.none"]


def test_where_nobody_could_open_it_that_is_said(stage: MakeStage) -> None:
    chat = stage(**GAVE)
    assert chat.press("y.card") == ["card.no-link"]
