"""What a page of the web chat is sent when it comes: the last lines of its talk, or those it missed."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from bot.domain.changing import replace
from bot.storage.chat_history import BotLine, Line, SaidLine, bot_lines, talk_lines
from bot.storage.ids import moment_of
from bot.storage.sealing import KeyRing
from bot.web.frames import Hello

SHOWN = 50
"""Messages a page gets when it comes without any; twice as many lines with the person's own."""

MISSED_AT_MOST = 200
OVERLAP = timedelta(seconds=60)
"""How far a look goes back: rows of other processes may commit a little later than their ids say."""


def missed(connection: Connection, ring: KeyRing, address_id: int, hello: Hello) -> Sequence[Line]:
    """In order of time. The page knows by their ids what it has already."""
    if not hello.history:
        limit = SHOWN if hello.after is None else MISSED_AT_MOST
        return bot_lines(connection, ring, address_id, limit, hello.after or 0)
    if hello.after is None:
        return _readable(talk_lines(connection, ring, address_id, 2 * SHOWN))
    since = moment_of(hello.after) - OVERLAP
    return _readable(talk_lines(connection, ring, address_id, MISSED_AT_MOST, since=since))


def _readable(lines: Sequence[Line]) -> list[Line]:
    """Without what is no line of the talk. A tap whose button is not among these lines has no words to show."""
    labels = {choice.label for line in lines if isinstance(line, BotLine) for choice in line.message.choices}
    return [_shown(line, labels) for line in lines if _is_shown(line)]


def _is_shown(line: Line) -> bool:
    """A message of ours whose words are gone is no line any more."""
    if isinstance(line, BotLine):
        return bool(line.message.text or line.message.image)
    return line.kind in ("said", "pressed")


def _shown(line: Line, labels: Collection[str]) -> Line:
    if isinstance(line, SaidLine) and line.kind == "pressed" and (line.text or "") not in labels:
        return replace(line, text=None)
    return line
