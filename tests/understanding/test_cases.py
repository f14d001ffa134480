"""The particular answer where a case is named, the general one where none or several are."""

import pytest

from bot.library.library import Library
from bot.understanding.folding import marked, words


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("huyết áp cao có hiến được không", "topic.blood-pressure"),
        ("em bi tieu duong hien dc k", "topic.diabetes"),
        ("tiêm dại thì bao lâu hiến được", "topic.vaccine-rabies"),
        ("hiến xong đá bóng được không", "topic.sport-work"),
        ("bị bệnh có hiến máu được không", "topic.conditions"),
        ("bị huyết áp cao và tiểu đường có hiến máu được không", "topic.conditions"),
    ],
)
def test_it_picks_the_topic_of_the_case(library: Library, text: str, topic: str) -> None:
    reading = library.reader().read(text)
    assert (reading.answered, reading.topic) == (True, topic)


def test_every_case_is_found_by_its_own_words(library: Library) -> None:
    """Words that two topics of one intent share would never lead to either."""
    cases = library.reader().cases
    lost = [
        (intent, topic, ask)
        for intent, topics in library.cases().items()
        for topic, asks in topics.items()
        for ask in asks
        if cases.topic(intent, words(ask), marked(ask)) != topic
    ]
    assert lost == []
