"""What every table stands on: the metadata with its names for keys, ids of our own, references."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# INTEGER on SQLite: only that word makes a primary key the row's own address instead of a second index.
Id = BigInteger().with_variant(Integer(), "sqlite")


def own_id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=False)


def reference(target: str, name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=nullable)
