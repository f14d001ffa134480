"""Gives the accounts that the environment names their rows; the web chat always has one."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from bot.domain.updates import ChannelKind
from bot.storage.ids import new_id
from bot.storage.tables import accounts

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
        connection.execute(insert(accounts).values(id=new_id(), kind=kind.value, code=code, external_id=external_id))
