"""Held places inside a batch: a yes takes one while it is held, a no or another booking at its drive gives it back."""

from datetime import datetime

from sqlalchemy import Connection

from bot.dialog.turns import LetGo, Move, Register, TakeHeld, Turn
from bot.domain.contacts import Dossier
from bot.storage.held_places import let_go, lock_held, take_held


def settle_held(connection: Connection, dossier: Dossier, turn: Turn, now: datetime) -> TakeHeld | None:
    """Before any slot is locked: take what was said yes to, hold on to what may have to go. Returns a yes that the rows
    refuse."""
    taken = next((effect for effect in turn.effects if isinstance(effect, TakeHeld)), None)
    if going := _going(dossier, turn):
        lock_held(connection, going)
    if taken is None:
        return None
    address = dossier.address
    granted = take_held(connection, taken.registration_id, address.contact_id, address.id, now)
    return None if granted else taken


def free_held(connection: Connection, dossier: Dossier, turn: Turn, now: datetime) -> list[int]:
    """When the turn stands: what is not wanted ends. The slots whose seats are to be given back with the batch."""
    going = _going(dossier, turn)
    return let_go(connection, going, dossier.address.contact_id, now) if going else []


def _going(dossier: Dossier, turn: Turn) -> list[int]:
    """What was let go in so many words, and what is held at the drive where this turn takes another place."""
    named = {effect.registration_id for effect in turn.effects if isinstance(effect, LetGo)}
    at = turn.claim.drive_id if isinstance(turn.claim, Register | Move) else None
    return sorted(r.id for r in dossier.registrations if r.is_held and (r.id in named or r.drive_id == at))
