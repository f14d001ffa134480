"""A page of free slots as choices, and the button to the next page."""

from collections.abc import Callable

from bot.dialog.payloads import Payload
from bot.dialog.saying import choice, words
from bot.dialog.talk import Talk
from bot.dialog.wording import clock
from bot.domain.drives import Drive, Slot
from bot.domain.messages import Choice

PAGE = 8
"""Slots a page: with "more" and one way out it stays within ten choices; one less where there are passes."""


def slot_menu(
    talk: Talk,
    slots: tuple[Slot, ...],
    page: int,
    pick: Callable[[Slot], Payload],
    turn_page: Callable[[int], Payload],
    most: int = PAGE,
) -> tuple[Choice, ...]:
    """One page of slots; "more" goes round, so that no slot is out of reach."""
    pages = -(-len(slots) // most)
    page %= max(1, pages)
    shown = slots[page * most : (page + 1) * most]
    picks = tuple(Choice(slot_label(talk, slot), str(pick(slot))) for slot in shown)
    if pages < 2:
        return picks
    return (*picks, choice(talk, "more-slots", turn_page((page + 1) % pages)))


def pass_choice(talk: Talk, drive: Drive, pick: Callable[[Slot], Payload], but: int = 0) -> tuple[Choice, ...]:
    """A pass for whoever wants no time of their own, or finds none left."""
    passes = drive.open_pass(talk.now)
    if passes is None or passes.id == but:
        return ()
    return (choice(talk, "pass", pick(passes), places=passes.places_left),)


def slot_label(talk: Talk, slot: Slot) -> str:
    """07:30 (còn 12)"""
    return words(talk, "label.slot", time=clock(slot.starts_at, talk.catalogue.zone), places=slot.places_left)
