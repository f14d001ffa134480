"""Finding people by phone and name, on both databases: nothing is opened but what matches."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.name_backfill import PAGE, fill_name_words, names_to_fill
from bot.storage.name_index import name_words
from bot.storage.people_search import FoundPerson, find_people, person_of
from bot.storage.sealing import KeyRing
from bot.storage.tables import contacts
from tests.storage.ground import add_unit

NAMES = {
    "thu": ("Lò Thị Thử", "+84912345678"),
    "thu-hai": ("Lò Thử Hai", "+84912345679"),
    "duc": ("Đỗ Đức Mẫu", "+84912345680"),
}


class People:
    """Contacts with names, as the intake writes them."""

    def __init__(self, db: Database, ring: KeyRing, now: datetime) -> None:
        self.db, self.ring, self.now = db, ring, now
        self.unit = db.write_now(add_unit)
        self.other = db.write_now(lambda c: add_unit(c, "ldld-khac", "LĐLĐ tỉnh Khác"))
        self.ids = {key: self.add(name, phone) for key, (name, phone) in NAMES.items()}

    def add(self, name: str, phone: str, **other: Any) -> int:
        identity = new_id()
        row = {
            "id": identity,
            "unit_id": self.unit,
            "name_sealed": self.ring.seal_text(name, "contacts.name"),
            "phone_sealed": self.ring.seal_text(phone, "contacts.phone"),
            "phone_blind": self.ring.blind(phone),
            "name_words": name_words(self.ring, name),
            "created_at": self.now,
            "updated_at": self.now,
        }
        self.db.write_now(lambda c: c.execute(contacts.insert().values(row | other)))
        return identity

    def find(self, scope: frozenset[int] | None = None, **wanted: Any) -> list[FoundPerson]:
        return self.db.read_now(lambda c: find_people(c, self.ring, scope=scope, **wanted))

    def keys(self, **wanted: Any) -> set[str]:
        found = {person.contact_id for person in self.find(**wanted)}
        return {key for key, identity in self.ids.items() if identity in found}

    def change(self, key: str, **values: Any) -> None:
        self.db.write_now(lambda c: c.execute(update(contacts).where(contacts.c.id == self.ids[key]).values(values)))


@pytest.fixture
def people(db: Database, ring: KeyRing, now: datetime) -> People:
    return People(db, ring, now)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"phone": "0912345678"}, {"thu"}, id="a phone"),
        pytest.param({"phone": "0912.345.678"}, {"thu"}, id="with dots"),
        pytest.param({"phone": " (+84) 912 345 678 "}, {"thu"}, id="in international form"),
        pytest.param({"phone": "0912345999"}, set(), id="nobody's phone"),
        pytest.param({"phone": "0912"}, set(), id="part of a phone"),
        pytest.param({"name": "Lò Thị Thử"}, {"thu"}, id="a whole name"),
        pytest.param({"name": "thu lo"}, {"thu", "thu-hai"}, id="some words, no accents, any order"),
        pytest.param({"name": "THỬ hai"}, {"thu-hai"}, id="capitals"),
        pytest.param({"name": "do duc"}, {"duc"}, id="d for đ"),
        pytest.param({"name": "th"}, set(), id="not the beginning of a word"),
        pytest.param({"name": "%"}, set(), id="no words"),
        pytest.param({"name": "Lò Không"}, set(), id="every word must be there"),
        pytest.param({"name": "lo", "phone": "0912345679"}, {"thu-hai"}, id="both"),
        pytest.param({"name": "duc", "phone": "0912345679"}, set(), id="both, of two people"),
        pytest.param({}, set(), id="nothing"),
        pytest.param({"name": "  ", "phone": " "}, set(), id="blanks"),
    ],
)
def test_it_finds_by(people: People, wanted: dict[str, str], found: set[str]) -> None:
    assert people.keys(**wanted) == found


def test_it_tells_name_phone_and_unit_and_prints_neither(people: People) -> None:
    (person,) = people.find(phone="0912345678")
    assert (person.name, person.phone) == ("Lò Thị Thử", "+84912345678")
    assert (person.unit_id, person.unit_code, person.unit) == (people.unit, "ldld-mau", "LĐLĐ tỉnh Mẫu")
    assert "Thử" not in repr(person)
    assert "912345678" not in repr(person)


def test_it_looks_only_within_the_scope(people: People) -> None:
    people.change("thu-hai", unit_id=people.other)
    people.change("duc", unit_id=None)
    assert people.keys(name="lo", scope=frozenset({people.unit})) == {"thu"}
    assert people.keys(name="do", scope=frozenset({people.unit})) == set()
    assert people.keys(name="do", scope=frozenset({people.unit}), without_unit=True) == {"duc"}
    assert people.keys(name="lo", scope=frozenset()) == set()
    assert people.keys(name="lo", scope=None) == {"thu", "thu-hai"}


def test_it_finds_nobody_who_was_erased(people: People, now: datetime) -> None:
    people.change("thu", erased_at=now)
    assert people.keys(name="lo") == {"thu-hai"}
    assert people.keys(phone="0912345678") == set()
    assert one(people, people.ids["thu"]) is None


def one(people: People, contact_id: int, scope: frozenset[int] | None = None) -> FoundPerson | None:
    return people.db.read_now(lambda c: person_of(c, people.ring, contact_id, scope=scope))


def test_it_opens_one_person_within_the_scope(people: People) -> None:
    person = one(people, people.ids["duc"])
    assert person is not None
    assert person.name == "Đỗ Đức Mẫu"
    assert one(people, people.ids["duc"], frozenset({people.other})) is None
    assert one(people, 1) is None


def test_it_shows_the_newest_first_and_no_more_than_asked(people: People) -> None:
    assert [person.contact_id for person in people.find(name="lo", limit=1)] == [people.ids["thu-hai"]]


def test_it_finds_others_although_one_key_is_lost(people: People) -> None:
    lost = KeyRing([b"x" * 32]).seal_text("Lò Thị Thử", "contacts.name")
    people.change("thu", name_sealed=lost)
    assert {person.name for person in people.find(name="lo")} == {None, "Lò Thử Hai"}


# --- Names written before there were tokens ---------------------------------------------------------------------------


def test_it_fills_old_names_in_pages(people: People, now: datetime) -> None:
    lost = KeyRing([b"x" * 32]).seal_text("Ai Đó", "contacts.name")
    people.add("Ai Đó", "+84912000000", name_sealed=lost, name_words=None)
    for number in range(PAGE + 5):
        people.add("Vàng Thị Cũ", f"+849130{number:05d}", name_words=None, created_at=now - timedelta(days=9))
    assert people.db.read_now(names_to_fill)
    assert people.find(name="vang") == []
    last, looked_at, filled = people.db.write_now(lambda c: fill_name_words(c, people.ring, 0))
    assert (looked_at, filled) == (PAGE, PAGE - 1)
    last, looked_at, filled = people.db.write_now(lambda c: fill_name_words(c, people.ring, last))
    assert (looked_at, filled) == (6, 6)
    assert people.db.write_now(lambda c: fill_name_words(c, people.ring, last)) == (last, 0, 0)
    assert len(people.find(name="cu thi vang", limit=1000)) == PAGE + 5


def test_it_gives_no_words_to_somebody_erased(people: People, now: datetime) -> None:
    people.change("thu", erased_at=now, name_sealed=None, name_words=None)
    assert not people.db.read_now(names_to_fill)
    assert people.db.write_now(lambda c: fill_name_words(c, people.ring, 0)) == (0, 0, 0)
    query = select(contacts.c.name_words).where(contacts.c.id == people.ids["thu"])
    assert people.db.read_now(lambda c: c.execute(query).scalar()) is None
