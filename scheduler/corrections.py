"""The sweep of corrections: those who were told an older version of an answer get the present one, once."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.channels.fit import fit
from bot.dialog.payloads import Go, Read
from bot.domain.messages import Choice, Message
from bot.storage.corrections import (
    Correction,
    Reader,
    finish,
    open_corrections,
    readers,
    told_otherwise,
    write_correction,
)
from bot.storage.sealing import LostKey
from bot.storage.talks import load_talk
from scheduler.parts import Parts

HINT = "channels.answer-with-number"
PAGE = 40
"""People in one commit, so that it stays within 20 ms on SQLite."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a run of the sweep did."""

    corrections: int = 0
    messages: int = 0


async def correct(parts: Parts) -> Corrected:
    """Send what staff asked for. Killed in the middle it begins again, and nobody gets it twice: keys stand for people."""
    asked = await parts.db.read(open_corrections)
    messages = 0
    for correction in asked:
        messages += await _send(parts, correction)
    return Corrected(len(asked), messages)


async def _send(parts: Parts, correction: Correction) -> int:
    people = await asyncio.to_thread(told_otherwise, parts.db, parts.ring, correction)
    messages, accounts = 0, set[int]()
    # An edition that was taken back, or changed again meanwhile: these words are not the ones that were asked for.
    if parts.words.wording(correction.topic) != correction.wording:
        people = []
    for first in range(0, len(people), PAGE):
        ids = people[first : first + PAGE]
        written = await parts.db.write(lambda c, ids=ids: _page(c, parts, correction, ids))  # type: ignore[misc]
        messages += len(written)
        accounts |= {reader.account_id for reader in written}
    await parts.db.write(lambda c: finish(c, correction, parts.clock()))
    if accounts:
        parts.sender.nudge(accounts)
    return messages


def _page(connection: Connection, parts: Parts, correction: Correction, ids: list[int]) -> list[Reader]:
    told = []
    for reader in readers(connection, ids):
        if reader.channel not in parts.limits:
            continue
        language = _language(reader, parts)
        hint = parts.words.text(HINT, language)
        told.append((reader, fit((_message(parts, correction, language),), parts.limits[reader.channel], hint)))
    return write_correction(connection, parts.ring, correction, told, parts.clock())


def _language(reader: Reader, parts: Parts) -> str:
    try:
        return load_talk(reader.talk_sealed, parts.ring).language
    except LostKey:
        return "vi"


def _message(parts: Parts, correction: Correction, language: str) -> Message:
    """Says that it is a correction, of what, and the whole new answer."""
    words, topic = parts.words, correction.topic
    title = words.text(f"{topic}.title", language)
    text = words.text("correction.intro", language, {"topic": title}) + "\n\n" + words.text(topic, language)
    choices = (
        Choice(words.text("label.read-again", language), str(Read(topic.removeprefix("topic.")))),
        Choice(words.text("label.menu", language), str(Go("menu"))),
    )
    return Message(text, choices)
