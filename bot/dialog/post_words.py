"""What everybody reads of a public post: its words, then the way to a place; the same in a preview and in public."""

from dataclasses import dataclass

from bot.dialog.broadcast_words import URL, counted_link, link_code, links_in
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


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses in a post's own words go out as links that are counted. Where nobody outside would come to our
    address, they stay as they were typed.

    Args:
        site: our address.
    """

    site: str
    post_id: int = 0

    @property
    def are_counted(self) -> bool:
        return self.site.startswith("https://")

    def put_in(self, own: str) -> str:
        """The words as they are sent."""
        return URL.sub(lambda found: self.link(found.group()), own) if self.are_counted else own

    def targets(self, own: str) -> dict[str, str]:
        """The short name of each counted link → where it leads."""
        return {link_code(self._of, one): one for one in links_in(own)} if self.are_counted else {}

    def link(self, target: str) -> str:
        return counted_link(self.site, self._of, target)

    @property
    def _of(self) -> str:
        return f"post {self.post_id}"


def post_text(words: Words, own: str, way: Way, links: Links) -> str:
    """The words and, for a drive, the line that leads to it."""
    return "\n\n".join(part for part in (links.put_in(own.strip()), way_line(words, way)) if part)


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
