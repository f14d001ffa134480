"""What one person reads of a broadcast: who it is from, its words, how to end it; the same in a preview and in the sending."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from bot.dialog.payloads import Go, Join
from bot.dialog.talk import Words
from bot.domain.broadcasts import Draft
from bot.domain.messages import Choice, Message
from bot.domain.outbox import MessagePurpose

URL = re.compile(r"https?://[^\s<>\"'“”]*[^\s<>\"'“”.,;:!?)]")
FIRST = "vi"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a broadcast's words stand in.

    Args:
        unit: who sends it, by name.
        image: public address of its picture; "" without one.
        link: an address in the words → the one that is counted.
    """

    unit: str
    image: str = ""
    link: Callable[[str], str] = field(default=str, repr=False)


def broadcast_message(words: Words, draft: Draft, frame: Frame, language: str) -> Message:
    """The label, the words, the stop line, and what can be tapped.

    Raises:
        KeyError: the topic is not in the content any more, or there are no words at all.
    """
    purpose = draft.purpose.value
    parts = (
        words.text(f"broadcast.label.{purpose}", language, {"unit": frame.unit}),
        URL.sub(lambda found: frame.link(found.group()), own_text(words, draft, language)),
        words.text(f"broadcast.stop.{purpose}", language),
    )
    return Message("\n\n".join(parts), _choices(words, draft, language), image=frame.image or None)


def thanks_message(words: Words, frame: Frame, language: str) -> Message:
    """The need of an appeal is met: for those who were asked and took no place."""
    parts = (
        words.text("broadcast.label.urgent", language, {"unit": frame.unit}),
        words.text("broadcast.need-met", language),
    )
    return Message("\n\n".join(parts), (Choice(words.text("label.drives", language), str(Go("drives"))),))


def own_text(words: Words, draft: Draft, language: str) -> str:
    """What staff wrote or chose, in the language or else in Vietnamese.

    Raises:
        KeyError: there is nothing.
    """
    if draft.topic:
        return words.text(f"topic.{draft.topic}", language)
    own: Mapping[str, str] = dict(draft.words)
    return own[language] if language in own else own[FIRST]


def links_in(text: str) -> list[str]:
    """The addresses that stand in a text, each once, in order."""
    return list(dict.fromkeys(found.group() for found in URL.finditer(text)))


def link_code(of: int | str, target: str) -> str:
    """The short name of a counted link; the same each time.

    Args:
        of: the broadcast, or the post (`post_words.Links`), in whose words it stands.
    """
    return blake2b(f"{of}\n{target}".encode(), digest_size=6).hexdigest()


def counted_link(site: str, of: int | str, target: str) -> str:
    """What stands in the sent words in place of an address; as long for every broadcast."""
    return f"{site}/l/{link_code(of, target)}"


def _choices(words: Words, draft: Draft, language: str) -> tuple[Choice, ...]:
    if draft.purpose is MessagePurpose.DRIVE:
        return (Choice(words.text("label.mine", language), str(Go("mine"))),)
    if draft.drive_id is not None:
        return (Choice(words.text("label.register", language), str(Join(draft.drive_id))),)
    return (Choice(words.text("label.drives", language), str(Go("drives"))),)
