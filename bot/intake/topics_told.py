"""Which version of which answer a message tells: noted inside its sealed body, for the day on which one is corrected.

A table of who asked what would watch people (law 91/2025: tracking of behaviour is sensitive). The message itself is
kept anyway for some days, sealed, and forgets this with its words.
"""

from collections.abc import Iterable
from typing import Any

from bot.dialog.talk import Catalogue
from bot.dialog.turns import Effect, Say

TOPIC = "topic."
KEY = "told"


def topics_told(effects: Iterable[Effect], catalogue: Catalogue) -> tuple[str, ...]:
    """The wordings of the answers among these effects, such as `topic.interval@3812`."""
    words = catalogue.words
    about = (effect.about for effect in effects if isinstance(effect, Say) and effect.about.startswith(TOPIC))
    return tuple(words.wording(text_id) for text_id in about if words.has(text_id))


def with_topics(body: dict[str, Any], told: tuple[str, ...]) -> dict[str, Any]:
    return {**body, KEY: list(told)} if told else body
