"""Content with days and sources: safety notes, campaigns, cases under an intent, and each fault with its line."""

from datetime import date

import pytest

from bot.library import ContentFaults, Library
from bot.library.checks import check
from tests.library.conftest import FILES, Damage

TOPIC = FILES["topics/interval.yaml"]


@pytest.mark.parametrize(
    ("day", "note"),
    [
        pytest.param(date(2022, 4, 29), "Cũ 1/1", id="its first day"),
        pytest.param(date(2025, 2, 8), "Mới 1/1", id="the next one"),
        pytest.param(date(2027, 5, 24), "Hỏi trước ngày 1/1.", id="past its review the safe line"),
        pytest.param(date(2020, 1, 1), "Hỏi trước ngày 1/1.", id="before all notes the safe line"),
    ],
)
def test_it_chooses_the_safety_note_by_the_day_of_the_drive(content: Damage, day: date, note: str) -> None:
    library = Library.load(content())
    assert library.text(library.safety_note(day), "vi", {"date": "1/1"}) == note


def test_it_knows_its_campaigns(content: Damage) -> None:
    library = Library.load(content())
    (summer,) = library.campaigns
    assert (summer.first, summer.last, summer.fixed) == ((6, 1), (7, 31), False)
    assert summer.season(2026).starts == date(2026, 6, 10)
    assert library.text("campaign.summer", "en") == "A rosy summer."


CASE = (
    "id: topic.case\nkind: service\nunder: [interval]\nasks: [mấy tuần]\ntitle: {vi: Mấy tuần, en: Weeks}\n"
    "text: {vi: Hai tuần., en: Two weeks.}\nvariants: {web: {vi: Trên trang này., en: On this page.}}\n"
    "from: 2026-06-01\nuntil: 2026-07-01\nreviewed: {by_role: nurse, on: 2026-01-01}\nreview_by: 2027-01-01\n"
    "next: [topic.interval]\n"
)
WITH_CASE = {"topics/weeks/case.yaml": CASE, "topics/interval.yaml": TOPIC.replace("topic.stale", "topic.case")}


def test_it_offers_particular_cases_under_an_intent(content: Damage) -> None:
    library = Library.load(content(WITH_CASE))
    assert library.cases() == {"interval": {"topic.case": ("mấy tuần",)}}
    assert library.topics_by_intent() == {"interval": "topic.interval"}
    assert library.text("topic.case@web", "en") == "On this page."


@pytest.mark.parametrize(
    ("today", "there"),
    [
        pytest.param(date(2026, 5, 31), False, id="too early"),
        pytest.param(date(2026, 6, 1), True, id="from"),
        pytest.param(date(2026, 6, 30), True, id="its last day"),
        pytest.param(date(2026, 7, 1), False, id="until"),
    ],
)
def test_it_says_a_topic_within_its_days_only(content: Damage, today: date, there: bool) -> None:
    library = Library.load(content(WITH_CASE)).as_of(today)
    assert [library.has(text_id) for text_id in ("topic.case", "topic.case@web", "topic.case.title")] == [there] * 3
    assert library.next_steps()["topic.interval"] == (("topic.case", "menu.menu") if there else ("menu.menu",))


def test_it_lets_the_words_of_a_channel_give_way_too(content: Damage) -> None:
    endless = {**WITH_CASE, "topics/weeks/case.yaml": CASE.replace("from: 2026-06-01\nuntil: 2026-07-01\n", "")}
    library = Library.load(content(endless)).as_of(date(2027, 1, 2))
    assert library.text("topic.case@web", "vi") == library.text("topic.case", "vi") == "Xin hỏi bác sĩ."


