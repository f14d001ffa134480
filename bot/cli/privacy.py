"""`giothong privacy`: what a person may ask of us, done by staff; every step is noted before anything leaves."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from bot import clock
from bot.cli import place
from bot.cli.failing import Failed, wrong_usage
from bot.storage.audit import note
from bot.storage.data_requests import note_request
from bot.storage.database import Database
from bot.storage.erasing import erase_person
from bot.storage.key_store import open_ring
from bot.storage.people_search import find_people
from bot.storage.personal_copy import held_of
from bot.storage.personal_messages import copy_chunks
from bot.storage.proofs import proofs_of
from bot.storage.sealing import KeyRing
from bot.storage.staff import member_of
from bot.storage.tables import accounts
from bot.web.console.access import Right, rights_of

FOUND_AT_MOST = 50
NEEDS = {
    Right.PRIVACY: "an admin may, or an organiser or approver of the top unit",
    Right.COPIES: "only an admin may",
}


def find(args: Namespace) -> int:
    """Contact ids, one a line, with the unit's code and the name masked: enough to choose, too little to know."""
    if not args.phone and not args.name:
        raise wrong_usage("write --phone or --name, or both")
    with _desk(args) as (db, ring, who):
        db.write_now(lambda connection: note(connection, clock.now(), who, "people-searched"))
        found = db.read_now(
            lambda connection: find_people(
                connection, ring, phone=args.phone, name=args.name, scope=None, limit=FOUND_AT_MOST
            )
        )
    if not found:
        raise Failed("nobody is found under this")
    for person in found:
        print(f"{person.contact_id}\t{person.unit_code or '-'}\t{masked(person.name)}")
    return 0


def export(args: Namespace) -> int:
    """The same copy that the person's own page gives."""
    with _desk(args, Right.COPIES) as (db, ring, who):
        now, contact = clock.now(), args.contact
        chunks = copy_chunks(db.read_now, ring, contact, now)
        if chunks is None:
            raise _nobody(contact)
        db.write_now(lambda connection: _note_copy(connection, contact, who, now))
        _write(chunks, Path(args.output) if args.output else None)
    return 0


def erase(args: Namespace) -> int:
    """At once, also beside a running server; what follows is the work of its sweep."""
    with _desk(args) as (db, ring, who):
        contact = args.contact
        if db.read_now(lambda connection: held_of(connection, ring, contact)) is None:
            raise _nobody(contact)
        db.write_now(lambda connection: erase_person(connection, ring, contact, clock.now(), source="staff", by=who))
    print(f"contact {contact} is erased; the proof of consent and the counts stay")
    return 0


def proof(args: Namespace) -> int:
    """What an erased address had agreed to, one JSON object a line."""
    with _desk(args) as (db, ring, who):
        account = db.read_now(lambda connection: _account(connection, args.account))
        if account is None:
            raise Failed(f"no channel account has the code {args.account}")
        db.write_now(lambda connection: _note_proof(connection, who, clock.now()))
        found = db.read_now(lambda connection: proofs_of(connection, ring, account, args.user))
    if not found:
        raise Failed("no proof of consent is kept for this id")
    for one in found:
        print(json.dumps({name: _plain(value) for name, value in asdict(one).items()}))
    return 0


def masked(name: str | None) -> str:
    """Nguyễn Thị Hoa → N. T. Hoa."""
    *first, last = (name or "?").split() or ["?"]
    return " ".join([*(f"{part[0]}." for part in first), last])


@contextmanager
def _desk(args: Namespace, right: Right = Right.PRIVACY) -> Iterator[tuple[Database, KeyRing, str]]:
    """The database, the keys, and who stands in the record."""
    settings = place.settings_here()
    with place.database(settings) as db:
        who = db.read_now(lambda connection: _who(connection, args.by, right)) if args.by else place.system_user()
        yield db, open_ring(db, settings.encryption_keys), who


def _who(connection: Connection, login: str, right: Right) -> str:
    """A login that may do this in the console too."""
    member = member_of(connection, login)
    if member is None:
        raise Failed(f"no staff member has the login {login}")
    if right not in rights_of(member):
        raise wrong_usage(f"{login} may not do this in the console either: {NEEDS[right]}")
    return login


def _account(connection: Connection, code: str) -> int | None:
    return connection.execute(select(accounts.c.id).where(accounts.c.code == code)).scalar()


def _note_copy(connection: Connection, contact: int, who: str, now: datetime) -> None:
    note_request(connection, "download", "staff", now, contact_id=contact, by=who)
    note(connection, now, who, "data-exported", f"contact {contact}")


def _note_proof(connection: Connection, who: str, now: datetime) -> None:
    note_request(connection, "show", "staff", now, by=who)
    note(connection, now, who, "proof-shown")


def _write(chunks: Iterator[bytes], file: Path | None) -> None:
    if file is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        for chunk in chunks:
            sys.stdout.write(chunk.decode())
        return
    with file.open("wb") as opened:
        opened.writelines(chunks)


def _nobody(contact: int) -> Failed:
    return Failed(f"nobody has the contact id {contact}")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
