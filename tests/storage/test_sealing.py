"""Personal fields are sealed; a lost key or a moved value is said, never guessed."""

import pytest

from bot.storage.sealing import KeyRing, LostKey

OLD, NEW = b"o" * 32, b"n" * 32


def test_it_opens_what_it_sealed() -> None:
    ring = KeyRing([NEW])
    assert ring.open(ring.seal("Lò Văn Thử".encode(), "contacts.name"), "contacts.name").decode() == "Lò Văn Thử"


def test_it_hides_the_value_and_never_seals_alike_twice() -> None:
    ring = KeyRing([NEW])
    first, second = (ring.seal(b"0912345678", "contacts.phone") for _ in range(2))
    assert b"0912345678" not in first
    assert first != second


def test_it_reads_old_values_after_a_new_key_came_and_writes_with_the_newest() -> None:
    old = KeyRing([OLD]).seal(b"x", "t.c")
    both = KeyRing([NEW, OLD])
    assert both.open(old, "t.c") == b"x"
    with pytest.raises(LostKey):
        KeyRing([OLD]).open(both.seal(b"y", "t.c"), "t.c")


def test_it_names_the_column_whose_key_is_lost() -> None:
    sealed = KeyRing([OLD]).seal(b"x", "contacts.phone")
    with pytest.raises(LostKey, match=r"contacts\.phone"):
        KeyRing([NEW]).open(sealed, "contacts.phone")


def test_it_refuses_a_value_moved_to_another_column() -> None:
    ring = KeyRing([NEW])
    with pytest.raises(LostKey, match="changed or moved"):
        ring.open(ring.seal(b"x", "contacts.name"), "contacts.phone")


def test_it_finds_equal_phones_by_a_blind_index_that_outlives_a_new_key() -> None:
    assert KeyRing([OLD]).blind("+84912345678") == KeyRing([NEW, OLD]).blind("+84912345678")
    assert KeyRing([OLD]).blind("+84912345678") != KeyRing([OLD]).blind("+84912345679")