SAFETY = FILES["safety/covid.yaml"]
SUMMER = FILES["campaigns/summer.yaml"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("tt26: 84 ngày", "tt99: 84 ngày")},
            "content/topics/interval.yaml:1: error: source tt99 does not stand in sources.yaml",
            id="an unknown source",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("tt26: 84 ngày", "tt26: ")},
            "content/topics/interval.yaml:8: error: source.tt26 should say which sentence rests on it",
            id="a source under nothing",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("by_role: doctor", "by_role: friend")},
            "content/topics/interval.yaml:9: error: reviewed.by_role is one of none, editor, nurse, doctor",
            id="an unknown reviewer",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC + "image: no.png\n"},
            "content/topics/interval.yaml:1: error: there is no picture images/no.png",
            id="a picture that is not there",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("Ít nhất 84 ngày.", "Anh/chị đủ điều kiện hiến máu.")},
            "content/topics/interval.yaml:1: error: topic.interval (vi) says 'đủ điều kiện hiến': the bot never does",
            id="a decision",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("At least 84 days.", "Stop taking it.")},
            "error: topic.interval (en) says 'stop taking': the bot never does",
            id="advice against a treatment",
        ),
        pytest.param(
            {**WITH_CASE, "topics/weeks/case.yaml": CASE.replace("asks: [mấy tuần]\n", "")},
            "content/topics/weeks/case.yaml:3: error: a topic under an intent needs asks",
            id="a case nobody can name",
        ),
        pytest.param(
            {**WITH_CASE, "topics/other.yaml": CASE.replace("topic.case", "topic.other")},
            "content/topics/other.yaml:1: error: asks: 'mấy tuần' stands already in topic.case",
            id="one phrase for two cases",
        ),
        pytest.param(
            {**WITH_CASE, "topics/weeks/case.yaml": CASE.replace("web:", "fax:")},
            "content/topics/weeks/case.yaml:7: error: fax is no channel",
            id="an unknown channel",
        ),
        pytest.param(
            {**WITH_CASE, "topics/weeks/case.yaml": CASE.replace("until: 2026-07-01", "until: 2026-06-01")},
            "content/topics/weeks/case.yaml:9: error: until is the first day on which it no longer holds",
            id="an end before the beginning",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("topic.stale", "topic.interval")},
            "content/topics/interval.yaml:1: error: next leads back to itself",
            id="a circle of one",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("topic.stale", ", ".join(["topic.stale"] * 8))},
            "content/topics/interval.yaml:1: error: next has 9 steps, a menu takes 8",
            id="a step nobody would see",
        ),
        pytest.param(
            {"sources.yaml": FILES["sources.yaml"].replace("confidence: high", "confidence: sure")},
            "content/sources.yaml:2: error: confidence is one of high, medium, low",
            id="a confidence we do not have",
        ),
        pytest.param(
            {"sources.yaml": FILES["sources.yaml"].replace("address: example.vn, ", "")},
            "content/sources.yaml:2: error: a source needs its name and where it can be read",
            id="a source nobody can read",
        ),
        pytest.param(
            {"safety/covid.yaml": SAFETY.replace("    until: 2025-02-08\n", "")},
            "content/safety/covid.yaml:8: error: this note begins before the one above it ends",
            id="two notes for one day",
        ),
        pytest.param(
            {"safety/covid.yaml": SAFETY.replace("  - from: 2022-04-29\n    until", "  - until")},
            "content/safety/covid.yaml:3: error: a note needs the day from which it holds",
            id="a note without a day",
        ),
        pytest.param(
            {"campaigns/summer.yaml": SUMMER.replace("07-31", "31-07")},
            "content/campaigns/summer.yaml:4: error: yearly.last should be month and day",
            id="day and month changed round",
        ),
        pytest.param(
            {"campaigns/summer.yaml": SUMMER.replace("ends: 2026-07-20", "ends: 2026-06-01")},
            "content/campaigns/summer.yaml:6: error: an announced year needs starts and ends, in this order",
            id="a season that ends before it begins",
        ),
        pytest.param(
            {"campaigns/summer.yaml": SUMMER.replace("source: {tt26: mùa hè}\n", "")},
            "content/campaigns/summer.yaml:1: error: a campaign needs its source",
            id="a campaign without source",
        ),
    ],
)
def test_it_names_what_is_wrong_with_governed_content(
    content: Damage, changed: dict[str, str | None], fault: str
) -> None:
    with pytest.raises(ContentFaults) as raised:
        Library.load(content(changed))
    assert fault in str(raised.value)


def test_it_tells_when_nobody_has_looked_at_a_source_for_half_a_year(content: Damage) -> None:
    told = [str(finding) for finding in check(content(), date(2027, 6, 1)) if "sources.yaml" in finding.path]
    assert told == [
        "content/sources.yaml:2: warning: source tt26 was last checked on 2026-11-22: look whether it still holds"
    ]
