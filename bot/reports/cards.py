"""The thank-you card as a picture, set by typst in a process of its own."""

import asyncio
import json
from collections import OrderedDict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from bot.dialog.talk import Words
from bot.dialog.wording import plain_date
from bot.reports.printing import DROP, TEMPLATES
from bot.storage.cards import CardFacts

KEPT = 50
"""Pictures held in memory: a drive's donors look at theirs on the same evening."""


def card_png(facts: dict[str, str]) -> bytes:
    """900 × 1125 points at 72 to the inch, about 60 kB."""
    import typst  # 70 MB of program: only where pages are made

    made: Any = typst.compile(
        TEMPLATES / "card.typ",
        root=TEMPLATES,
        ignore_system_fonts=True,
        format="png",
        ppi=72,
        sys_inputs={"facts": json.dumps(facts), "drop": DROP},
    )
    return made[0] if isinstance(made, list) else bytes(made)


def card_words(words: Words, organiser: str, facts: CardFacts) -> dict[str, str]:
    """Everything that stands on it."""
    tongue = facts.language
    time = "card.first" if facts.number == 1 else "card.time"
    return {
        "language": tongue,
        "thanks": words.text("card.thanks", tongue),
        "name": facts.name or words.text("card.somebody", tongue),
        "time": words.text(time, tongue, {"count": facts.number}),
        "place": facts.place,
        "date": words.text("card.date", tongue, {"date": plain_date(facts.given_on, tongue)}),
        "line": words.text("card.line", tongue),
        "organiser": organiser,
    }


class CardPress:
    """Makes cards one at a time; the same card is made once."""

    def __init__(self, words: Words, organiser: str) -> None:
        self._words, self._organiser = words, organiser
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def picture(self, facts: CardFacts) -> bytes:
        said = card_words(self._words, self._organiser, facts)
        key = json.dumps(said, sort_keys=True)
        async with self._one_at_a_time:
            if key not in self._made:
                self._made[key] = await _apart(said)
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[key]


async def _apart(said: dict[str, str]) -> bytes:
    """Nothing holds the loop, and what typst keeps goes with its process."""
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, card_png, said)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
