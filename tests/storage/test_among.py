"""Whole numbers as one parameter, on both databases: none, one, many, the largest."""

import pytest
from sqlalchemy import literal, select, union_all
from sqlalchemy.types import BigInteger

from bot.storage.among import among
from bot.storage.database import Database

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [([], []), ([2], [2]), ([3, 1, 3, 9], [1, 3]), ([LARGEST, -5], [-5, LARGEST]), (list(range(2, 3000)), [2, 3])],
)
def test_it_finds_those_that_are_among_them(db: Database, wanted: list[int], found: list[int]) -> None:
    here = union_all(*(select(literal(one, BigInteger).label("n")) for one in (1, 2, 3, LARGEST, -5))).subquery()
    query = select(here.c.n).where(among(here.c.n, "ids")).order_by(here.c.n)
    assert list(db.read_now(lambda c: c.execute(query, {"ids": wanted}).scalars())) == found
