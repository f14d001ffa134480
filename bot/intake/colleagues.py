"""The rows of a place that somebody takes for a colleague: a person without a name, and their place."""

from datetime import datetime

from bot.dialog.turns import Bring
from bot.domain.contacts import Dossier
from bot.domain.registrations import Origin, RegistrationState
from bot.storage.ids import new_id
from bot.storage.prepared import Row


def brought_rows(dossier: Dossier, effect: Bring, language: str, now: datetime) -> tuple[Row, Row]:
    """Nothing in them tells who the colleague is; the unit is that of whoever brings them."""
    colleague = new_id()
    contact = {"id": colleague, "language": language, "created_at": now, "updated_at": now}
    place = {
        "id": new_id(),
        "contact_id": colleague,
        "drive_id": effect.drive_id,
        "slot_id": effect.slot_id,
        "unit_id": dossier.person.unit_id if dossier.person else None,
        "ticket": effect.ticket,
        "state": RegistrationState.BOOKED.value,
        "origin": Origin.COLLEAGUE.value,
        "brought_by": dossier.address.contact_id,
        "created_at": now,
        "updated_at": now,
    }
    return contact, place
