"""The real content library and reader, loaded once; a stage per test."""

from dataclasses import replace
from typing import Any

import pytest

from bot.dialog.talk import Catalogue
from bot.domain.conversations import Conversation
from bot.domain.updates import ChannelKind
from bot.library.library import Library
from bot.library.reading import content_root
from bot.understanding.unit_index import UnitIndex
from tests.dialog.stage import FIRST, LINK, ME, NOW, SECOND, UNITS, ZONE, MakeStage, Stage, dossier


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(content_root())


@pytest.fixture(scope="session")
def catalogue(library: Library) -> Catalogue:
    reader = library.reader()
    return Catalogue(
        words=library,
        reader=reader,
        drives=(FIRST, SECOND),
        units=UnitIndex(UNITS, NOW.date()),
        zone=ZONE,
        form_link=lambda address, now: LINK,
        me_link=lambda address, now: ME,
        organiser="LĐLĐ tỉnh Lai Châu",
        duty=True,
        next_steps={topic.id: topic.next for topic in library.topics.values()},
        rules=library.rules,
        steps=library.steps,
    )


@pytest.fixture
def stage(catalogue: Catalogue) -> MakeStage:
    """Makes a stage: `drives`, `duty`, `channel`, and whatever a dossier knows."""

    def make(*, new: bool = False, channel: ChannelKind = ChannelKind.TELEGRAM, **known: Any) -> Stage:
        of_catalogue = {key: known.pop(key) for key in ("drives", "duty", "form_link", "card_link") if key in known}
        if new:
            known["conversation"] = Conversation()
        return Stage(replace(catalogue, **of_catalogue), dossier(channel, **known))

    return make
