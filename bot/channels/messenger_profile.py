"""What people see of a page's talk before and beside it: greeting, Get Started, the menu. No ice breakers.

Ice breakers would stand in the place of Get Started, and with it hide which poster somebody came from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.channels.messenger_events import GET_STARTED

LOCALES = {"vi": "vi_VN", "en": "en_US"}
LONGEST_GREETING = 160
LONGEST_TITLE = 30
MENU: tuple[tuple[str, str], ...] = (
    ("label.register", "m.register"),
    ("label.mine", "m.mine"),
    ("label.drives", "m.drives"),
    ("label.topics", "m.topics"),
    ("label.human", "m.human"),
    ("label.data", "m.data"),
    ("label.stop", "m.stop"),
)
"""Ids of words and payloads of the dialogue, as its own choices have them; the standing way to stop is among them."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The words of one language; `locale` is Meta's name of it, or `default` for everybody else."""

    locale: str
    greeting: str
    menu: tuple[tuple[str, str], ...]


def profiles(words: Callable[[str, str], str], first: str) -> tuple[Profile, ...]:
    """The installation's first language for everybody, then each under its own name.

    Args:
        words: the text of an id in a language.
    """
    languages = [("default", first), *((locale, language) for language, locale in LOCALES.items())]
    return tuple(
        Profile(
            locale,
            words("messenger.greeting", language),
            tuple((words(label, language), payload) for label, payload in MENU),
        )
        for locale, language in languages
    )


def profile_body(languages: tuple[Profile, ...]) -> dict[str, Any]:
    """The one call that sets it all; the menu needs Get Started beside it."""
    return {
        "get_started": {"payload": GET_STARTED},
        "greeting": [{"locale": one.locale, "text": one.greeting} for one in languages],
        "persistent_menu": [
            {
                "locale": one.locale,
                "composer_input_disabled": False,
                "call_to_actions": [
                    {"type": "postback", "title": title, "payload": payload} for title, payload in one.menu
                ],
            }
            for one in languages
        ],
    }
