"""An erasure that a platform passes on under an id which is not always the one we know a person by."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from bot.storage.data_requests import note_request, request_by_code
from bot.storage.erasing import erase_person
from bot.storage.sealing import KeyRing
from bot.storage.tables import addresses

PLATFORM = "platform"


def erase_for_platform(
    connection: Connection, ring: KeyRing, account_ids: Collection[int], user_id: str, code: str, now: datetime
) -> None:
    """Erase whoever has exactly this id on one of these accounts; nobody has it: the request waits for staff.

    The same code a second time changes nothing.
    """
    if request_by_code(connection, code) is not None:
        return
    known = select(addresses.c.contact_id).where(
        addresses.c.account_id.in_(account_ids), addresses.c.user_id == user_id, addresses.c.erased_at.is_(None)
    )
    people = sorted(set(connection.execute(known).scalars()))
    if not people:
        note_request(connection, "erase", PLATFORM, now, code=code, done=False)
    for number, contact_id in enumerate(people):
        erase_person(connection, ring, contact_id, now, source=PLATFORM, code=None if number else code)
