"""The real content: `content check` is clean, every answerable intent has a topic, words keep the house rules."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from bot.domain.campaigns import on
from bot.domain.donations import Donation, next_on
from bot.library import Library, content_root
from bot.library.checks import check
from bot.library.pictures import HEIGHT, WIDTH, draw
from bot.understanding.answers import Reason
from bot.understanding.folding import fold

NO_ANSWER = {"out_of_scope"}
"""What is not ours has answers for single cases only."""

MEDICAL = (
    "eligibility.",
    "interval",
    "component",
    "medication",
    "tattoo",
    "after",
    "pregnancy",
    "menstruation",
    "side",
)
"""Intents whose answers say something medical: by the beginning of their label."""

COVID = ("covid-before", "covid-at-site", "covid-afterwards", "covid-changes", "covid-safety", "after-covid")

RUMOURS = {
    "rumour-weight": "tăng cân",
    "rumour-weak": "mất sức",
    "rumour-infection": "dùng một lần",
    "rumour-selling": "không bán",
    "rumour-forever": "Không ạ",
    "rumour-cure": "không hứa",
}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(content_root())


def test_it_has_no_errors() -> None:
    assert [str(finding) for finding in check(content_root()) if finding.level == "error"] == []


def test_it_misses_no_translation() -> None:
    assert [str(finding) for finding in check(content_root()) if finding.level == "warning"] == []


def test_it_carries_the_thirty_intents(library: Library) -> None:
    assert len(library.intent_examples) == 30
    assert {label: len(texts) for label, texts in library.intent_examples.items() if len(texts) < 15} == {}
    assert len(library.intent_examples["out_of_scope"]) >= 40


def test_it_has_no_example_twice(library: Library) -> None:
    examples = [fold(text) for texts in library.intent_examples.values() for text in texts]
    assert sorted({text for text in examples if examples.count(text) > 1}) == []


def test_it_has_a_topic_for_every_intent(library: Library) -> None:
    assert set(library.topics_by_intent()) == set(library.intent_examples) - NO_ANSWER
    assert set(library.cases()) >= NO_ANSWER


def test_it_has_many_answers_each_of_a_phone_screen(library: Library) -> None:
    assert len(library.topics) >= 60
    long = {topic.id: len(topic.text["vi"]) for topic in library.topics.values() if len(topic.text["vi"]) > 500}
    assert long == {}


def test_it_is_medical_where_people_ask_about_their_bodies(library: Library) -> None:
    asked = {topic.id: topic.kind for topic in library.topics.values() for i in topic.intents if i.startswith(MEDICAL)}
    assert {topic_id: kind for topic_id, kind in asked.items() if kind != "medical"} == {}


def test_it_has_at_least_one_way_to_every_topic(library: Library) -> None:
    """By the links alone, from what questions lead to; whatever the understanding makes of a particular case."""
    steps = library.next_steps()
    seen, todo = {"topic.stale", "topic.unknown"}, list(library.topics_by_intent().values())
    while todo:
        topic_id = todo.pop()
        if topic_id not in seen:
            seen.add(topic_id)
            todo.extend(step for step in steps[topic_id] if step.startswith("topic."))
    assert set(library.topics) - seen - {"topic.outside"} == set()


def test_it_leads_nobody_into_a_dead_end(library: Library) -> None:
    assert [topic.id for topic in library.topics.values() if not topic.next] == []


def test_it_names_a_case_with_accents_as_people_say_it(library: Library) -> None:
    condition = library.cases()["eligibility.condition"]
    assert len(condition) >= 15
    assert "viêm gan b" in condition["topic.hepatitis"]
    asked = [ask for topic in library.topics.values() for ask in topic.asks]
    assert [ask for ask in asked if ask != ask.lower() or not ask.strip()] == []


def test_it_uses_each_source_it_lists(library: Library) -> None:
    used = {key for topic in library.topics.values() for key in topic.source}
    used |= {key for note in library.safety for key in note.source}
    elsewhere = {"song-da-2021", "red-journey-years", "may-drive"}  # campaigns
    assert set(library.evidence) - used - elsewhere == set()


def test_it_says_honestly_that_no_doctor_has_read_it(library: Library) -> None:
    medical = [topic for topic in library.topics.values() if topic.kind == "medical"]
    assert all(topic.awaits_doctor for topic in medical)


def test_it_is_fresh_on_the_day_it_was_reviewed(library: Library) -> None:
    assert library.stale_topics(date(2026, 11, 23)) == ()
    assert "topic.covid-safety" in {topic.id for topic in library.stale_topics(date(2027, 6, 1))}


def test_it_sends_medical_questions_to_the_doctor_at_the_site(library: Library) -> None:
    deciding = (
        "who-may",
        "age",
        "conditions",
        "interval",
        "medication",
        "tattoo",
        "vaccine",
        "after-covid",
        "pregnancy",
        "menstruation",
    )
    assert [name for name in deciding if "bác sĩ" not in library.text(f"topic.{name}", "vi").lower()] == []


def test_it_says_115_first_where_somebody_is_unwell(library: Library) -> None:
    assert "115" in library.text("topic.side-effects", "vi").splitlines()[0]


def test_it_never_invites_to_an_hiv_test(library: Library) -> None:
    assert "đừng hiến máu chỉ để được xét nghiệm HIV" in library.text("topic.tests-results", "vi")
    assert "đừng hiến máu để được xét nghiệm HIV" in library.text("topic.hiv-test", "vi")


@pytest.mark.parametrize("name", RUMOURS)
def test_it_meets_a_fear_kindly(library: Library, name: str) -> None:
    said = library.text(f"topic.{name}", "vi")
    assert RUMOURS[name] in said
    assert not {"sai", "ngu", "mê tín", "thiếu hiểu biết"} & set(said.lower().split())


def test_it_says_what_is_known_of_covid_and_until_when(library: Library) -> None:
    reviews = {name: library.topics[f"topic.{name}"].review.by for name in COVID}
    assert set(reviews.values()) == {date(2027, 5, 23)}
    assert "10 ngày" in library.text("topic.after-covid", "vi")
    assert "28 ngày" in library.text("topic.covid-changes", "vi")


def test_it_says_the_rule_of_twelve_hours(library: Library) -> None:
    for topic in ("dangerous-work", "sport-work", "sleep-shift"):
        assert "12 giờ" in library.text(f"topic.{topic}", "vi")


def test_it_keeps_the_interval_of_the_circular(library: Library) -> None:
    assert next_on(Donation(date(2026, 3, 2)), library.rules.intervals) == date(2026, 5, 25)
    assert "84 ngày" in library.text("topic.interval", "vi")


@pytest.mark.parametrize("step", ["name", "birth-date", "phone"])
def test_it_has_a_second_question_for_every_miss(library: Library, step: str) -> None:
    """A validator that returns a reason without words would break the form."""
    given = {
        "name": ("unreadable", "question", "too-short", "too-long", "digits", "link"),
        "birth-date": (
            "unreadable",
            "question",
            "day-missing",
            "lunar",
            "impossible",
            "future",
            "under-age",
            "over-age",
        ),
        "phone": ("unreadable", "question", "too-short", "too-long", "landline", "foreign", "old-number", "ambiguous"),
    }
    assert {reason for reasons in given.values() for reason in reasons} == set(get_args(Reason))
    assert [reason for reason in given[step] if not library.has(f"registration.{step}.{reason}")] == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        pytest.param(date(2022, 6, 11), "khai báo y tế", id="in the year of the letter"),
        pytest.param(date(2025, 2, 7), "khai báo y tế", id="its last day"),
        pytest.param(date(2025, 2, 8), "rửa tay", id="what stays"),
        pytest.param(date(2026, 12, 5), "tính đến 23/11/2026", id="a drive of these weeks"),
        pytest.param(date(2027, 5, 23), "tính đến 23/11/2026", id="on the last day of its review"),
        pytest.param(date(2027, 5, 24), "chưa rà lại", id="past its review"),
        pytest.param(date(2021, 6, 9), "chưa rà lại", id="before the first note"),
    ],
)
def test_it_has_a_safety_note_for_the_day_of_a_drive(library: Library, day: date, said: str) -> None:
    for language in ("vi", "en"):
        assert "05/12" in library.text(library.safety_note(day), language, {"date": "05/12"})
    assert said in library.text(library.safety_note(day), "vi", {"date": "05/12"})


@pytest.mark.parametrize(
    ("day", "campaigns"),
    [
        pytest.param(date(2026, 4, 7), ["ngay-7-4"], id="7 April"),
        pytest.param(
            date(2027, 6, 14),
            ["ngay-14-6", "giot-hong-song-da", "giot-mau-hong-he", "hanh-trinh-do"],
            id="14 June stands before the summer",
        ),
        pytest.param(date(2027, 5, 20), ["thang-atvsld", "thang-cong-nhan"], id="May"),
        pytest.param(date(2026, 1, 10), ["chu-nhat-do"], id="winter, across the new year"),
        pytest.param(date(2026, 9, 1), [], id="none"),
    ],
)
def test_it_knows_the_season_of_a_day(library: Library, day: date, campaigns: list[str]) -> None:
    assert [season.campaign_id.removeprefix("campaign.") for season in on(library.campaigns, day)] == campaigns
    assert all(library.has(f"campaign.{name}.title") for name in campaigns)


def test_it_has_a_small_picture_for_each_campaign(library: Library) -> None:
    pictures = library.images()
    assert {campaign.id for campaign in library.campaigns} <= set(pictures)
    files = [content_root() / "images" / name for name in pictures.values()]
    assert [file.name for file in files if file.read_bytes()[:8] != b"\x89PNG\r\n\x1a\n"] == []
    assert [file.name for file in files if file.stat().st_size > 60_000] == []


def test_its_pictures_are_drawn_by_our_own_hand(tmp_path: Path) -> None:
    drawn = {file.name for file in draw(tmp_path)}
    assert drawn == {file.name for file in (content_root() / "images").iterdir()}
    assert all(size(file) == (WIDTH, HEIGHT) for file in tmp_path.iterdir())


def size(png: Path) -> tuple[int, int]:
    head = png.read_bytes()[16:24]
    return int.from_bytes(head[:4]), int.from_bytes(head[4:])
