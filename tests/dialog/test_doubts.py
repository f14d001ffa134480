"""Honest ignorance: did you mean, I do not know, was it of use."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.dialog import doubts
from bot.dialog.talk import Catalogue
from bot.dialog.turns import NoteUnanswered, RateTopic
from bot.domain.conversations import Handoff
from bot.library.library import Library
from bot.understanding.reader import Reading
from tests.dialog.stage import MakeStage, Stage
from tests.dialog.test_form_talk import TO_NAME, at

UNKNOWN = "hiến máu xong nuôi cá vàng được không?"


@dataclass(frozen=True)
class Told:
    """A reader that says what it was told to; urgent words stay what they are."""

    readings: Mapping[str, Reading] = field(default_factory=dict)

    def read(self, text: str, *, in_talk: bool = False) -> Reading:
        return self.readings.get(text, Reading("out_of_scope", 0.0))

    def is_urgent(self, text: str) -> bool:
        return "ngất" in text

    def despairs(self, text: str) -> bool:
        return False


def unsure(*topics: str, confidence: float = 0.5) -> Reading:
    return Reading("aftercare", confidence, topics[0], perhaps=topics)


@pytest.fixture
def chat(stage: MakeStage, library: Library) -> Stage:
    """Somebody who types "một", "hai", "yếu", or what nobody knows."""
    made = stage()
    readings = {
        "một": unsure("topic.after"),
        "hai": unsure("topic.after", "topic.before"),
        "yếu": unsure("topic.after", confidence=doubts.HEARD - 0.01),
        "lạ": unsure("topic.that-is-gone"),
    }
    made.catalogue = replace(made.catalogue, reader=Told(readings), scrubber=library.scrubber())
    return made


def title(catalogue: Catalogue, topic: str) -> str:
    return catalogue.words.text(f"{topic}.title", "vi")


def test_it_asks_whether_one_was_meant(chat: Stage) -> None:
    assert chat.say("một") == ["questions.perhaps-one"]
    assert chat.labels == [title(chat.catalogue, "topic.after"), "Không phải", "Menu"]
    assert chat.done == []


def test_it_asks_which_of_two_was_meant(chat: Stage) -> None:
    assert chat.say("hai") == ["questions.perhaps-two"]
    titles = [title(chat.catalogue, name) for name in ("topic.after", "topic.before")]
    assert chat.labels == [*titles, "Không phải", "Menu"]
    assert chat.tap(titles[1]) == ["topic.before"]


@pytest.mark.parametrize("answer", ["đúng rồi", "dạ", "có", "1"])
def test_it_takes_a_typed_yes(chat: Stage, answer: str) -> None:
    chat.say("một")
    assert chat.say(answer) == ["topic.after"]


@pytest.mark.parametrize("question", ["một", "hai"])
@pytest.mark.parametrize("answer", ["không", "ko phải", "hok"])
def test_it_takes_a_typed_no(chat: Stage, question: str, answer: str) -> None:
    chat.say(question)
    assert chat.say(answer) == ["topic.unknown"]
    assert "Gặp người phụ trách" in chat.labels


def test_it_offers_a_person_when_none_was_meant(chat: Stage) -> None:
    chat.say("hai")
    assert chat.tap("Không phải") == ["topic.unknown"]
    assert chat.tap("Gặp người") == ["human.told"]


@pytest.mark.parametrize("text", ["yếu", "lạ", "chưa ai biết"])
def test_it_says_that_it_does_not_know(chat: Stage, text: str) -> None:
    assert chat.say(text) == ["topic.unknown"]


def test_it_asks_in_mid_form_and_the_form_goes_on(stage: MakeStage, chat: Stage) -> None:
    form = at(stage, TO_NAME)
    asked = "hai cái đó là gì?"
    form.catalogue = replace(form.catalogue, reader=Told({asked: unsure("topic.after", "topic.before")}))
    assert form.say(asked) == ["questions.perhaps-two"]
    assert form.labels[-1] == "Tiếp tục đăng ký"
    assert "Không phải" not in form.labels
    assert form.say("Lò Thị Mai") == ["registration.ask-birth-date"]


def test_it_notes_a_question_without_the_person(chat: Stage) -> None:
    assert chat.say(UNKNOWN) == ["topic.unknown"]
    (noted,) = chat.done
    assert isinstance(noted, NoteUnanswered)
    assert noted.words.startswith("hiến máu xong nuôi")


@pytest.mark.parametrize(
    "text", ["Lò Thị Mai", "em Lò Thị Mai hiến máu được không?", "buồn quá", "em ngất rồi hiến máu có sao không?"]
)
def test_it_notes_nothing_of(chat: Stage, text: str) -> None:
    chat.say(text)
    assert not any(isinstance(effect, NoteUnanswered) for effect in chat.done)


def test_it_notes_nothing_while_a_person_is_awaited(chat: Stage) -> None:
    waiting = replace(chat.conversation, handoff=Handoff.WAITING, handoff_since=chat.now)
    chat.dossier = replace(chat.dossier, conversation=waiting)
    assert chat.say(UNKNOWN) == ["human.still"]
    assert chat.done == []


def test_it_notes_nothing_in_a_form(stage: MakeStage, library: Library) -> None:
    form = at(stage, TO_NAME)
    form.catalogue = replace(form.catalogue, reader=Told(), scrubber=library.scrubber())
    assert form.say(UNKNOWN) == ["questions.unknown-in-form", "registration.ask-name"]
    assert form.done == []


# --- Ratings -------------------------------------------------------------------------------------------------------


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer asks, instead of some by chance."""
    monkeypatch.setattr(doubts, "ONE_IN", 1)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    ("label", "about", "useful"),
    [("Có ích", "questions.rated-useful", True), ("Chưa đúng ý", "questions.rated-not-useful", False)],
)
def test_it_counts_a_rating_once(stage: MakeStage, label: str, about: str, useful: bool) -> None:
    chat = stage()
    chat.press("t.side-effects")
    pressed = next(choice.payload for choice in chat.conversation.offered if choice.label == label)
    wording = chat.catalogue.words.wording("topic.side-effects")
    assert chat.press(pressed) == [about]
    assert chat.done == [RateTopic(wording, useful)]
    assert chat.press(pressed)[0] == "registration.past"
    assert chat.done == []


