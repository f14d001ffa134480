"""The life of an OA's tokens, on both databases, against a strict oauth host: killed anywhere, never locked out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.channels.base import Account, Misconfigured
from bot.channels.http import SharedSession
from bot.channels.zalo_oauth import ZaloOAuth
from bot.domain.updates import ChannelKind
from bot.storage import leases
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.leases import LASTS
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts
from bot.storage.zalo_tokens import lease_name
from scheduler import tokens
from scheduler.tokens import TokenKeeper
from tests.platforms.server import LOST_AFTER, LOST_BEFORE, Trouble
from tests.platforms.zalo_oauth import FakeZaloOAuth


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Ground:
    """One OA, its oauth host, and as many processes as a test wants."""

    db: Database
    ring: KeyRing
    oauth: FakeZaloOAuth
    session: SharedSession
    account: Account

    def process(self, owner: str = "one") -> TokenKeeper:
        return TokenKeeper(self.db, self.ring, ZaloOAuth(self.session, base=self.oauth.base_url), self.now, owner)

    def now(self) -> datetime:
        return self.oauth.now

    def row(self) -> Any:
        return self.db.read_now(lambda c: c.execute(select(accounts).where(accounts.c.id == self.account.id)).one())


@pytest.fixture
async def ground(db: Database, ring: KeyRing) -> AsyncIterator[Ground]:
    async with FakeZaloOAuth() as oauth:
        grant, session, account_id = oauth.give(), SharedSession(), new_id()
        row = {"id": account_id, "kind": "zalo", "code": "oa", "external_id": oauth.oa_id}
        db.write_now(lambda c: c.execute(insert(accounts).values(row)))
        secrets = {
            "app_id": oauth.app_id,
            "app_secret": oauth.app_secret,
            "token": grant.access,
            "refresh_token": grant.refresh,
        }
        account = Account(account_id, ChannelKind.ZALO, "oa", oauth.oa_id, secrets=secrets)
        yield Ground(db, ring, oauth, session, account)
        await session.close()


async def test_it_uses_the_environments_pair_until_twenty_hours_are_over(ground: Ground) -> None:
    keeper, first = ground.process(), ground.oauth.grant
    assert first is not None
    assert await keeper(ground.account) == first.access
    ground.oauth.advance(hours=19, minutes=59)
    assert await keeper.refresh_old([ground.account]) == 0
    ground.oauth.advance(minutes=1)
    assert await keeper.refresh_old([ground.account]) == 1
    assert ground.oauth.grant is not first
    assert ground.oauth.lives(await keeper(ground.account))


async def test_the_rotated_pair_in_the_database_wins_over_the_environment(ground: Ground) -> None:
    keeper = ground.process()
    await keeper(ground.account)
    ground.oauth.advance(hours=21)
    await keeper.refresh_old([ground.account])
    again = ground.process("restarted")
    assert ground.oauth.lives(await again(ground.account))
    assert ground.oauth.refreshed == 1


async def test_a_changed_seed_wins_over_the_database(ground: Ground) -> None:
    await ground.process()(ground.account)
    fresh = ground.oauth.give()
    secrets = {**ground.account.secrets, "token": fresh.access, "refresh_token": fresh.refresh}
    changed = Account(ground.account.id, ChannelKind.ZALO, "oa", ground.oauth.oa_id, secrets=secrets)
    assert await ground.process("restarted")(changed) == fresh.access


async def test_only_a_refresh_token_is_enough_to_begin(ground: Ground) -> None:
    secrets = {**ground.account.secrets, "token": ""}
    bare = Account(ground.account.id, ChannelKind.ZALO, "oa", ground.oauth.oa_id, secrets=secrets)
    assert ground.oauth.lives(await ground.process()(bare))


async def test_a_token_that_zalo_refuses_is_refreshed_once(ground: Ground) -> None:
    keeper = ground.process()
    stale = await keeper(ground.account)
    ground.oauth.advance(hours=26)
    first, second = await asyncio.gather(keeper.renewed(ground.account, stale), keeper.renewed(ground.account, stale))
    assert first == second
    assert ground.oauth.lives(first)
    assert ground.oauth.refreshed == 1


async def test_two_processes_never_refresh_one_token_twice(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LOOK_EVERY", 0.02)
    one, two = ground.process("one"), ground.process("two")
    stale = await one(ground.account)
    assert await two(ground.account) == stale
    ground.oauth.advance(hours=26)
    got = await asyncio.gather(*(keeper.renewed(ground.account, stale) for keeper in (one, two)))
    assert ground.oauth.refreshed == 1
    assert len(set(got)) == 1
    assert len(ground.oauth.used) == 1


async def test_a_dead_refresh_token_stops_the_account_and_says_why(ground: Ground) -> None:
    keeper = ground.process()
    stale = await keeper(ground.account)
    ground.oauth.revoke()
    with pytest.raises(Misconfigured, match="zalo-link"):
        await keeper.renewed(ground.account, stale)
    row = ground.row()
    assert (row.refresh_state, row.paused_reason) == ("lost", "token-lost")
    assert len(ground.oauth.used) == 1
    assert await keeper.refresh_old([ground.account]) == 0


async def test_a_lost_answer_is_tried_once_more_and_then_told(ground: Ground) -> None:
    keeper = ground.process()
    await keeper(ground.account)
    ground.oauth.advance(hours=20)
    ground.oauth.fail_next(LOST_AFTER)
    await keeper.refresh_old([ground.account])
    assert ground.row().refresh_state == "begun"
    await keeper.refresh_old([ground.account])
    row = ground.row()
    assert (row.refresh_state, row.paused_reason) == ("lost", "token-lost")
    assert len(ground.oauth.used) == 2


async def test_an_answer_lost_before_its_effect_costs_nothing(ground: Ground) -> None:
    keeper = ground.process()
    await keeper(ground.account)
    ground.oauth.advance(hours=20)
    ground.oauth.fail_next(LOST_BEFORE)
    await keeper.refresh_old([ground.account])
    await keeper.refresh_old([ground.account])
    assert ground.row().refresh_state == ""
    assert ground.oauth.lives(await keeper(ground.account))


async def test_two_lost_answers_are_told_but_the_old_token_goes_on_while_it_lives(ground: Ground) -> None:
    keeper = ground.process()
    access = await keeper(ground.account)
    ground.oauth.advance(hours=20)
    ground.oauth.fail_next(LOST_BEFORE, LOST_BEFORE)
    for _ in range(4):
        await keeper.refresh_old([ground.account])
    row = ground.row()
    assert (row.refresh_state, row.paused_at) == ("lost", None)
    assert await keeper(ground.account) == access
    assert len(ground.oauth.calls) == 2


async def test_a_refusal_without_effect_waits_and_tries_again(ground: Ground) -> None:
    keeper = ground.process()
    await keeper(ground.account)
    ground.oauth.advance(hours=20)
    ground.oauth.fail_next(Trouble(200, {"error": -14002, "error_name": "Inactive app"}))
    await keeper.refresh_old([ground.account])
    await keeper.refresh_old([ground.account])
    assert len(ground.oauth.calls) == 1
    ground.oauth.advance(minutes=2)
    await keeper.refresh_old([ground.account])
    assert ground.oauth.lives(await keeper(ground.account))


@pytest.mark.parametrize(
    ("step", "locked_out"),
    [
        pytest.param("before the lease", False, id="before anything"),
        pytest.param("begin", False, id="before the intention is committed"),
        pytest.param("call", False, id="after the intention, before the call"),
        pytest.param("answered", True, id="after Zalo's answer, before it is durable: the one unavoidable window"),
        pytest.param("kept", False, id="after the commit, before the first use"),
    ],
)
async def test_killed_between_any_two_steps(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, step: str, locked_out: bool
) -> None:
    keeper = ground.process("killed")
    await keeper(ground.account)
    ground.oauth.advance(hours=20)
    _kill_at(step, keeper, monkeypatch)
    with pytest.raises(Killed):
        await keeper.refresh_old([ground.account])
    monkeypatch.undo()
    _process_is_gone(ground)
    heir = ground.process("heir")
    for _ in range(3):
        await heir.refresh_old([ground.account])
        ground.oauth.advance(minutes=3)
    row = ground.row()
    assert (row.paused_reason == "token-lost") is locked_out
    if not locked_out:
        assert ground.oauth.lives(await heir(ground.account))
    assert max(ground.oauth.used.count(token) for token in ground.oauth.used) <= 2


def _kill_at(step: str, keeper: TokenKeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_args: object, **_options: object) -> None:
        raise Killed

    async def gone(*_args: object, **_options: object) -> None:
        raise Killed

    kept = TokenKeeper.keep

    async def kept_then_gone(self: TokenKeeper, *args: Any) -> None:
        await kept(self, *args)
        raise Killed

    match step:
        case "before the lease":
            monkeypatch.setattr(leases, "take", dead)
        case "begin":
            monkeypatch.setattr(tokens, "begin_refresh", dead)
        case "call":
            monkeypatch.setattr(keeper, "_ask", gone)
        case "answered":
            monkeypatch.setattr(TokenKeeper, "keep", gone)
        case "kept":
            monkeypatch.setattr(TokenKeeper, "keep", kept_then_gone)


def _process_is_gone(ground: Ground) -> None:
    """A killed process gives no lease back: it runs out."""
    ground.oauth.now += LASTS + timedelta(seconds=1)
    ground.db.write_now(
        lambda c: c.execute(
            update(leases.leases)
            .where(leases.leases.c.name == lease_name(ground.account.id))
            .values(owner="killed", expires_at=ground.oauth.now - timedelta(seconds=1))
        )
    )


async def test_a_new_consent_wakes_the_account(ground: Ground) -> None:
    keeper = ground.process()
    stale = await keeper(ground.account)
    ground.oauth.revoke()
    with pytest.raises(Misconfigured):
        await keeper.renewed(ground.account, stale)
    from bot.channels.zalo_oauth import Grant

    fresh = ground.oauth.give()
    await keeper.keep(ground.account, Grant(fresh.access, fresh.refresh, timedelta(hours=25)))
    assert await keeper(ground.account) == fresh.access
    assert ground.row().paused_at is None
