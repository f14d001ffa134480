"""The library: words by id, fallback, versions, stale topics, and every fault with its line."""

from datetime import date
from pathlib import Path

import pytest

from bot.dialog.talk import Words
from bot.domain.donations import Component, Donation, next_on
from bot.library import ContentFaults, Library
from bot.library.checks import check
from bot.library.templates import BadTemplate, compiled, parse
from tests.library.conftest import FILES, Damage


def test_it_says_words_with_placeholders_filled(content: Damage) -> None:
    words: Words = Library.load(content())
    assert words.text("greeting.hello", "vi", {"name": "Mai"}) == "Chào Mai"
    assert words.text("greeting.hello", "en", {"name": "Mai", "unused": 1}) == "Hello Mai"
    assert words.has("greeting.hello")
    assert not words.has("greeting.goodbye")


def test_it_falls_back_to_vietnamese(content: Damage) -> None:
    library = Library.load(
        content({"dialog/talk.yaml": "version: 1\ntexts:\n  a.b: {vi: chỉ có đây}\n  label.menu: {vi: Menu}\n"})
    )
    assert library.text("a.b", "en") == library.text("a.b", "lo") == "chỉ có đây"


def test_it_knows_no_id_that_no_file_has(content: Damage) -> None:
    library = Library.load(content())
    with pytest.raises(KeyError, match=r"greeting\.goodbye"):
        library.text("greeting.goodbye", "vi")
    with pytest.raises(KeyError, match="name"):
        library.text("greeting.hello", "vi")
    with pytest.raises(KeyError):
        library.wording("greeting.goodbye")


def test_it_names_the_version_a_consent_records(content: Damage) -> None:
    assert Library.load(content()).wording("greeting.hello") == "greeting.hello@3"


def test_it_offers_topics_by_intent(content: Damage) -> None:
    library = Library.load(content())
    topic = library.topics["topic.interval"]
    assert (topic.id, topic.source, topic.review.on) == (
        "topic.interval",
        {"tt26": "84 ngày"},
        date(2026, 1, 1),
    )
    assert "out_of_scope" not in library.topics_by_intent()
    assert library.topics_by_intent() == {"interval": "topic.interval"}
    assert library.next_steps()["topic.interval"] == ("topic.stale", "menu.menu")
    assert library.text("topic.interval.title", "en") == "When"


@pytest.mark.parametrize(
    ("today", "text"),
    [
        pytest.param(date(2027, 1, 1), "Ít nhất 84 ngày.", id="on its last day"),
        pytest.param(date(2027, 1, 2), "Xin hỏi bác sĩ.", id="a day later the safe line"),
    ],
)
def test_it_lets_an_outdated_topic_give_way(content: Damage, today: date, text: str) -> None:
    library = Library.load(content())
    assert library.as_of(today).text("topic.interval", "vi") == text
    assert library.as_of(today).text("topic.interval.title", "vi") == "Bao lâu"


def test_it_lists_outdated_topics(content: Damage) -> None:
    library = Library.load(content())
    assert [topic.id for topic in library.stale_topics(date(2030, 1, 1))] == ["topic.interval"]
    assert library.stale_topics(date(2026, 6, 1)) == ()


def test_it_reads_the_intervals(content: Damage) -> None:
    intervals = Library.load(content()).rules.intervals
    assert next_on(Donation(date(2026, 3, 2), Component.PLATELETS), intervals) == date(2026, 3, 16)
    assert next_on(Donation(date(2026, 3, 2)), intervals) == date(2026, 5, 25)


def test_it_teaches_a_reader(content: Damage) -> None:
    reader = Library.load(content()).reader()
    assert reader.read("may thang mot lan").topic == "topic.interval"
    assert reader.is_urgent("em vừa ngất")


