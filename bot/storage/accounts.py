"""The accounts we speak from: OAs, pages, bots, the web chat; and their pauses."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.domain.updates import ChannelKind
from bot.storage.tables import accounts


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account as it is stored; what its secrets are, the environment or the sealed tokens say."""

    id: int
    kind: ChannelKind
    code: str
    external_id: str
    unit_id: int | None
    secrets_env: str | None
    tokens_sealed: bytes | None = field(repr=False)
    paused_at: datetime | None
    paused_reason: str | None


def load_accounts(connection: Connection) -> tuple[AccountRow, ...]:
    """All accounts, by id."""
    rows = connection.execute(select(accounts).order_by(accounts.c.id))
    return tuple(
        AccountRow(
            row.id,
            ChannelKind(row.kind),
            row.code,
            row.external_id,
            row.unit_id,
            row.secrets_env,
            row.tokens_sealed,
            row.paused_at,
            row.paused_reason,
        )
        for row in rows
    )


def account_with(connection: Connection, code: str) -> int | None:
    """The id of the account that people know by this code."""
    return connection.execute(select(accounts.c.id).where(accounts.c.code == code)).scalar()


def pause(connection: Connection, account_id: int, reason: str, now: datetime) -> bool:
    """Nothing more goes out of this account until it is resumed; False when it was paused already."""
    statement = (
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.paused_at.is_(None))
        .values(paused_at=now, paused_reason=reason)
    )
    return connection.execute(statement).rowcount == 1


def resume(connection: Connection, account_id: int) -> bool:
    """Let an account send again; False when it was not paused."""
    statement = (
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.paused_at.is_not(None))
        .values(paused_at=None, paused_reason=None)
    )
    return connection.execute(statement).rowcount == 1
