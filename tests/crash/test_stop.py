"""SIGTERM while people register: it ends with 0, nothing is lost, nothing is unknown, no lease is kept from the next."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from bot import clock
from bot.bench import ground
from bot.storage.database import Database
from bot.storage.key_store import open_ring
from bot.storage.tables import leases
from tests.crash.ledger import check_intake, check_outgoing, still_open
from tests.crash.server import Server
from tests.crash.town import town

PEOPLE = 12


def held(db: Database) -> list[str]:
    """Leases that have not been given back."""
    now = clock.now()
    return list(db.read_now(lambda c: c.execute(select(leases.c.name).where(leases.c.expires_at > now)).scalars()))


async def test_it_ends_cleanly_in_the_middle_of_everything(database_url: str, tmp_path: Path) -> None:
    settings = ground.settings_for(database_url, ground.free_port())
    async with town(84) as place:
        server = Server(tmp_path, {**settings.environment, **place.environment}, "serve")
        with Database(database_url) as db:
            db.write_now(lambda connection: ground.furnish(connection, clock.now(), 1_000))
            await server.start()
            crowd = asyncio.create_task(place.register(range(PEOPLE), PEOPLE, server, 0.3))
            for _ in range(2):
                got = len(place.telegram.sent)
                async with asyncio.timeout(30):
                    while len(place.telegram.sent) < got + 5:  # the sender is at work
                        await asyncio.sleep(0.01)
                assert await server.stop() == 0
                assert held(db) == []
                await server.start()
            await crowd
            async with asyncio.timeout(60):
                while still_open(db):
                    await asyncio.sleep(0.1)
            assert await server.stop() == 0
            assert place.resent > 0
            check_intake(db, PEOPLE)
            sent = {"telegram": place.telegram.sent, "messenger": place.messenger.sent}
            assert check_outgoing(db, open_ring(db, settings.encryption_keys), sent, 0) == 0