DIALOG = "version: 1\ntexts:\n  label.menu: {vi: Menu, en: Menu}\n"
TOPIC = FILES["topics/interval.yaml"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param(
            {"dialog/talk.yaml": "version: 1\ntexts:\n  a: {vi: [unclosed\n"},
            "content/dialog/talk.yaml:4: error: this is not YAML",
            id="bad YAML",
        ),
        pytest.param(
            {"dialog/talk.yaml": "- just\n- a list\n"},
            "content/dialog/talk.yaml:1: error: the file should be a mapping",
            id="a list",
        ),
        pytest.param(
            {"dialog/empty.yaml": ""}, "content/dialog/empty.yaml:1: error: the file is empty", id="an empty file"
        ),
        pytest.param(
            {"dialog/more.yaml": "version: 1\ntexts:\n  # again\n  label.menu: {vi: Menu, en: Menu}\n"},
            "content/dialog/talk.yaml:4: error: label.menu stands already in content/dialog/more.yaml:4",
            id="an id in two files",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + "  label.menu: {vi: Menu, en: Menu}\n"},
            "content/dialog/talk.yaml:4: error: label.menu stands twice",
            id="an id twice in one file",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + "  a.b: {en: only English}\n"},
            "content/dialog/talk.yaml:4: error: texts.a.b has no vi",
            id="no Vietnamese",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + "  a.b: {vi: x, en: x, fr: x}\n"},
            "content/dialog/talk.yaml:4: error: fr is not one of the languages",
            id="a language we do not have",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + '  a.b: {vi: "{phone}", en: "{phone}"}\n'},
            "content/dialog/talk.yaml:4: error: a.b (vi): {phone} is not in placeholders.yaml",
            id="an unknown placeholder",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + '  a.b: {vi: "chào", en: "hello {name}"}\n'},
            "content/dialog/talk.yaml:4: error: a.b (en): placeholders that the vi words do not have",
            id="a placeholder in one language only",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + '  a.b: {vi: "chào {", en: "hello"}\n'},
            "content/dialog/talk.yaml:4: error: a.b (vi): braces that do not match",
            id="a lonely brace",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + '  a.b: {vi: "{name.secret}", en: "x"}\n'},
            "content/dialog/talk.yaml:4: error: a.b (vi): only a name may stand between braces",
            id="more than a name between braces",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + '  label.long: {vi: "Một nhãn dài quá hai mươi", en: "Short"}\n'},
            "content/dialog/talk.yaml:4: error: label.long (vi) has 25 characters, a button takes 20",
            id="a label too long for a button",
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + f'  a.b: {{vi: "{"x" * 2001}", en: "x"}}\n'},
            "content/dialog/talk.yaml:4: error: a.b (vi) has 2001 characters, a Zalo message takes 2000",
            id="a text too long for Zalo",
        ),
        pytest.param(
            {"dialog/talk.yaml": "texts:\n  label.menu: {vi: Menu, en: Menu}\n"},
            "content/dialog/talk.yaml:1: error: version is missing",
            id="no version",
        ),
        pytest.param(
            {"dialog/talk.yaml": "version: 1\n"}, "content/dialog/talk.yaml:1: error: texts is missing", id="no texts"
        ),
        pytest.param(
            {"dialog/talk.yaml": DIALOG + "  a.b: [x]\n"},
            "content/dialog/talk.yaml:4: error: texts.a.b should be a mapping",
            id="a text that is no mapping",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("source: {tt26: 84 ngày}\n", "")},
            "content/topics/interval.yaml:1: error: a medical or legal topic needs its source",
            id="a medical topic without source",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("topic.stale, menu.menu", "topic.nowhere")},
            "content/topics/interval.yaml:1: error: next leads to topic.nowhere",
            id="a broken link to a topic",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("menu.menu", "menu.nowhere")},
            "content/topics/interval.yaml:1: error: next leads to menu.nowhere, but no file has label.nowhere",
            id="a broken link to the menu",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("[interval]", "[weather]")},
            "content/topics/interval.yaml:1: error: weather has no file in understanding/intents",
            id="an unknown intent",
        ),
        pytest.param(
            {"topics/again.yaml": TOPIC.replace("topic.interval", "topic.again")},
            "content/topics/interval.yaml:1: error: interval is answered already by topic.again",
            id="two topics for one intent",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("review_by: 2027-01-01", "review_by: soon")},
            "content/topics/interval.yaml:10: error: review_by should be",
            id="a date that is none",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC + "colour: red\n"},
            "content/topics/interval.yaml:12: error: colour is not a field of a topic",
            id="a field nobody reads",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("kind: medical", "kind: gossip")},
            "content/topics/interval.yaml:2: error: kind is one of medical, legal, service",
            id="an unknown kind",
        ),
        pytest.param(
            {"topics/interval.yaml": "kind: medical\n"},
            "content/topics/interval.yaml:1: error: id is missing",
            id="a topic without id",
        ),
        pytest.param(
            {"topics/interval.yaml": TOPIC.replace("Ít nhất 84 ngày.", "x" * 561)},
            "content/topics/interval.yaml:1: error: topic.interval (vi) has 561 characters, a topic takes 560",
            id="a topic too long for a phone",
        ),
        pytest.param(
            {"topics/stale.yaml": None, "topics/interval.yaml": TOPIC.replace("topic.stale, ", "")},
            "content/topics:1: error: topic.stale is missing",
            id="no safe line",
        ),
        pytest.param(
            {"rules/intervals.yaml": FILES["rules/intervals.yaml"].replace("platelets: 14", "platelets: many")},
            "content/rules/intervals.yaml:2: error: days.platelets is not what belongs here",
            id="an interval that is no number",
        ),
        pytest.param(
            {"understanding/urgent.yaml": "phrases:\n  - ngất\n  - 115\n"},
            "content/understanding/urgent.yaml:3: error: 115 should be text",
            id="a phrase that is no text",
        ),
        pytest.param(
            {"understanding/intents/benefits.yaml": "intent: benefits\nmeaning: gifts\n"},
            "content/understanding/intents/benefits.yaml:1: error: an intent needs its label (intent), its meaning and examples",
            id="an intent without examples",
        ),
    ],
)
def test_it_names_file_line_and_reason(content: Damage, changed: dict[str, str | None], fault: str) -> None:
    root = content(changed)
    with pytest.raises(ContentFaults) as raised:
        Library.load(root)
    assert fault in str(raised.value)


def test_it_lists_all_faults_at_once(content: Damage) -> None:
    root = content({"dialog/talk.yaml": "version: 1\ntexts:\n  a: {en: x}\n  b: {vi: '{'}\n"})
    with pytest.raises(ContentFaults) as raised:
        Library.load(root)
    assert {finding.line for finding in raised.value.findings if finding.path.endswith("talk.yaml")} == {3, 4}


def test_it_only_warns_of_a_missing_translation(content: Damage) -> None:
    root = content({"dialog/talk.yaml": DIALOG + "  a.b: {vi: chưa dịch}\n"})
    assert [str(finding) for finding in check(root)] == ["content/dialog/talk.yaml:4: warning: texts.a.b has no en"]
    Library.load(root)


def test_it_finds_nothing_wrong_with_a_sound_folder(content: Damage) -> None:
    assert check(content()) == []


def test_it_says_so_when_there_is_no_content(tmp_path: Path) -> None:
    with pytest.raises(ContentFaults, match="no content file was found"):
        Library.load(tmp_path / "content")


def test_it_keeps_plain_text_plain() -> None:
    assert compiled("chào {{bạn}}") == "chào {bạn}"
    assert parse("{a} và {b}").fill({"a": 1, "b": "hai"}) == "1 và hai"
    with pytest.raises(BadTemplate):
        parse("{0}")
