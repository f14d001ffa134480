"""The sweep that makes old names findable: tokens where a contact has a name but none yet."""

from functools import partial

from bot.storage.name_backfill import PAGE, fill_name_words, names_to_fill
from scheduler.parts import Parts


async def fill_names(parts: Parts) -> int:
    """Page by page until nothing is left that a key of ours opens; returns how many names were filled."""
    if not await parts.db.read(names_to_fill):
        return 0
    last, looked_at, total = 0, PAGE, 0
    while looked_at == PAGE:
        last, looked_at, filled = await parts.db.write(partial(fill_name_words, ring=parts.ring, behind=last))
        total += filled
    return total
