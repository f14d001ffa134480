"""What a contact and a donor tell of a person, as JSON values: two sides become one, and part again."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from bot.storage.name_index import name_words
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts, donors

Plain = dict[str, Any]

WORDS = ("name", "birth_date", "phone")
TOLD = (*WORDS, "unit_id", "language", "rhythm")
GIVEN = ("last_given_on", "last_component", "next_on", "donations")
WISHES = ("ask_again_on", "called_on")
OF_DONOR = ("blood_group", "shown_name", *GIVEN, "deferred_until", *WISHES)
_SEALED = ("blood_group", "shown_name")
_DATES = ("last_given_on", "next_on", "deferred_until", *WISHES)


def contact_values(connection: Connection, ring: KeyRing, contact_id: int) -> Plain | None:
    """None where nobody is known under this id.

    Raises:
        LostKey: no key opens them.
    """
    living = contacts.c.id == contact_id, contacts.c.erased_at.is_(None)
    row = connection.execute(select(contacts).where(*living)).first()
    if row is None:
        return None
    words = {name: ring.open_text(getattr(row, f"{name}_sealed"), f"contacts.{name}") for name in WORDS}
    return {
        **words,
        "unit_id": row.unit_id,
        "language": row.language,
        "rhythm": row.rhythm,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }


def write_contact(connection: Connection, ring: KeyRing, contact_id: int, values: Plain) -> None:
    """Write them over the row of this id, which is somebody's again if it was a shell; or make it."""
    name, phone = values["name"], values["phone"]
    row = {
        "unit_id": values["unit_id"],
        "language": values["language"],
        "rhythm": values.get("rhythm") or "",
        **{f"{word}_sealed": ring.seal_text(values[word], f"contacts.{word}") for word in WORDS},
        "phone_blind": None if phone is None else ring.blind(phone),
        "name_words": None if name is None else name_words(ring, name),
        "created_at": datetime.fromisoformat(values["created_at"]),
        "updated_at": datetime.fromisoformat(values["updated_at"]),
        "erased_at": None,
    }
    _write(connection, contacts, contacts.c.id, contact_id, row)


def leave_shell(connection: Connection, contact_id: int, now: datetime) -> None:
    """The row only holds its number; a wrong join may be undone."""
    nobody: Plain = dict.fromkeys((*(f"{word}_sealed" for word in WORDS), "phone_blind", "name_words"))
    nobody |= {"language": "vi", "rhythm": "", "unit_id": None, "erased_at": now, "updated_at": now}
    connection.execute(update(contacts).where(contacts.c.id == contact_id).values(nobody))


def donor_values(connection: Connection, ring: KeyRing, contact_id: int) -> Plain | None:
    row = connection.execute(select(donors).where(donors.c.contact_id == contact_id)).first()
    if row is None:
        return None
    words = {name: ring.open_text(getattr(row, f"{name}_sealed"), f"donors.{name}") for name in _SEALED}
    plain = {name: getattr(row, name) for name in OF_DONOR if name not in _SEALED}
    return words | {k: v.isoformat() if isinstance(v, date) else v for k, v in plain.items()}


def write_donor(connection: Connection, ring: KeyRing, contact_id: int, values: Plain) -> None:
    row: Plain = {"donations": values["donations"], "last_component": values["last_component"]}
    # A join made before a column was there knows nothing of it.
    row |= {name: None if values.get(name) is None else date.fromisoformat(values[name]) for name in _DATES}
    row |= {f"{name}_sealed": ring.seal_text(values.get(name), f"donors.{name}") for name in _SEALED}
    _write(connection, donors, donors.c.contact_id, contact_id, row)


def _write(connection: Connection, table: Table, key: Any, identity: int, row: Plain) -> None:
    if connection.execute(update(table).where(key == identity).values(row)).rowcount == 0:
        connection.execute(table.insert().values({key.name: identity} | row))


# --- two become one ------------------------------------------------------------------------------------------------


def one_contact(kept: Plain | None, gone: Plain | None) -> Plain | None:
    """The words of the newer registration win; what it left open is filled from the other."""
    if kept is None or gone is None:
        return kept or gone
    newer, older = _newer_first(kept, gone)
    values = {name: newer.get(name) or older.get(name) for name in TOLD}
    return {
        **values,
        "created_at": min(kept["created_at"], gone["created_at"], key=datetime.fromisoformat),
        "updated_at": newer["updated_at"],
    }


def is_newer(one: Plain | None, other: Plain | None) -> bool:
    if one is None or other is None:
        return one is not None
    return datetime.fromisoformat(one["updated_at"]) > datetime.fromisoformat(other["updated_at"])


def _newer_first(kept: Plain, gone: Plain) -> tuple[Plain, Plain]:
    return (gone, kept) if is_newer(gone, kept) else (kept, gone)


def one_donor(first: Plain | None, second: Plain | None, twice: int) -> Plain | None:
    """The last donation of both, and the longer wait; `first` is believed on the blood group.

    Args:
        twice: donations that stand on both sides.
    """
    if first is None or second is None:
        return first or second
    last = max(first, second, key=lambda one: one["last_given_on"] or "")
    return {
        "blood_group": first["blood_group"] or second["blood_group"],
        "last_given_on": last["last_given_on"],
        "last_component": last["last_component"],
        "next_on": _later(first["next_on"], second["next_on"]),
        "deferred_until": _later(first["deferred_until"], second["deferred_until"]),
        "shown_name": first["shown_name"] or second["shown_name"],
        **{name: _later(first[name], second[name]) for name in WISHES},
        "donations": max(first["donations"] + second["donations"] - twice, 0),
    }


def _later(one: str | None, other: str | None) -> str | None:
    return max(filter(None, (one, other)), default=None)
