"""A page of free slots as choices, and the button to the next page."""

from collections.abc import Callable

from bot.dialog.payloads import Payload
from bot.dialog.saying import choice, words
from bot.dialog.talk import Talk
from bot.dialog.wording import clock
from bot.domain.drives import Slot
from bot.domain.messages import Choice

PAGE = 8
"""Slots a page: with "more" and one way out it stays within ten choices."""


def slot_menu(
    talk: Talk,
    slots: tuple[Slot, ...],
    page: int,
    pick: Callable[[Slot], Payload],
    turn_page: Callable[[int], Payload],
) -> tuple[Choice, ...]:
    """One page of slots; "more" goes round, so that no slot is out of reach."""
    pages = -(-len(slots) // PAGE)
    page %= max(1, pages)
    shown = slots[page * PAGE : (page + 1) * PAGE]
    picks = tuple(Choice(slot_label(talk, slot), str(pick(slot))) for slot in shown)
    if pages < 2:
        return picks
    return (*picks, choice(talk, "more-slots", turn_page((page + 1) % pages)))


def slot_label(talk: Talk, slot: Slot) -> str:
    """07:30 (còn 12)"""
    return words(talk, "label.slot", time=clock(slot.starts_at, talk.catalogue.zone), places=slot.places_left)
