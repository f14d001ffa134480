"""`giothong privacy`: find, export, erase and proof, each noted, and nothing done for nobody."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from bot.cli import main
from bot.cli.privacy import masked
from bot.storage.account_rows import ensure_accounts
from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.key_store import open_ring
from bot.storage.name_index import name_words
from bot.storage.sealing import KeyRing
from bot.storage.tables import (
    accounts,
    addresses,
    audit,
    consent_proofs,
    consents,
    contacts,
    data_requests,
    drives,
    registrations,
    seen,
    slots,
    units,
)

NAMES = ("Nguyễn Thị Hoa Ban", "Lò Văn Hoa")


@pytest.fixture
def people(loaded: Path, opened: Database, now: datetime) -> list[int]:
    """Two people of the web chat; the first holds a place. Their contact ids."""
    ring = open_ring(opened, [b"k" * 32])
    return opened.write_now(lambda connection: [_person(connection, ring, n, now) for n in range(len(NAMES))])


def _person(connection: Connection, ring: KeyRing, number: int, now: datetime) -> int:
    ensure_accounts(connection, [])
    account = connection.execute(select(accounts.c.id).where(accounts.c.kind == "web")).scalar_one()
    unit = connection.execute(select(units.c.id).where(units.c.code == "cdcs-che-hoa-ban")).scalar_one()
    contact, user, phone = new_id(), f"visitor-{number}", f"+8491234567{number}"
    address = address_id(account, user)
    connection.execute(
        insert(contacts).values(
            id=contact, unit_id=unit, name_sealed=ring.seal_text(NAMES[number], "contacts.name"),
            name_words=name_words(ring, NAMES[number]), phone_sealed=ring.seal_text(phone, "contacts.phone"),
            phone_blind=ring.blind(phone), created_at=now, updated_at=now,
        )
    )  # fmt: skip
    connection.execute(
        insert(addresses).values(
            id=address, account_id=account, user_id=user, contact_id=contact, first_seen_at=now, last_inbound_at=now
        )
    )
    connection.execute(
        insert(seen).values(
            address_id=address, update_id="1", received_at=now, kind="said",
            text_sealed=ring.seal_text("hiến máu ở đâu", "seen.text"),
        )
    )  # fmt: skip
    connection.execute(
        insert(consents).values(
            id=new_id(), contact_id=contact, purpose="registration", wording="consent.registration@2", given_at=now,
            address_id=address,
        )
    )  # fmt: skip
    if number == 0:
        _place(connection, contact, address, now)
    return contact


def _place(connection: Connection, contact: int, address: int, now: datetime) -> None:
    drive = connection.execute(select(drives.c.id).where(drives.c.code == "lc-ngay-hoi")).scalar_one()
    slot = connection.execute(select(slots.c.id).where(slots.c.drive_id == drive).limit(1)).scalar_one()
    connection.execute(slots.update().where(slots.c.id == slot).values(taken=1))
    connection.execute(
        insert(registrations).values(
            id=new_id(), contact_id=contact, address_id=address, drive_id=drive, slot_id=slot, ticket="TICKET0000",
            state="booked", created_at=now, updated_at=now,
        )
    )  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["privacy", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def noted(db: Database) -> list[tuple[str, str, str]]:
    """Kind, source and by of each request."""
    query = select(data_requests.c.kind, data_requests.c.source, data_requests.c.by).order_by(data_requests.c.id)
    return [tuple(row) for row in db.read_now(lambda connection: connection.execute(query).all())]


def last_audit(db: Database) -> tuple[str, str, str]:
    query = select(audit.c.who, audit.c.action, audit.c.subject).order_by(audit.c.id.desc()).limit(1)
    return tuple(db.read_now(lambda connection: connection.execute(query).one()))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["--phone", "0912 345 670"], [0], id="phone"),
        pytest.param(["--name", "hoa"], [1, 0], id="a word of a name"),
        pytest.param(["--name", "ban hoa nguyen"], [0], id="words in any order"),
        pytest.param(["--name", "hoa", "--phone", "+84912345671"], [1], id="both"),
    ],
)
def test_it_finds_ids_and_says_little_more(
    people: list[int], opened: Database, capsys: pytest.CaptureFixture[str], words: list[str], expected: list[int]
) -> None:
    code, out, _ = run(capsys, "find", *words, "--by", "mai")
    names = ("N. T. H. Ban", "L. V. Hoa")
    assert code == 0
    assert out.splitlines() == [f"{people[n]}\tcdcs-che-hoa-ban\t{names[n]}" for n in expected]
    assert last_audit(opened) == ("mai", "people-searched", "")


@pytest.mark.parametrize(("name", "shown"), [("Hoa", "Hoa"), (None, "?"), ("", "?"), ("Lò  Văn Hoa", "L. V. Hoa")])
def test_it_masks(name: str | None, shown: str) -> None:
    assert masked(name) == shown


def test_it_exports_the_same_copy_as_the_person_s_own_page(
    people: list[int], opened: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "operator")
    code, out, _ = run(capsys, "export", "--contact", str(people[0]))
    told = json.loads(out)
    assert code == 0
    assert told["person"]["name"] == NAMES[0]
    assert told["registrations"][0]["ticket"] == "TICKET0000"
    assert [message["text"] for message in told["messages"]] == ["hiến máu ở đâu"]
    assert noted(opened) == [("download", "staff", "operator")]
    assert last_audit(opened) == ("operator", "data-exported", f"contact {people[0]}")


def test_it_exports_to_a_file_that_nobody_else_reads(people: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "export", "--contact", str(people[1]), "-o", "copy.json")[:2] == (0, "")
    assert json.loads(Path("copy.json").read_text(encoding="utf-8"))["person"]["name"] == NAMES[1]
    assert Path("copy.json").stat().st_mode & 0o077 == 0


def test_it_erases_and_leaves_the_proof(
    people: list[int], opened: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "erase", "--contact", str(people[0]), "--by", "mai")
    assert (code, out.count("\n"), f"contact {people[0]} is erased" in out) == (0, 1, True)
    taken = opened.read_now(lambda c: c.execute(select(slots.c.taken).where(slots.c.taken > 0)).all())
    assert taken == []
    assert noted(opened) == [("erase", "staff", "mai")]
    assert last_audit(opened)[0] == "mai"
    assert run(capsys, "find", "--phone", "0912345670")[0] == 1
    assert run(capsys, "export", "--contact", str(people[0]))[0] == 1
    code, out, _ = run(capsys, "proof", "--account", "web", "--user", "visitor-0", "--by", "mai")
    (proof,) = [json.loads(line) for line in out.splitlines()]
    assert (code, proof["purpose"], proof["wording"]) == (0, "registration", "consent.registration@2")
    assert proof["withdrawn_at"] is not None
    assert noted(opened)[-1] == ("show", "staff", "mai")
    assert last_audit(opened) == ("mai", "proof-shown", "")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["find"], 2, "write --phone or --name", id="find nothing"),
        pytest.param(["find", "--name", "Không Ai"], 1, "nobody is found", id="find nobody"),
        pytest.param(["export", "--contact", "1"], 1, "nobody has the contact id 1", id="export of nobody"),
        pytest.param(["erase", "--contact", "1"], 1, "nobody has the contact id 1", id="erasure of nobody"),
        pytest.param(["proof", "--account", "no", "--user", "x"], 1, "no channel account has", id="no account"),
        pytest.param(["proof", "--account", "web", "--user", "x"], 1, "no proof of consent", id="no proof"),
        pytest.param(
            ["erase", "--contact", "1", "--by", "nope"], 1, "no staff member has the login", id="unknown login"
        ),
        pytest.param(["erase", "--contact", "1", "--by", "ha"], 2, "ha may not do this", id="a role without the right"),
        pytest.param(["export", "--contact", "1", "--by", "mai"], 2, "only an admin may", id="a copy is the admin's"),
    ],
)
def test_it_says_what_is_wrong_and_does_nothing(
    people: list[int], opened: Database, capsys: pytest.CaptureFixture[str], words: list[str], code: int, says: str
) -> None:
    got, out, err = run(capsys, *words)
    assert (got, out, says in err) == (code, "", True)
    assert opened.read_now(lambda c: c.execute(select(consent_proofs)).all()) == []
    assert not [kind for kind, _, _ in noted(opened) if kind != "show"]
