"""Gives the accounts that the environment names their rows; the web chat always has one."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.updates import ChannelKind
from bot.storage.ids import new_id
from bot.storage.tables import accounts

_insert: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

WEB = (ChannelKind.WEB, "web")


def ensure_accounts(connection: Connection, named: Iterable[tuple[ChannelKind, str]]) -> None:
    """A row for each (kind, external id). One that is there keeps its code, its unit and its tokens."""
    rows = connection.execute(select(accounts.c.kind, accounts.c.external_id, accounts.c.code)).all()
    known, codes = {(row.kind, row.external_id) for row in rows}, {row.code for row in rows}
    for kind, external_id in dict.fromkeys((WEB, *named)):
        if (kind.value, external_id) in known:
            continue
        code = kind.value if kind.value not in codes else f"{kind.value}-{external_id}"
        codes.add(code)
        row = {"id": new_id(), "kind": kind.value, "code": code, "external_id": external_id}
        # Another process may begin at the same moment and be faster.
        connection.execute(_insert[connection.dialect.name](accounts).values(row).on_conflict_do_nothing())
