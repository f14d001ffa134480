"""What the benchmarks of sending stand on: a database with one OA and its people, and a platform process."""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, func, select

from bot import clock
from bot.bench import ground, walk
from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.zalo import Zalo
from bot.domain.changing import replace
from bot.domain.messages import Message
from bot.domain.quiet_hours import QuietHours
from bot.domain.updates import ChannelKind
from bot.library.reading import content_root, read_content
from bot.storage.database import Database
from bot.storage.ids import address_id, new_id
from bot.storage.schema import migrate
from bot.storage.sealing import KeyRing
from bot.storage.tables import accounts, addresses, consents, contacts, outbox
from scheduler.sender import Sender

PLATFORMS = read_content(content_root())[0].platforms.platforms
LIMITS = PLATFORMS[ChannelKind.ZALO].limits
AT_ANY_HOUR = QuietHours(ZoneInfo("Asia/Ho_Chi_Minh"), time(0), time(0))
"""A benchmark at night measures what one by day does."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with one OA on it, and a platform process."""

    db: Database
    ring: KeyRing
    account: Account
    base: str
    session: SharedSession

    def sender(self, per_minute: int) -> Sender:
        limits = replace(LIMITS, per_minute=per_minute)
        zalo = Zalo([self.account], self.session, limits=limits, base=self.base)
        owner = secrets.token_hex(4)
        channels = {ChannelKind.ZALO: zalo}
        return Sender(self.db, self.ring, channels, [self.account], PLATFORMS, clock.now, owner, AT_ANY_HOUR)

    async def figures(self) -> dict[str, Any]:
        async with self.session().get(f"{self.base}/figures") as answer:
            figures: dict[str, Any] = orjson.loads(await answer.read())
            return figures


@contextlib.asynccontextmanager
async def one_oa(where: str, folder: Path, per_minute: int) -> AsyncIterator[Ground]:
    with ground.database_at(where, folder) as url:
        port, session = ground.free_port(), SharedSession()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.bench.platform", str(port), str(per_minute),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None  # noqa: S101  (we have just asked for the pipe)
        await process.stdout.readline()
        with Database(url) as db:
            migrate(db)
            account = db.write_now(_add_oa)
            try:
                yield Ground(db, KeyRing([b"k" * 32]), account, f"http://127.0.0.1:{port}", session)
            finally:
                await session.close()
                process.kill()
                await process.wait()


def _add_oa(connection: Connection) -> Account:
    identity = new_id()
    connection.execute(accounts.insert().values(id=identity, kind="zalo", code="oa", external_id=walk.OA_ID))
    return Account(identity, ChannelKind.ZALO, "oa", walk.OA_ID, secrets={"token": "bench"})


def people(connection: Connection, account: Account, first: int, count: int, purpose: str = "reminder") -> list[int]:
    """People who agreed to such messages and wrote a moment ago; their address ids."""
    now = clock.now()
    ids = {number: address_id(account.id, str(number)) for number in range(first, first + count)}
    connection.execute(contacts.insert(), [{"id": i, "created_at": now, "updated_at": now} for i in ids.values()])
    connection.execute(
        addresses.insert(),
        [
            {
                "id": identity,
                "account_id": account.id,
                "user_id": str(number),
                "contact_id": identity,
                "first_seen_at": now,
                "last_inbound_at": now,
            }
            for number, identity in ids.items()
        ],
    )
    agreed = {"purpose": purpose, "wording": "bench@1", "given_at": now}
    connection.execute(consents.insert(), [{"id": new_id(), "contact_id": i, **agreed} for i in ids.values()])
    return list(ids.values())


def enqueue(connection: Connection, g: Ground, ids: list[int], purpose: str, priority: int) -> list[str]:
    """One message to each of these people; returns the words, which are all different."""
    now, rows, texts = clock.now(), [], []
    for person in ids:
        identity = new_id()
        texts.append(f"{purpose} {identity}")
        rows.append(
            {
                "id": identity,
                "key": f"bench:{identity}:0",
                "account_id": g.account.id,
                "address_id": person,
                "contact_id": person,
                "purpose": purpose,
                "priority": priority,
                "body_sealed": g.ring.seal_json(Message(texts[-1]).to_json(), "outbox.body"),
                "state": "waiting",
                "created_at": now,
                "due_at": now,
            }
        )
    connection.execute(outbox.insert(), rows)
    return texts


def states_of(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}
