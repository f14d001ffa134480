"""Questions that nobody has written an answer to, and how useful answers were: counts without any person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.housekeeping import PAGE
from bot.storage.tables import topic_ratings, unanswered
from bot.understanding.folding import fold

MOST_KEPT = 2000
"""Different questions kept at once: whoever floods us with new ones fills no disk."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question. `folded` is its key; days are moments at midnight UTC."""

    folded: str
    words: str
    times: int
    first_on: datetime
    last_on: datetime
    handled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rating:
    """How many found one version of an answer useful, and how many did not."""

    useful: int = 0
    not_useful: int = 0

    @property
    def whole(self) -> int:
        return self.useful + self.not_useful


def keep_unanswered(connection: Connection, questions: Sequence[str], now: datetime) -> None:
    """Count these questions, scrubbed already. One that comes back after it was handled is open again."""
    words = {fold(question): question for question in questions}
    times = Counter(map(fold, questions))
    if not words:
        return
    kept = connection.execute(select(func.count()).select_from(unanswered)).scalar_one()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for folded in sorted(words):  # in one order everywhere: two processes never wait for each other in a circle
        if kept >= MOST_KEPT:
            _count_known(connection, folded, times[folded], day)
            continue
        row = {"folded": folded, "words": words[folded], "times": times[folded], "first_on": day, "last_on": day}
        new = _insert(connection, unanswered).values(**row)
        again = {"times": unanswered.c.times + times[folded], "last_on": day, "handled_at": None}
        connection.execute(new.on_conflict_do_update(index_elements=["folded"], set_=again))
        kept += 1


def _count_known(connection: Connection, folded: str, times: int, day: datetime) -> None:
    again = {"times": unanswered.c.times + times, "last_on": day, "handled_at": None}
    connection.execute(update(unanswered).where(unanswered.c.folded == folded).values(again))


def open_questions(connection: Connection, *, handled: bool = False, most: int = PAGE) -> list[Unanswered]:
    """The most frequent first."""
    state = unanswered.c.handled_at.is_not(None) if handled else unanswered.c.handled_at.is_(None)
    found = select(unanswered).where(state).order_by(unanswered.c.times.desc(), unanswered.c.folded).limit(most)
    return [Unanswered(**row._mapping) for row in connection.execute(found)]


def count_questions(connection: Connection) -> int:
    """How many wait for somebody to look at them."""
    waiting = select(func.count()).select_from(unanswered).where(unanswered.c.handled_at.is_(None))
    return connection.execute(waiting).scalar_one()


def mark_handled(connection: Connection, folded: str, now: datetime) -> bool:
    """False when there is no such question (any more)."""
    mine = update(unanswered).where(unanswered.c.folded == folded, unanswered.c.handled_at.is_(None))
    return connection.execute(mine.values(handled_at=now)).rowcount > 0


def drop_unanswered(connection: Connection, before: datetime) -> int:
    """Questions that nobody has asked since."""
    old = select(unanswered.c.folded).where(unanswered.c.last_on <= before).limit(PAGE)
    return connection.execute(delete(unanswered).where(unanswered.c.folded.in_(old))).rowcount


def keep_ratings(connection: Connection, ratings: Sequence[tuple[str, bool]]) -> None:
    """Count ratings: a topic with its version, and whether it was useful."""
    for wording, counted in sorted(_by_wording(ratings).items()):
        new = _insert(connection, topic_ratings).values(
            wording=wording, useful=counted.useful, not_useful=counted.not_useful
        )
        more = {
            "useful": topic_ratings.c.useful + counted.useful,
            "not_useful": topic_ratings.c.not_useful + counted.not_useful,
        }
        connection.execute(new.on_conflict_do_update(index_elements=["wording"], set_=more))


def _by_wording(ratings: Sequence[tuple[str, bool]]) -> Mapping[str, Rating]:
    counted = Counter(ratings)
    return {wording: Rating(counted[wording, True], counted[wording, False]) for wording, _ in counted}


def ratings_by_wording(connection: Connection) -> dict[str, Rating]:
    return {row.wording: Rating(row.useful, row.not_useful) for row in connection.execute(select(topic_ratings))}


def _insert(connection: Connection, table: Table) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
