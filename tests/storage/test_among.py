"""Whole numbers as one parameter, on both databases: none, one, many, the largest."""

import pytest
from sqlalchemy import Connection, and_, literal, not_, select, text, union_all
from sqlalchemy.types import BigInteger

from bot.storage.among import among
from bot.storage.database import Database
from bot.storage.tables import contacts

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("wanted", "found"),
    [([], []), ([2], [2]), ([3, 1, 3, 9], [1, 3]), ([LARGEST, -5], [-5, LARGEST]), (list(range(2, 3000)), [2, 3])],
)
def test_it_finds_those_that_are_among_them(db: Database, wanted: list[int], found: list[int]) -> None:
    here = union_all(*(select(literal(one, BigInteger).label("n")) for one in (1, 2, 3, LARGEST, -5))).subquery()
    query = select(here.c.n).where(among(here.c.n, "ids")).order_by(here.c.n)
    assert list(db.read_now(lambda c: c.execute(query, {"ids": wanted}).scalars())) == found


def test_who_is_not_among_them_is_found_too(db: Database) -> None:
    here = union_all(*(select(literal(one, BigInteger).label("n")) for one in (1, 2, 3))).subquery()
    query = select(here.c.n).where(and_(not_(among(here.c.n, "ids")), here.c.n < 3))
    assert list(db.read_now(lambda c: c.execute(query, {"ids": [2, 3]}).scalars())) == [1]


def test_it_goes_by_the_index(db: Database) -> None:
    query = select(contacts.c.id).where(among(contacts.c.id, "ids"), contacts.c.erased_at.is_(None))

    def plan(connection: Connection) -> str:
        written = str(query.compile(dialect=connection.dialect))
        if db.is_sqlite:
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", ("[1, 2]",)).all())
        connection.execute(text("SET LOCAL enable_seqscan = off"))  # the table is empty
        return str(connection.exec_driver_sql(f"EXPLAIN {written}", {"ids": [1, 2]}).all())

    assert ("SEARCH contacts USING" if db.is_sqlite else "Index") in db.read_now(plan)
