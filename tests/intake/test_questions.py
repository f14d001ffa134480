"""What questions tell of the content reaches its rows in the commit of the answer, and nothing of the person does."""

import pytest

from bot.dialog import doubts
from bot.storage.questions import Rating, open_questions, ratings_by_wording
from bot.understanding.reader import Reading
from tests.intake.conftest import Ground, library, reader

USER, OTHER = 610000001, 610000002
UNKNOWN = "hiến máu xong nuôi cá được không?"


class KnowsNothing:
    """A reader to whom everything is new."""

    def read(self, text: str, *, in_talk: bool = False) -> Reading:
        return Reading("out_of_scope", 0.0)

    def is_urgent(self, text: str) -> bool:
        return False

    def despairs(self, text: str) -> bool:
        return False


@pytest.fixture
def unknowing(ground: Ground) -> Ground:
    ground.intake._batcher._catalogues.renew(library(), KnowsNothing(), library().scrubber())
    return ground


async def test_it_counts_a_question_of_two_people(unknowing: Ground) -> None:
    for user in (USER, OTHER):
        await unknowing.walk(user, "/start", UNKNOWN)
    (kept,) = await unknowing.db.read(open_questions)
    assert (kept.words, kept.times) == (UNKNOWN.rstrip("?"), 2)


async def test_it_counts_nothing_of_a_report_of_pressure(unknowing: Ground) -> None:
    await unknowing.walk(USER, "/start", "/biep", UNKNOWN)
    assert await unknowing.db.read(open_questions) == []


async def test_it_counts_a_rating_by_topic_and_version(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubts, "ONE_IN", 1)
    await ground.walk(USER, "/start", "hiến máu có đau không", "có ích")
    topic = reader().read("hiến máu có đau không").topic
    assert await ground.db.read(ratings_by_wording) == {library().wording(topic): Rating(1, 0)}
