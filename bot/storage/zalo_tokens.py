"""An OA's token pair in its account's row: sealed, and changed only by whoever holds the lease of its refresh."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from bot.domain.token_life import ACCESS_LASTS, RefreshState, TokenLife, TokenPair, may_try
from bot.storage import leases
from bot.storage.accounts import pause
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts

LABEL = "accounts.tokens"
TOKEN_LOST = "token-lost"  # noqa: S105  # a word for the row, no secret
"""Why an account is paused whose tokens only an admin can renew."""


def lease_name(account_id: int) -> str:
    """The lease of an account's refresh."""
    return f"tokens:{account_id}"


def token_life(connection: Connection, ring: KeyRing, account_id: int, *, lock: bool = False) -> TokenLife:
    """How the account's tokens stand."""
    query = select(accounts).where(accounts.c.id == account_id)
    row = connection.execute(query.with_for_update() if lock else query).one()
    return TokenLife(_pair(row, ring), RefreshState(row.refresh_state), row.refresh_at, row.refresh_tries)


def seed(connection: Connection, ring: KeyRing, account_id: int, access: str, refresh: str, now: datetime) -> None:
    """Begin from the environment's tokens when there are none here, or when they were changed there since.

    A pair that has rotated wins over the environment: its refresh token is dead there.
    """
    mark = hashlib.sha256(f"{access}\n{refresh}".encode()).digest()
    row = connection.execute(
        select(accounts.c.tokens_seed, accounts.c.tokens_sealed).where(accounts.c.id == account_id).with_for_update()
    ).one()
    if row.tokens_seed == mark or not (access or refresh):
        return
    if row.tokens_sealed is not None and row.tokens_seed is None:
        _set(connection, account_id, tokens_seed=mark)  # a pair from a consent came first: it stays
        return
    keep_pair(connection, ring, account_id, TokenPair(access, refresh, now, now + ACCESS_LASTS), seed_mark=mark)


def begin_refresh(
    connection: Connection, ring: KeyRing, account_id: int, epoch: int, now: datetime
) -> TokenPair | None:
    """Write down that the refresh token is about to be used, before it is; None when it may not be tried again.

    Raises:
        LostLease: somebody else refreshes.
    """
    leases.check(connection, lease_name(account_id), epoch)
    life = token_life(connection, ring, account_id, lock=True)
    if life.pair is None or life.state is RefreshState.LOST:
        return None
    if not may_try(life):
        lose(connection, account_id, now, stop=False)
        return None
    tries = life.tries + 1 if life.state is RefreshState.BEGUN else 1
    _set(connection, account_id, refresh_state=RefreshState.BEGUN, refresh_at=now, refresh_tries=tries)
    return life.pair


def keep_pair(
    connection: Connection, ring: KeyRing, account_id: int, pair: TokenPair, *, seed_mark: bytes | None = None
) -> None:
    """A new pair, committed before its first use. An account that waited only for tokens speaks again."""
    sealed = ring.seal_json({"access": pair.access, "refresh": pair.refresh}, LABEL)
    changes: dict[str, Any] = {} if seed_mark is None else {"tokens_seed": seed_mark}
    _set(
        connection,
        account_id,
        tokens_sealed=sealed,
        tokens_at=pair.issued_at,
        tokens_expire_at=pair.expires_at,
        refresh_state=RefreshState.NONE,
        refresh_at=None,
        refresh_tries=0,
        **changes,
    )
    waiting_for_tokens = (accounts.c.id == account_id) & accounts.c.paused_reason.startswith(TOKEN_LOST)
    connection.execute(update(accounts).where(waiting_for_tokens).values(paused_at=None, paused_reason=None))


def refused_without_effect(connection: Connection, account_id: int, now: datetime) -> None:
    """The refresh certainly changed nothing: it may begin anew after a while."""
    _set(connection, account_id, refresh_state=RefreshState.NONE, refresh_at=now, refresh_tries=0)


def lose(connection: Connection, account_id: int, now: datetime, *, stop: bool) -> None:
    """Only an admin of the OA can help now; an alarm says what to click.

    Args:
        stop: nothing more goes out. Without it the old access token may still live, and is used until Zalo refuses it.
    """
    _set(connection, account_id, refresh_state=RefreshState.LOST, refresh_at=now)
    if stop:
        pause(connection, account_id, TOKEN_LOST, now)


def _set(connection: Connection, account_id: int, **values: Any) -> None:
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


def _pair(row: Any, ring: KeyRing) -> TokenPair | None:
    if row.tokens_sealed is None or row.tokens_at is None or row.tokens_expire_at is None:
        return None
    pair = ring.open_json(row.tokens_sealed, LABEL)
    return TokenPair(pair["access"], pair["refresh"], row.tokens_at, row.tokens_expire_at)