@pytest.mark.usefixtures("always")
def test_it_asks_for_no_rating_in_a_form_or_while_a_person_is_awaited(stage: MakeStage) -> None:
    form = at(stage, TO_NAME)
    form.press("t.side-effects")
    assert "Có ích" not in form.labels
    chat = stage()
    waiting = replace(chat.conversation, handoff=Handoff.WAITING, handoff_since=chat.now)
    chat.dossier = replace(chat.dossier, conversation=waiting)
    chat.press("t.side-effects")
    assert "Có ích" not in chat.labels


@pytest.mark.usefixtures("always")
def test_it_asks_for_no_rating_of_the_safe_line(stage: MakeStage, library: Library) -> None:
    chat = stage()
    review_over = library.topics["topic.side-effects"].review.by
    assert review_over is not None
    chat.catalogue = replace(chat.catalogue, words=library.as_of(review_over.replace(year=review_over.year + 1)))
    chat.press("t.side-effects")
    assert "Có ích" not in chat.labels


@pytest.mark.usefixtures("always")
def test_it_asks_for_no_rating_of_how_blood_is_left_unused_or_of_danger(stage: MakeStage) -> None:
    chat = stage()
    chat.press("t.call-the-centre")
    assert "Có ích" not in chat.labels
    chat.say("em bị ngất rồi")
    assert "Có ích" not in chat.labels


@pytest.mark.parametrize(
    "payload", ["u.yes.side-effects", "u.no.side-effects", "u.maybe.x", "u.yes.", "u.yes.that-is-gone"]
)
def test_it_counts_nothing_that_was_not_offered(stage: MakeStage, payload: str) -> None:
    chat = stage()
    assert chat.press(payload)[0] == "registration.past"
    assert chat.done == []
