"""Reads along in every log line of the whole run, and finds the invented people in it."""

import logging
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from bot.logs import TALKATIVE, JsonLines, Lines
from bot.understanding.folding import fold
from tests import people

PHONE = r"(?<![\d.])(?:\+?84|0)[ .-]?[35789]\d(?:[ .-]?\d){7}(?!\d)"
TICKET = r"(?<![\w-])[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}(?![\w-])"
SIGNED_LINK = r"[\w-]+\.[0-9a-z]{1,12}\.[\w-]{22}(?![\w-])"
BOT_TOKEN = r"\d+:[A-Za-z0-9_-]{12,}"
ACCENTED = r"[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]"
"""A line of the log is English and ids: a Vietnamese letter in it was written by a person, or for one."""

_ALWAYS = {"phone": PHONE, "ticket": TICKET, "signed link": SIGNED_LINK, "bot token": BOT_TOKEN}
_OWN = ("bot", "scheduler")


def found_in(text: str, *, ours: bool = False) -> list[str]:
    """What kinds of personal things this text holds. `ours`: a line the program wrote itself, so no Vietnamese at all."""
    kinds = [kind for kind, pattern in _ALWAYS.items() if re.search(pattern, text)]
    kinds += [kind for kind, words in _KNOWN.items() if words.search(text) or words.search(fold(text))]
    return kinds + (["Vietnamese"] if ours and re.search(ACCENTED, text) else [])


def _alternatives(words: Iterable[str]) -> re.Pattern[str]:
    whole = "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{whole})(?!\w)", re.IGNORECASE)


def _spellings(born: date) -> tuple[str, ...]:
    day, month, year = born.day, born.month, born.year
    pairs = ((f"{day}", f"{month}"), (f"{day:02}", f"{month:02}"))
    return (born.isoformat(), *(sign.join((d, m, f"{year}")) for d, m in pairs for sign in "/-."))


_KNOWN = {
    "name": _alternatives([*people.NAMES, *(fold(name) for name in people.NAMES)]),
    "birth date": _alternatives(spelling for born in people.BIRTH_DATES for spelling in _spellings(born)),
    "user of a platform": re.compile(rf"(?<!\d)(?:{'|'.join(people.USERS)})(?!\d)"),
    "secret": _alternatives(people.SECRETS),
    "words": _alternatives([*people.CANARIES, *(fold(word) for word in people.CANARIES)]),
}


class LogWatch:
    """What was found since it was last asked; from any thread."""

    def __init__(self) -> None:
        self.lines = 0
        self._found: list[str] = []
        self._lock = threading.Lock()
        self._forms = (Lines(), JsonLines())

    def record(self, record: logging.LogRecord) -> None:
        """A record as both forms of the log would print it."""
        if record.levelno < logging.WARNING and record.name.startswith(TALKATIVE):
            return  # the program silences these
        ours = record.name.split(".")[0] in _OWN
        for form in self._forms:
            self.text(form.format(record), f"log of {record.name}", ours=ours)

    def text(self, text: str, origin: str, *, ours: bool = False) -> None:
        """Printed lines, of this process or of another."""
        for line in text.splitlines():
            kinds = found_in(line, ours=ours)
            with self._lock:
                self.lines += 1
                self._found += [f"{', '.join(kinds)} in {origin}: {line[:300]}"] if kinds else []

    def take(self) -> list[str]:
        """Everything found; it begins anew."""
        with self._lock:
            found, self._found = self._found, []
        return found


WATCH = LogWatch()


@contextmanager
def reading_along(watch: LogWatch = WATCH) -> Iterator[None]:
    """See every record before any handler does: no test that changes handlers or levels of its own gets around it."""
    handle, readouterr = logging.Logger.handle, pytest.CaptureFixture.readouterr

    def handled(logger: logging.Logger, record: logging.LogRecord) -> None:
        watch.record(record)
        handle(logger, record)

    def read(capture: pytest.CaptureFixture[str]) -> Any:
        captured = readouterr(capture)
        watch.text(str(captured.err), "standard error")
        return captured

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Logger, "handle", handled)
        patch.setattr(pytest.CaptureFixture, "readouterr", read)
        yield
