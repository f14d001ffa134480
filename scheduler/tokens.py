"""Keeps the OAs' tokens alive: one refresh of one token, by whoever holds its lease, committed before and after."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from bot.channels.base import Account, Misconfigured, SendError, Uncertain
from bot.channels.zalo_oauth import App, DeadToken, Grant, ZaloOAuth
from bot.clock import Clock
from bot.domain.token_life import RefreshState, TokenLife, TokenPair, refresh_due
from bot.domain.updates import ChannelKind
from bot.storage import leases
from bot.storage.database import Database
from bot.storage.leases import LostLease
from bot.storage.sealing import KeyRing
from bot.storage.zalo_tokens import (
    begin_refresh,
    keep_pair,
    lease_name,
    lose,
    refused_without_effect,
    seed,
    token_life,
)

log = logging.getLogger(__name__)

LOOKS = 20
LOOK_EVERY = 0.5
"""How often, and in what distance of seconds, to look whether another process has refreshed: ten seconds in all."""


class TokenKeeper:
    """Gives each OA's access token of this hour. The rows are the truth; what is remembered here is a copy.

    Args:
        owner: this process, by a name no other process ever has.
    """

    def __init__(self, db: Database, ring: KeyRing, oauth: ZaloOAuth, clock: Clock, owner: str) -> None:
        self.oauth = oauth
        self._db, self._ring, self._clock, self._owner = db, ring, clock, owner
        self._access: dict[int, str] = {}
        self._seeded: set[int] = set()
        self._one_at_a_time: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, account: Account) -> str:
        """The access token, refreshed if it is old. "" when there is none and none can be had."""
        access = self._access.get(account.id)
        return access if access else await self._renewed(account, stale="")

    async def renewed(self, account: Account, stale: str) -> str:
        """Another access token than the one Zalo has just refused.

        Raises:
            Misconfigured: only an admin of the OA can help.
        """
        access = await self._renewed(account, stale)
        if not access or access == stale:
            raise Misconfigured("this OA's tokens are dead: run giothong channels zalo-link", code="token-lost")
        return access

    async def refresh_old(self, accounts: Iterable[Account]) -> int:
        """Refresh every pair whose time has come; returns how many were. For the sweep."""
        done = 0
        for account in accounts:
            if account.kind is not ChannelKind.ZALO:
                continue
            life = await self._life(account)
            self._remember(account, life)
            if refresh_due(life, self._clock()):
                done += await self._refresh(account, forced=False)
        return done

    async def _renewed(self, account: Account, stale: str) -> str:
        """The row's token if it is another one; else a refresh, ours or that of the process that holds the lease."""
        async with self._one_at_a_time[account.id]:
            for _ in range(LOOKS):
                life = await self._life(account)
                known = life.pair.access if life.pair else ""
                if known != stale:
                    self._remember(account, life)
                    return known
                if not refresh_due(life, self._clock(), forced=True):
                    break
                if not await self._refresh_once(account, forced=True):
                    await asyncio.sleep(LOOK_EVERY)
            return ""

    async def _refresh(self, account: Account, *, forced: bool) -> bool:
        async with self._one_at_a_time[account.id]:
            return await self._refresh_once(account, forced=forced)

    async def _refresh_once(self, account: Account, *, forced: bool) -> bool:
        """One refresh under the lease; False when somebody else holds it or it is not due any more."""
        epoch = await self._db.write(lambda c: leases.take(c, lease_name(account.id), self._owner, self._clock()))
        if epoch is None:
            return False
        try:
            pair = await self._db.write(lambda c: self._begin(c, account, epoch, forced=forced))
            if pair is None:
                return False
            await self._ask(account, pair)
        except LostLease:
            return False
        finally:
            await self._db.write(lambda c: leases.release(c, lease_name(account.id), epoch, self._clock()))
        return True

    def _begin(self, connection: Connection, account: Account, epoch: int, *, forced: bool) -> TokenPair | None:
        now = self._clock()
        if not refresh_due(token_life(connection, self._ring, account.id, lock=True), now, forced=forced):
            return None
        return begin_refresh(connection, self._ring, account.id, epoch, now)

    async def _ask(self, account: Account, pair: TokenPair) -> None:
        """The one call, and what follows from it. A kill from here on leaves the row "begun": tried once more."""
        try:
            grant = await self.oauth.refresh(app_of(account), pair.refresh)
        except DeadToken:
            log.error("The refresh token of account %d is dead: an admin of the OA must consent again", account.id)
            await self._db.write(lambda c: lose(c, account.id, self._clock(), stop=True))
        except Uncertain as error:
            log.warning("The answer to a refresh of account %d was lost (%s)", account.id, error.code or "no answer")
        except SendError as error:
            log.warning("Account %d was not refreshed (%s)", account.id, error.code or "not reached")
            await self._db.write(lambda c: refused_without_effect(c, account.id, self._clock()))
        else:
            await self.keep(account, grant)

    async def keep(self, account: Account, grant: Grant) -> None:
        """Commit a new pair, then use it."""
        now = self._clock()
        pair = TokenPair(grant.access, grant.refresh, now, now + grant.lasts)
        await self._db.write(lambda c: keep_pair(c, self._ring, account.id, pair))
        self._access[account.id] = pair.access
        log.info("Account %d has new tokens", account.id)

    async def _life(self, account: Account) -> TokenLife:
        """The row, once seeded from the environment."""
        if account.id not in self._seeded:
            access, refresh = account.secrets.get("token", ""), account.secrets.get("refresh_token", "")
            now: datetime = self._clock()
            await self._db.write(lambda c: seed(c, self._ring, account.id, access, refresh, now))
            self._seeded.add(account.id)
        return await self._db.read(lambda c: token_life(c, self._ring, account.id))

    def _remember(self, account: Account, life: TokenLife) -> None:
        """Only a copy; a lost pair is not offered again once Zalo has refused it."""
        if life.pair is not None and life.pair.access:
            self._access[account.id] = life.pair.access
        elif life.state is RefreshState.LOST:
            self._access.pop(account.id, None)


def app_of(account: Account) -> App:
    """The application that speaks for this OA."""
    return App(account.secrets.get("app_id", ""), account.secrets.get("app_secret", ""))
