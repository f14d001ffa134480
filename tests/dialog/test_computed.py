"""Answers worked out for the person who asks: their day, never a verdict; the rule for everybody is one tap away."""

import re
from datetime import date

import pytest

from bot.understanding.dates import OLDEST, YOUNGEST
from tests.dialog.stage import MakeStage
from tests.facts import RULES

VERDICT = re.compile(r"đủ điều kiện|được phép hiến|không được hiến|chắc chắn", re.IGNORECASE)
ASKED = [
    ("em hiến máu hôm 2/9 bao giờ hiến lại được", "topic.interval.computed", "25/11/2026"),
    ("lần trước em hiến 2 tháng rồi, giờ hiến lại được chưa", "topic.interval.computed", "khoảng 22/09/2026"),
    ("em xăm hình được 2 tháng rồi có hiến máu được không", "topic.tattoo.computed", "22/03/2027"),
    ("em mới phun xăm chân mày hôm 2/3 hiến được chưa", "topic.cosmetic-tattoo.computed", "nay đã qua"),
    ("em mới mổ ruột thừa tháng trước có hiến được không", "topic.surgery.computed", "từ lúc khỏi hẳn"),
    ("em sinh con được 8 tháng hiến máu được chưa", "topic.pregnancy.computed", "22/03/2027"),
    ("em tiêm vắc xin covid hôm qua có hiến máu được không", "topic.vaccine-covid.computed", "28/11/2026"),
    ("em 17 tuổi hiến máu được không", "topic.age.computed", "đủ 18"),
    ("bố em 63 tuổi hiến được không ạ", "topic.age.computed", "từ 18 đến 60"),
    ("em nặng 52 ký hiến được bao nhiêu ml", "topic.how-much.computed", "450 ml"),
]


@pytest.mark.parametrize(("text", "about", "words"), ASKED)
def test_it_works_out_the_day_of_who_asks(stage: MakeStage, text: str, about: str, words: str) -> None:
    chat = stage()
    assert chat.say(text) == [about]
    assert words in chat.last.text
    assert "điểm hiến" in chat.last.text or "18" in chat.last.text
    assert not VERDICT.search(chat.last.text)
    general = chat.labels[0]
    assert chat.press(chat.last.choices[0].payload) == [about.removesuffix(".computed")], general


def test_it_knows_the_last_donation_of_who_asks(stage: MakeStage) -> None:
    chat = stage(last_given_on=date(2026, 9, 20), next_on=date(2026, 12, 13))
    assert chat.say("khi nào em hiến lại được") == ["topic.interval.computed"]
    assert "20/09/2026" in chat.last.text
    assert "13/12/2026" in chat.last.text
    chat = stage(last_given_on=date(2026, 3, 2), next_on=date(2026, 5, 25))
    chat.say("khi nào em hiến lại được")
    assert "nay đã qua" in chat.last.text


@pytest.mark.parametrize(
    ("text", "about"),
    [
        pytest.param("bao lâu thì hiến máu lại được", "topic.interval", id="nothing known of them"),
        pytest.param("em bị cảm tuần trước giờ hiến máu được không", "topic.cold-flu", id="ill, not yet well"),
        pytest.param("xăm rồi có hiến máu được không", "topic.tattoo", id="no moment told"),
    ],
)
def test_it_says_the_rule_where_nothing_can_be_worked_out(stage: MakeStage, text: str, about: str) -> None:
    assert stage().say(text) == [about]


def test_it_answers_in_mid_form_and_goes_on(stage: MakeStage) -> None:
    chat = stage()
    chat.say("đăng ký hiến máu")
    said = chat.say("em xăm hình được 2 tháng rồi có hiến máu được không")
    assert said[0] == "topic.tattoo.computed"
    assert chat.form is not None


def test_it_answers_in_english(stage: MakeStage) -> None:
    chat = stage()
    chat.say("/english")
    chat.say("em xăm hình được 2 tháng rồi có hiến máu được không")
    assert "usually not before 22 March 2027" in chat.last.text


def test_the_validators_keep_to_the_same_ages_as_the_rules() -> None:
    limits = RULES.limits[-1]
    assert (limits.youngest, limits.oldest) == (YOUNGEST, OLDEST)
