"""Campaigns in the talk: what is on today, what comes next; the words of a channel and the picture of an answer."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.dialog.seasons import season
from bot.dialog.talk import Catalogue, Talk
from bot.domain.conversations import Conversation
from bot.domain.updates import ChannelKind
from bot.library.library import Library
from tests.dialog.stage import ZONE, MakeStage, Stage, dossier


@pytest.fixture
def year(catalogue: Catalogue, library: Library) -> Catalogue:
    """With the campaigns, and pictures that can be fetched anywhere."""
    return replace(
        catalogue,
        campaigns=library.campaigns,
        images=library.images(),
        picture_link=lambda address, name: f"https://union.example/pictures/{name}",
    )


@pytest.mark.parametrize(
    ("day", "language", "line"),
    [
        pytest.param("2027-04-07", "vi", "Bây giờ đang là dịp: Ngày hiến máu 7/4.", id="on"),
        pytest.param("2026-09-01", "vi", "Dịp sắp tới: Chủ nhật Đỏ.", id="next"),
        pytest.param("2027-05-02", "en", "On just now: Safety Month, Workers' Month.", id="two at once"),
    ],
)
def test_it_names_the_season(year: Catalogue, day: str, language: str, line: str) -> None:
    known = dossier(ChannelKind.WEB, conversation=Conversation(language=language))
    assert season(Talk(known, year, datetime.fromisoformat(day).replace(tzinfo=ZONE))) == line


def test_it_says_nothing_without_campaigns(stage: MakeStage) -> None:
    chat = stage()
    assert chat.press("t.seasons") == ["topic.seasons"]
    assert "Dịp sắp tới" not in chat.last.text


def test_it_stands_under_the_answer_about_the_year(year: Catalogue) -> None:
    chat = Stage(year, dossier(ChannelKind.TELEGRAM))
    assert chat.press("t.seasons") == ["topic.seasons"]
    assert chat.last.text.endswith("Dịp sắp tới: Chủ nhật Đỏ.")


def test_it_shows_the_picture_of_an_answer(year: Catalogue, stage: MakeStage) -> None:
    chat = Stage(year, dossier(ChannelKind.TELEGRAM))
    chat.press("t.dangerous-work")
    assert chat.last.image == "https://union.example/pictures/dangerous-work.png"
    plain = stage()
    plain.press("t.dangerous-work")
    assert plain.last.image is None


@pytest.mark.parametrize(
    ("channel", "tells"),
    [
        pytest.param(ChannelKind.WEB, True, id="the page cannot write later"),
        pytest.param(ChannelKind.ZALO, False, id="Zalo can"),
    ],
)
def test_it_has_the_words_of_the_channel(stage: MakeStage, channel: ChannelKind, tells: bool) -> None:
    chat = stage(channel=channel)
    assert chat.press("t.register-how") == ["topic.register-how"]
    assert ("Trang này đóng lại thì em không tự nhắn được" in chat.last.text) is tells
