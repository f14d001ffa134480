"""What people see of a bot before they write: its commands and what it says about itself, in each language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

COMMANDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "vi": (
        ("dangky", "register"), ("kiemtra", "check"), ("lich", "mine"), ("huy", "cancel"), ("nguoi", "human"),
        ("menu", "menu"), ("gio", "hours"), ("dulieu", "data"), ("xoa", "erase"), ("dung", "stop"), ("english", "english"),
        ("help", "help"), ("start", "start"),
    ),
    "en": (
        ("register", "register"), ("check", "check"), ("mine", "mine"), ("cancel", "cancel"), ("human", "human"),
        ("menu", "menu"), ("hours", "hours"), ("data", "data"), ("delete", "erase"), ("stop", "stop"), ("tiengviet", "tiengviet"),
        ("help", "help"), ("start", "start"),
    ),
}  # fmt: skip
"""By language: the command as it is typed, and what names its words (`telegram.command.…`). The dialogue knows all."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The words of one bot in one language.

    Args:
        language: two letters; "" for everybody whose language has no words of its own.
        commands: name without its slash, and what it does; in the order of the menu.
        description: shown in the empty chat, above START.
        about: shown on the bot's page and when its link is shared.
    """

    language: str
    commands: tuple[tuple[str, str], ...]
    description: str
    about: str

    def calls(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """The three calls that set it: method and parameters. Commands are for private chats, the only ones we serve."""
        language = {"language_code": self.language} if self.language else {}
        commands = [{"command": name, "description": does} for name, does in self.commands]
        return (
            ("setMyCommands", {"commands": commands, "scope": {"type": "all_private_chats"}, **language}),
            ("setMyDescription", {"description": self.description, **language}),
            ("setMyShortDescription", {"short_description": self.about, **language}),
        )


def profiles(words: Callable[[str, str], str], first: str) -> tuple[Profile, ...]:
    """What to register: the installation's first language for everybody, the others for those who speak them.

    Args:
        words: the text of an id in a language.
    """
    return tuple(_profile(words, language, "" if language == first else language) for language in COMMANDS)


def _profile(words: Callable[[str, str], str], language: str, code: str) -> Profile:
    commands = tuple((name, words(f"telegram.command.{about}", language)) for name, about in COMMANDS[language])
    return Profile(code, commands, words("telegram.description", language), words("telegram.about", language))
