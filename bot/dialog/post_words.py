"""What everybody reads of a public post: its words, then the way to a place; the same in a preview and in public."""

from dataclasses import dataclass

from bot.dialog.payloads import Go, Poster
from bot.dialog.talk import Words
from bot.domain.messages import Choice, Message

LANGUAGE = "vi"
"""Posts are read by everybody who comes by; they are written in one language."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a reader comes to the drive: its code, and a link to our chat ("" where it is not known).

    Args:
        carries: the link opens the chat with the drive chosen; else the code has to be typed there.
    """

    code: str = ""
    link: str = ""

    @property
    def carries(self) -> bool:
        return bool(self.code) and self.code in self.link


def post_text(words: Words, own: str, way: Way) -> str:
    """The words and, for a drive, the line that leads to it."""
    return "\n\n".join(part for part in (own.strip(), way_line(words, way)) if part)


def way_line(words: Words, way: Way) -> str:
    """How to register; "" for a post about no drive."""
    if not way.code:
        return ""
    name = "link" if way.carries else "link-and-code" if way.link else "code"
    return words.text(f"post.way.{name}", LANGUAGE, {"link": way.link, "code": way.code})


def private_reply(words: Words, number: int | None, *, over: bool) -> Message:
    """The one message to somebody who commented that they would like to come.

    Args:
        number: of the code of the post's drive; None for a post about no drive.
        over: people cannot register there any more.
    """
    if number is None or over:
        choice = Choice(words.text("label.drives", LANGUAGE), str(Go("drives")))
        return Message(words.text("post.reply.over" if over else "post.reply.drives", LANGUAGE), (choice,))
    choice = Choice(words.text("label.register", LANGUAGE), str(Poster(number)))
    return Message(words.text("post.reply.open", LANGUAGE), (choice,))


def comment_phrases(words: Words) -> tuple[str, ...]:
    """What a comment says that asks to come, in every language."""
    both = (words.text("post.comment-words", language) for language in (LANGUAGE, "en"))
    return tuple(phrase.strip() for listed in both for phrase in listed.split(",") if phrase.strip())
