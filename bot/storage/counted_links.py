"""Links that are counted when they are opened, never by whom."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.dialog.broadcast_words import link_code
from bot.storage.tables import counted_links

_keep = {
    "sqlite": sqlite.insert(counted_links).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(counted_links).on_conflict_do_nothing(),
}


def keep_links(connection: Connection, broadcast_id: int, targets: Sequence[str]) -> None:
    """The addresses in a broadcast's words, each under its short name; doing it twice changes nothing."""
    if targets:
        rows = [{"code": link_code(broadcast_id, one), "broadcast_id": broadcast_id, "target": one} for one in targets]
        connection.execute(_keep[connection.dialect.name], rows)


def keep_post_links(connection: Connection, post_id: int, targets: Mapping[str, str]) -> None:
    """The addresses in a post's words (`post_words.Links.targets`); doing it twice changes nothing."""
    if targets:
        rows = [{"code": code, "post_id": post_id, "target": target} for code, target in targets.items()]
        connection.execute(_keep[connection.dialect.name], rows)


def open_link(connection: Connection, code: str) -> str | None:
    """Count it and say where it leads; None: there is no such link."""
    opened = update(counted_links).where(counted_links.c.code == code).values(clicks=counted_links.c.clicks + 1)
    return connection.execute(opened.returning(counted_links.c.target)).scalar()


def target_of(connection: Connection, code: str) -> str | None:
    """Where it leads, without counting."""
    return connection.execute(select(counted_links.c.target).where(counted_links.c.code == code)).scalar()


def clicks_of(connection: Connection, broadcast_id: int) -> int:
    """How often the links of a broadcast were opened, in all."""
    return _clicks(connection, counted_links.c.broadcast_id == broadcast_id)


def post_clicks_of(connection: Connection, post_id: int) -> int:
    """How often the links of a post were opened, in all."""
    return _clicks(connection, counted_links.c.post_id == post_id)


def _clicks(connection: Connection, mine: ColumnElement[bool]) -> int:
    return sum(connection.execute(select(counted_links.c.clicks).where(mine)).scalars())
